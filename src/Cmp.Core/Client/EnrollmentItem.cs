using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Keys;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>One certificate of an enrolment: its key, the judgement on it, where it goes, and what is undone where it does not get there.</summary>
public sealed class EnrollmentItem
{
    private const int MaxReplaced = 16;

    private readonly Enrollment _enrollment;
    private KeyHandle? _key;
    private KeyRecipient? _recipient;
    private KeyReference? _reserved;
    private bool _isInstalled;
    private IReadOnlyList<Certificate> _chain = [];
    private IReadOnlyList<Modification> _modifications = [];

    internal EnrollmentItem(Enrollment enrollment, EnrollmentRequest request, int number)
    {
        _enrollment = enrollment;
        Request = request;
        Number = number;
    }

    /// <summary>What was asked for.</summary>
    public EnrollmentRequest Request { get; private set; }

    /// <summary>The certificate, where it belongs; <see langword="null"/> where it is not there, or not yet.</summary>
    public EnrolledCertificate? Enrolled { get; private set; }

    /// <summary>Why it is not there; <see langword="null"/> where nothing went wrong.</summary>
    public CmpException? Failure { get; private set; }

    /// <summary>Whether it is still pending on disk although it failed: another attempt may go on with it.</summary>
    public bool IsKept { get; private set; }

    /// <summary>Its place in the message, counted from 0.</summary>
    internal int Number { get; set; }

    /// <summary>Whether it is done with here, well or not.</summary>
    internal bool HasEnded => Enrolled is not null || Failure is not null || IsUndone;

    /// <summary>Whether all that it had made is gone.</summary>
    internal bool IsUndone { get; private set; }

    /// <summary>What the transaction knows of it; <see langword="null"/> before there is one.</summary>
    internal RequestedCertificate? Requested { get; set; }

    /// <summary>The key that is certified; one that the CA makes once it has come.</summary>
    internal PrivateKey? Key => _key?.Key ?? Requested?.Issued?.Key ?? Request.ExistingKey;

    /// <summary>The key that waits in a file beside the record: the one that is certified, or the one that opens what the CA made; else <see langword="null"/>.</summary>
    internal PrivateKey? WaitingKey => Request.IsCentralKey ? _recipient?.Made
        : (Request.Key is { Path: null } && _reserved is null) || Kept?.Key == PendingKey.Waiting ? _key?.Key : null;

    /// <summary>Names the key that the CA is to encrypt to, where it must be told.</summary>
    internal SubjectPublicKeyInfo? Recipient => _recipient?.Made?.PublicKey;

    /// <summary>What opens what comes encrypted, or <see langword="null"/>.</summary>
    internal RequestKey? Opener => _recipient is { } recipient ? RequestKey.Of(recipient.Opener) : Key is { } key ? RequestKey.Of(key) : null;

    /// <summary>What was kept of it; <see langword="null"/> in the process that began it.</summary>
    internal PendingCertificate? Kept { get; init; }

    private CmpClient Client => _enrollment.Client;

    private Installation Installation => new(Client, Request.Destination, Request.PrivateKeyReaders, _enrollment.Readers, Trace);

    private ICmpTrace? Trace => _enrollment.Trace;

    /// <summary>Whether its key stays where it is and no certificate object can hold it: the certificate goes to a file, without it.</summary>
    private bool IsKeyElsewhere => Request.Key is { } key && !KeyProviders.IsFile(key.Provider ?? key.Path ?? string.Empty);

    private bool IsKeyExportable => Request.Key?.Exportable ?? Kept?.IsKeyExportable ?? false;

    /// <summary>The key that is asked for; it is the computer's where the certificate is.</summary>
    private KeyRequest? WantedKey => Request.Key is { } key ? key with { IsMachineKey = Request.Destination.Description.IsMachine } : null;

    private string? KeyPath => Request.Key?.Path ?? Kept?.KeyPath;

    private string? RequestedSubject => (Request.Pkcs10?.Subject ?? Request.Subject) is { } subject ? PeerText.Escape(subject.ToString()) : Kept?.RequestedSubject;

    private IReadOnlyList<string>? RequestedDnsNames =>
        Request.SubjectAltNames is { } names && Request.Pkcs10 is null ? [.. names.Where(name => name.Type == GeneralNameType.DnsName).Select(name => name.ToString())] : Kept?.RequestedDnsNames;

    /// <summary>What is written of it before there is a key.</summary>
    internal PendingCertificate Describe() => new()
    {
        Subject = PeerText.Escape(Whom()),
        Destination = Request.Destination.Description,
        Key = Request.IsCentralKey ? PendingKey.Central
            : Request.Key is { } key ? (_reserved is not null ? PendingKey.Provider : key.Path is null ? PendingKey.Waiting : PendingKey.File) : Request.ExistingKey is not null ? PendingKey.OldCertificate : PendingKey.None,
        KeyPath = Request.Key?.Path,
        KeyReference = _reserved,
        KeyProvider = Request.Key?.Provider,
        IsKeyExportable = Request.Key?.Exportable ?? false,
        Name = Request.Name,
        RequestedSubject = RequestedSubject,
        RequestedDnsNames = RequestedDnsNames,
        KeyAlgorithm = Request.Key is { Path: null, IsOfAnyKind: false } made ? made.Algorithm.Name : null,
        PrivateKeyReaders = Request.PrivateKeyReaders,
        FriendlyName = Request.FriendlyName,
        RenewBefore = Request.RenewBefore,
        OldCertificate = Request.OldCertificateReference,
        OldCertificateAction = Request.OldCertificateAction,
        IsAnew = Request.IsAnew,
        ArchiveKey = Request.ArchiveKey,
    };

    /// <summary>What cannot be put away afterwards is not asked for.</summary>
    internal void EnsureWritable()
    {
        EnsureKeyCanCome();
        EnsureKeyCanLeave();
        bool isElsewhere = IsKeyElsewhere || Request.ExistingKey is { Location: not null };
        if (isElsewhere && Request.Destination.Description.Store is not null)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.NotAttachable", "A certificate store cannot refer to a key in a PKCS #11 token.")
            {
                RecommendedAction = "Put the certificate into a file with -OutFile, or take it with -NoInstall; its key stays in the token.",
            };
        }
        Request.Destination.EnsureWritable(withKey: !isElsewhere && (Request.IsCentralKey || Request.Key is not null || Request.ExistingKey is not null));
        Installation.EnsureReaders();
        // a renewal is not held up by its chain
        if (Request.OldCertificateReference is null || Request.IsAnew)
            Installation.EnsureTakesChain();
        if (Request.Name is { } name)
            _ = _enrollment.Store?.Enrollments.Find(name);
    }

    /// <summary>Lets the provider say what the key will be called, so that it can be written down before it is made.</summary>
    internal void ReserveKey()
    {
        if (WantedKey is { } wanted && !Request.IsCentralKey)
            _reserved = _enrollment.ReserveKey(wanted);
    }

    /// <summary>Makes the key that is to be certified, or finds what opens the one that the CA will make.</summary>
    internal void MakeKey(Credential? credential)
    {
        if (Request.IsCentralKey)
        {
            _recipient = KeyRecipient.For(credential, Request.Key is { IsOfAnyKind: false } kind ? kind.Algorithm : null);
            return;
        }
        if (WantedKey is not { } wanted)
            return;
        try
        {
            _key = _enrollment.GetKey(wanted with { Reference = _reserved });
        }
        catch (Exception e) when (_reserved is not null && e is not CmpException { ErrorId: "CmpKey.Pin" or "CmpKey.PinRequired" or "CmpKey.PinSource" or "CmpKey.PinTries" or "CmpKey.PinLocked" or "CmpKey.Locked" or "CmpKey.NotPresent" })
        {
            // it may have been made all the same, where the provider fell silent over it
            Delete(_reserved, wanted.Pin);
            throw;
        }
    }

    internal void EnsureTakesKey()
    {
        if (Request is { ArchiveKey: true, IsCentralKey: false } && Key is { Exportable: false } kept)
            throw StaysHere(kept.ToString());
        if (Key is { } key)
            Request.Destination.EnsureTakes(key);
    }

    /// <summary>Takes a key that was made by an earlier process.</summary>
    internal void UseKey(KeyHandle? key) => _key = key;

    /// <summary>Proves possession of the key another way than before.</summary>
    internal void ProveBy(ProofOfPossessionKind kind) => Request = Request with { ProofOfPossession = kind };

    /// <summary>Takes what opens the key that the CA makes, in a later process.</summary>
    internal void UseRecipient(KeyRecipient recipient) => _recipient = recipient;

    /// <summary>A key that comes from the CA goes where the certificate goes: no provider takes one in, and none is there already.</summary>
    private void EnsureKeyCanCome()
    {
        if (!Request.IsCentralKey)
            return;
        string? why = Request.Operation is EnrollmentOperation.Pkcs10 or EnrollmentOperation.CrossCertification ? "A request that brings its own key leaves the CA none to make."
            : Request.Key is { Provider: { } provider } ? $"'{PeerText.Escape(provider)}' makes its keys itself, and takes none from a CA."
            : Request.Key is { Path: not null } || Request.ExistingKey is not null ? "A key that is there already leaves the CA none to make."
            : null;
        if (why is not null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.CentralKeyGeneration", why) { RecommendedAction = "Leave -CentralKeyGeneration out, or what names another key: -Provider, -KeyPath, -ReuseKey, -Pkcs10." };
    }

    /// <summary>A key whose copy the CA is to keep leaves for the CA: what is known not to let it go is said before anything is made.</summary>
    private void EnsureKeyCanLeave()
    {
        if (!Request.ArchiveKey || Request.IsCentralKey)
            return;
        if (Request.Operation is EnrollmentOperation.Pkcs10 or EnrollmentOperation.CrossCertification)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ArchiveKey", "A request of another kind than ir, cr and kur has no place for a private key that the CA is to keep.")
            {
                RecommendedAction = "Leave -ArchiveKey out, or make the key here instead of giving a PKCS #10 request.",
            };
        }
        if (IsKeyElsewhere || Request.Key is { Provider: not null, Exportable: false } || Request.ExistingKey is { Exportable: false })
            throw StaysHere(PeerText.Escape(Request.Key?.Provider ?? Request.Key?.Path ?? "the private key", 200));
    }

    private static CmpException StaysHere(string key) => new(CmpErrorKind.Key, "CmpKey.NotExportable", $"The CA cannot keep a copy of a key that does not leave its place: {key}.")
    {
        RecommendedAction = "Leave -ArchiveKey out, or have the key made without -Provider, or with -KeyExportPolicy Exportable.",
    };

    /// <summary>What the certificate must stand up to before it is confirmed (rules 41 and 43).</summary>
    internal async Task<CmpException?> JudgeAsync(IssuedCertificate issued, CancellationToken cancellationToken)
    {
        try
        {
            await Client.Crls.WithCrlsAsync(() => Installation.Validate(issued, TimeOf(issued), _enrollment.Warn), _enrollment.Trace, cancellationToken).ConfigureAwait(false);
            LookAt(issued);
            // of a key that the CA chose nobody knew before where it can go
            if (issued.Key is { } made)
                Request.Destination.EnsureTakes(made);
        }
        catch (CmpException e)
        {
            return e;
        }
        if (_enrollment.Approve is null)
            return null;
        try
        {
            string? reason = await _enrollment.Approve(issued, cancellationToken).ConfigureAwait(false);
            return reason is null ? null : Refused(reason, null);
        }
        catch (Exception e)
        {
            // the server waits for a word: who cannot decide refuses
            cancellationToken.ThrowIfCancellationRequested();
            return Refused($"The certificate could not be judged: {e.Message}", e);
        }

        CmpException Refused(string reason, Exception? cause) =>
            new(CmpErrorKind.Trust, "CmpTransaction.Refused", reason, cause) { Octets = issued.Certificate.Encoded };
    }

    internal void LookAt(IssuedCertificate issued)
    {
        _chain = Installation.ChainOf(issued);
        _modifications = Modifications.Between(_enrollment.Body!, issued);
    }

    /// <summary>Puts the certificate where it belongs. Nothing can fail here but the installation itself, which undoes what it did.</summary>
    internal void Finish(bool isResumed)
    {
        IssuedCertificate issued = Requested!.Issued!;
        RenewalWindow? window = Window(issued.Certificate);
        DateTimeOffset renewAfter = Renewal.After(issued.Certificate, window);
        if (renewAfter <= Client.Now)
            _enrollment.Warn("The certificate that came is due for renewal already: each run will ask the CA for another one.");
        InstalledCertificate installed = Request.Destination.Install(new CertificateToInstall(issued.Certificate, KeyToInstall(issued.Certificate))
        {
            Chain = _chain,
            FriendlyName = Request.FriendlyName,
            ExportableKey = IsKeyExportable,
            IsRepeated = isResumed,
        });
        _isInstalled = true;
        _enrollment.Boundary?.Invoke("installed");
        List<string> notes = [.. installed.Notes];
        if (Installation.InstallChain(issued, installed, TimeOf(issued), notes))
            _enrollment.Boundary?.Invoke("chained");
        Installation.Entrust(installed, ReadersOfOld);
        Retire(notes, isResumed);
        string? name = Remember(issued.Certificate, window, renewAfter);
        Enrolled = new EnrolledCertificate(installed, issued.Status.Status)
        {
            Certificate = issued.Certificate,
            TransactionId = _enrollment.TransactionId!,
            Name = name,
            Chain = _chain,
            Replaced = installed.Store is null ? null : Replaced is { Store: not null } old ? old.Certificate : null,
            CaPubs = issued.CaPubs,
            Modifications = _modifications,
            Confirmed = Requested.Confirmed,
            Authenticated = issued.IsAuthenticated,
            RenewAfter = renewAfter,
            Key = Key is { } key && !key.CanBeAttachedTo(issued.Certificate) ? key.Copy() : null,
            Notes = notes,
            Warnings = _enrollment.Warnings,
        };
    }

    /// <summary>It failed for good: what it had made goes.</summary>
    internal void Fail(CmpException error)
    {
        Undo();
        Failure = error;
    }

    /// <summary>It failed, and stays pending.</summary>
    internal void Keep(CmpException? error)
    {
        IsKept = true;
        Failure = error;
    }

    /// <summary>Removes the key that was made for it. That of a certificate that is where it belongs, or may be in force, is kept where it lives (rule 44).</summary>
    internal void Undo()
    {
        if (HasEnded)
            return;
        IsUndone = true;
        if (_key is null || _isInstalled || Requested?.IsInDoubt == true)
            return;
        try
        {
            _key.Delete();
        }
        catch (Exception e)
        {
            // the first error is the one to tell; that something stayed behind is worth a word
            Trace?.Warning(_key.Reference is { } reference ? $"The key {reference} stays where it is: {e.Message}" : $"What the enrolment had made could not be undone: {e.Message}");
        }
    }

    private void Delete(KeyReference reference, SecureString? pin)
    {
        try
        {
            (_enrollment.Store is { } store ? store.KeeperOf : KeyProviders.KeeperOf)(reference).Delete(reference, pin);
        }
        catch (Exception e)
        {
            // the first error is the one to tell
            Trace?.Warning($"The key {reference} may stay where it is: {e.Message}");
        }
    }

    /// <summary>Lets go of the key; where it lives it stays.</summary>
    internal void Release()
    {
        _key?.Dispose();
        _key = null;
        _recipient?.Dispose();
        _recipient = null;
    }

    /// <summary>The key that goes where the certificate goes; one in a token stays there, and is known to fit (rule 19).</summary>
    private PrivateKey? KeyToInstall(Certificate certificate)
    {
        if (Key is not { Location: not null } elsewhere)
            return Key;
        elsewhere.EnsureFits(certificate.PublicKey);
        return null;
    }

    private string Whom()
    {
        Name? subject = Request.Pkcs10?.Subject ?? Request.Subject ?? Request.OldCertificate?.Subject ?? Request.CrossCertified?.Subject;
        return subject is { IsEmpty: false } ? subject.ToString() : Request.SubjectAltNames is [var first, ..] ? first.ToString() : "?";
    }

    /// <summary>One that begins later, as it was asked for, is held against the time when it does.</summary>
    private DateTimeOffset TimeOf(IssuedCertificate issued) => issued.Certificate.NotBefore > Client.Now ? issued.Certificate.NotBefore : Client.Now;

    /// <summary>The window that was asked for. The CA may have let the certificate live for less: it is there, and is renewed as others are, and not whenever somebody looks.</summary>
    private RenewalWindow? Window(Certificate certificate)
    {
        if (Request.RenewBefore is not { } window || window.Lasts(certificate.NotAfter - certificate.NotBefore))
            return Request.RenewBefore;
        // once, and for what is kept nowhere, it may be said so
        if (Request.Destination.Description is not { Store: null, Path: null })
            _enrollment.Warn($"With -RenewBefore {window} this certificate would be renewed each time somebody looks, or only when it is over: it is renewed as if nothing had been said of that.");
        return null;
    }

    /// <summary>Who may use the old key; where it is gone, those who are named may use the new one all the same.</summary>
    private KeySecurity? ReadersOfOld()
    {
        if (Request.OldCertificateReference is not { Store: not null } reference)
            return null;
        try
        {
            return _enrollment.Readers.Of(Request.OldCertificateObject ?? reference.OpenCertificate());
        }
        catch (CmpException e)
        {
            Trace?.Warning($"Who may use the old key could not be found out, and is not let use the new one: {e.Message}");
            return null;
        }
    }

    /// <summary>Does with the old certificate what was asked for; that it stayed is no reason to lose the new one.</summary>
    private void Retire(List<string> notes, bool isResumed)
    {
        if (Request.OldCertificateReference is not { } old || Request.OldCertificateAction == OldCertificateAction.Keep)
            return;
        if (Replaced is null)
        {
            notes.Add("The certificate that came is the old one: it stays.");
            return;
        }
        KeyReference? oldKey = null;
        try
        {
            if (Request.OldCertificateAction == OldCertificateAction.Remove && old.Path is { } path
                && _enrollment.Store is { } store && KeyUsers.Of(store, path, IsAboutOld) is { } user)
            {
                notes.Add($"'{PeerText.Escape(path)}' stays: {user} uses it too.");
                return;
            }
            X509Certificate2 certificate = Request.OldCertificateObject ?? old.OpenCertificate();
            oldKey = Request.OldCertificateAction == OldCertificateAction.Remove ? _enrollment.LinkedKeyOf(certificate) : null;
            if (CertificateRemoval.Retire(certificate, Request.OldCertificateAction, Requested!.Issued!.Certificate.Thumbprint) is { } note)
                notes.Add(note);
        }
        catch (CmpException e) when (isResumed && e.ErrorId == "CmpStore.NotFound")
        {
            // the process before this one did it
        }
        catch (CmpException e)
        {
            Trace?.Warning($"The old certificate stays as it was: {e.Message}");
            return;
        }
        if (Request.OldCertificateAction == OldCertificateAction.Remove)
            RemoveOldKey(old, oldKey, notes);
        _enrollment.Boundary?.Invoke("retired");
    }

    private bool IsAboutOld(EnrollmentRecord record) => string.Equals(record.Thumbprint, Request.OldCertificateReference!.Certificate.Thumbprint, StringComparison.OrdinalIgnoreCase);

    /// <summary>The key of the certificate that was removed goes with it, where the enrolment says that it was made for that one; one that was there before stays the user's.</summary>
    /// <param name="old">The certificate.</param>
    /// <param name="linked">The key of Windows that it was tied to, where that was made here.</param>
    /// <param name="notes">Hears of it.</param>
    private void RemoveOldKey(CertificateReference old, KeyReference? linked, List<string> notes)
    {
        if (_enrollment.Store?.Enrollments.Of(old.Certificate.Thumbprint) is not { } record || (record.KeyReference ?? linked) is not { } reference
            || Key?.PublicKey.IsSameAs(old.Certificate.PublicKey) == true)
        {
            return;
        }
        try
        {
            if (KeyUsers.Of(_enrollment.Store, reference, IsAboutOld, old.Store is { } store ? store with { Thumbprint = old.Certificate.Thumbprint } : null) is { } user)
            {
                notes.Add($"The old key {reference} stays: {user} uses it too.");
                return;
            }
            // the PIN of the new key's token is tried at no other
            bool isInOneToken = Key?.Location is { } place && KeyProviders.AreInOneToken(place, reference.Text);
            _enrollment.Store.KeeperOf(reference).Delete(reference, isInOneToken ? Request.Key?.Pin ?? _enrollment.Pin : null);
            notes.Add($"The old key {reference} is removed.");
        }
        catch (CmpException e)
        {
            Trace?.Warning($"The key {reference} stays where it is: {e.Message}");
        }
    }

    /// <summary>Writes down what can be found again; the name stays with its renewals.</summary>
    private string? Remember(Certificate certificate, RenewalWindow? window, DateTimeOffset renewAfter)
    {
        // a cross-certificate is the other CA's, and not renewed from here
        if (_enrollment.Store is not { } store || Request.Destination.Description is { Store: null, Path: null } || Request.Operation == EnrollmentOperation.CrossCertification)
            return null;
        try
        {
            EnrollmentRecord? before = Request.OldCertificateReference is { } old ? store.Enrollments.Of(old.Certificate.Thumbprint) : null;
            string name = Request.Name ?? (before is { IsNameless: false } ? before.Name : certificate.Thumbprint);
            EnrollmentRecord? kept = Request.IsAnew ? null : before;
            // the old key again is where it was, and whose it was
            bool isOldKey = Request.ExistingKey is not null || Kept?.Key == PendingKey.OldCertificate;
            store.Enrollments.Write(new EnrollmentRecord
            {
                Name = name,
                // who signed this renewal does not sign the next one
                Server = kept?.Server ?? Client.Said,
                Operation = kept?.Operation ?? Request.Operation,
                Thumbprint = certificate.Thumbprint,
                Subject = PeerText.Escape(certificate.Subject.ToString()),
                NotAfter = certificate.NotAfter,
                RenewAfter = renewAfter,
                Destination = Request.Destination.Description with { Overwrite = true },
                RequestedSubject = kept is null ? RequestedSubject : kept.RequestedSubject,
                RequestedDnsNames = RequestedDnsNames ?? kept?.RequestedDnsNames,
                KeyAlgorithm = Key?.Algorithm.Name,
                IsCentralKey = Request.IsCentralKey,
                ArchiveKey = Request.ArchiveKey,
                IsKeyExportable = IsKeyExportable,
                KeyPath = isOldKey ? before?.KeyPath ?? (before?.KeyReference is null ? Key?.Location : null) : KeyPath,
                KeyProvider = isOldKey ? before?.KeyProvider : Request.Key?.Provider ?? Kept?.KeyProvider,
                KeyReference = isOldKey ? before?.KeyReference : _key?.Reference,
                PrivateKeyReaders = Request.PrivateKeyReaders,
                FriendlyName = Request.FriendlyName,
                RenewBefore = window,
                Replaced = AllReplaced(before),
            });
            if (before is { IsNameless: true } && before.Name != name)
                store.Enrollments.Forget(before.Name);
            _enrollment.Boundary?.Invoke("remembered");
            return name;
        }
        catch (CmpException e)
        {
            Trace?.Warning($"The enrolment could not be remembered: {e.Message}");
            return null;
        }
    }

    /// <summary>What the new certificate takes the place of, and what that one had; the oldest have expired long ago.</summary>
    private IReadOnlyList<string> AllReplaced(EnrollmentRecord? before) => Replaced is { } old
        ? [.. new[] { old.Certificate.Thumbprint }.Concat(before?.Replaced ?? []).Take(MaxReplaced)]
        : before?.Replaced ?? [];

    /// <summary>What the new certificate takes the place of. A CA may give the same one once more: it is the one that is wanted.</summary>
    private CertificateReference? Replaced =>
        Request.OldCertificateReference is { } old && !old.Certificate.IsSameAs(Requested!.Issued!.Certificate) ? old : null;
}
