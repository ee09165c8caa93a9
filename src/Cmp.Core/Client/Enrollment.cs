using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// From a key to an installed certificate: the only place that makes a key, saves state, drives the transaction, checks, installs, and undoes.
/// Each step has its compensation; they run, last first, when it ends anywhere but at the end or at waiting. With a <see cref="Store"/> each step
/// is on disk before it is gone, and another process goes on from there (<see cref="Resume"/>).
/// </summary>
public sealed class Enrollment : IDisposable
{
    private readonly CmpClient _client;
    private readonly EnrollmentRequest _request;
    private readonly Stack<Action> _compensations = new();
    private readonly bool _isResumed;
    private EnrollmentStore? _store;
    private PendingEnrollment? _pending;
    private StateLock? _lock;
    private EnrollmentTransaction? _transaction;
    private TransactionStep? _step;
    private KeyHandle? _key;
    private IReadOnlyList<Certificate> _chain = [];
    private IReadOnlyList<string> _modifications = [];
    private bool _ended;

    /// <summary>Prepares an enrolment; nothing is made and nothing is sent yet.</summary>
    /// <param name="client">The server.</param>
    /// <param name="request">What is asked for.</param>
    public Enrollment(CmpClient client, EnrollmentRequest request)
    {
        _client = client;
        _request = request;
    }

    private Enrollment(CmpClient client, EnrollmentRequest request, EnrollmentStore store, PendingEnrollment pending, StateLock held, KeyHandle? key)
        : this(client, request)
    {
        _isResumed = true;
        _store = store;
        _pending = pending;
        _lock = held;
        _key = key;
        _compensations.Push(Forget);
    }

    /// <summary>Where it is kept while it is pending, and remembered afterwards; <see langword="null"/>: nowhere, it lives and dies with this object.</summary>
    public EnrollmentStore? Store
    {
        get => _store;
        init => _store = value;
    }

    /// <summary>Sees a certificate before it is accepted; its text is the reason of a refusal, <see langword="null"/> accepts.</summary>
    public Func<IssuedCertificate, CancellationToken, Task<string?>>? Approve { get; init; }

    /// <summary>Makes or opens the key that is certified.</summary>
    internal Func<KeyRequest, KeyHandle> GetKey { get; init; } = KeyProviders.Get;

    /// <summary>For tests: hears of each boundary between two steps, and may end the process there.</summary>
    internal Action<string>? Boundary { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }

    /// <summary>What was asked for.</summary>
    public EnrollmentRequest Request => _request;

    /// <summary>The transaction's identifier, hexadecimal; <see langword="null"/> before the first message was made.</summary>
    public string? TransactionId => _transaction is { } transaction ? Hex.Of(transaction.TransactionId.Span) : null;

    /// <summary>When the server may be asked again, where it waits; else <see langword="null"/>.</summary>
    public DateTimeOffset? WaitingUntil => (_step as TransactionStep.Wait)?.Until;

    /// <summary>The server's reason to wait, escaped, or <see langword="null"/>.</summary>
    public string? WaitingReason => (_step as TransactionStep.Wait)?.Reason;

    /// <summary>The message to carry to the server, where messages are carried by hand; else <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? NextMessage => _request.IsOffline ? (_step as TransactionStep.Send)?.Octets : null;

    /// <summary>What is said of the server.</summary>
    public ServerSettings Settings => _client.Settings;

    /// <summary>Whether it is still pending on disk although it failed or was cancelled: another attempt may go on with it.</summary>
    public bool IsKept { get; private set; }

    private PrivateKey? Key => _key?.Key ?? _request.ExistingKey;

    private CmpOperation Operation => _request.Operation switch
    {
        EnrollmentOperation.Initialization => CmpOperation.Initialization,
        EnrollmentOperation.Certification => CmpOperation.Certification,
        EnrollmentOperation.KeyUpdate => CmpOperation.KeyUpdate,
        _ => CmpOperation.Pkcs10,
    };

    /// <summary>Takes up a pending enrolment of an earlier process.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="id">The transactionID, hexadecimal.</param>
    /// <param name="options">Who we are, and what was not kept.</param>
    /// <returns>The enrolment, to be run and disposed of.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>; <c>CmpTransaction.NotBegun</c>: nothing had been sent, and it is cleared away;
    /// <c>CmpArgument.Approve</c>, <c>CmpArgument.OutPassword</c>, <c>CmpArgument.NoCredential</c>: something must be given again;
    /// <c>CmpKey.…</c>: its key has vanished; <c>CmpState.…</c>, <c>CmpStore.…</c>. It stays pending, but for the third.
    /// </exception>
    public static Enrollment Resume(EnrollmentStore store, string id, ResumeOptions options)
    {
        // of what is not there no lock is left behind
        if (!store.Has(id))
            throw NotFound(id);
        StateLock held = store.Lock(id);
        CmpClient? client = null;
        KeyHandle? key = null;
        try
        {
            PendingEnrollment pending = store.Find(id) ?? throw NotFound(id);
            store.Sweep(id);
            if (pending.State is not { } state)
            {
                store.Forget(id);
                throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.NotBegun", $"The transaction {id} had sent nothing when its process ended. It is cleared away.")
                {
                    RecommendedAction = "Ask anew.",
                };
            }
            if (pending.IsToBeApproved && options.Approve is null && state.Phase is TransactionPhase.Requested or TransactionPhase.Deciding)
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Approve", $"The certificate of the transaction {id} is to be approved before it is accepted.")
                {
                    RecommendedAction = "Give -Approve again: script blocks are not kept.",
                };
            }
            client = options.Open(pending.Server, pending.IsOffline);
            key = OpenKey(store, pending, options);
            var enrollment = new Enrollment(client, RequestOf(pending, options), store, pending, held, key)
            {
                OwnsClient = true,
                Approve = options.Approve,
                Trace = options.Trace,
                Progress = options.Progress,
                Boundary = options.Boundary,
            };
            enrollment.TakeUp(state);
            return enrollment;
        }
        catch
        {
            key?.Dispose();
            client?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Gives a pending enrolment up: its key and all that is kept of it go. The server is not told.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="id">The transactionID, hexadecimal.</param>
    /// <exception cref="CmpException"><c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>, <c>CmpStore.…</c>.</exception>
    public static void Abandon(EnrollmentStore store, string id)
    {
        using StateLock held = store.Lock(id);
        store.Sweep(id);
        if (!store.Forget(id))
            throw NotFound(id);
    }

    /// <summary>Goes on until the certificate is where it belongs, or the server waits longer than there is time for.</summary>
    /// <param name="timeout">How long this may take; <see langword="null"/>: as the server's settings say.</param>
    /// <param name="cancellationToken">Ends it; what was made is undone, unless the server makes us wait and it is kept.</param>
    /// <returns>The certificate; <see langword="null"/> where the server waits or a message is to be carried: call again, or resume it.</returns>
    /// <exception cref="CmpException">It failed, and everything it had made is gone, unless <see cref="IsKept"/>; <c>CmpTransaction.Ended</c>: it had ended before.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and everything it had made is gone, unless <see cref="IsKept"/>.</exception>
    public Task<EnrolledCertificate?> RunAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => RunAsync(null, timeout, cancellationToken);

    /// <summary>Takes the answer to <see cref="NextMessage"/> that was carried here by hand, and goes on.</summary>
    /// <param name="answer">The octets of one message.</param>
    /// <param name="cancellationToken">As for <see cref="RunAsync(TimeSpan?, CancellationToken)"/>.</param>
    /// <returns>The certificate, or <see langword="null"/> where there is a next message.</returns>
    /// <exception cref="CmpException">As for <see cref="RunAsync(TimeSpan?, CancellationToken)"/>. An answer that belongs elsewhere changes nothing.</exception>
    public Task<EnrolledCertificate?> TakeAsync(ReadOnlyMemory<byte> answer, CancellationToken cancellationToken = default) => RunAsync(answer, null, cancellationToken);

    /// <summary>Lets go. What is pending on disk stays; what lives in this object only goes, with its key.</summary>
    public void Dispose()
    {
        if (!_ended && !(_pending is not null && MayStay))
            Undo();
        End();
    }

    /// <summary>What to say where there is no such pending transaction.</summary>
    /// <param name="id">The ID that was named.</param>
    /// <returns>The exception.</returns>
    public static CmpException NotFound(string id) => new(CmpErrorKind.Argument, "CmpTransaction.NotFound", $"There is no pending transaction '{PeerText.Escape(id, 64)}'.")
    {
        RecommendedAction = "Get-CmpTransaction lists those that are pending.",
    };

    private static KeyHandle? OpenKey(EnrollmentStore store, PendingEnrollment pending, ResumeOptions options) => pending.Key switch
    {
        PendingKey.Waiting => new KeyHandle(store.OpenKey(pending.Id)),
        PendingKey.File => KeyProviders.Get(new KeyRequest { Path = pending.KeyPath, Password = options.KeyPassword }),
        PendingKey.OldCertificate => new KeyHandle(pending.OldCertificate!.Open(options.KeyPassword).Key
            ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.Vanished", "The private key of the certificate that is updated is no longer where it was.")),
        _ => null,
    };

    private static EnrollmentRequest RequestOf(PendingEnrollment pending, ResumeOptions options) => new()
    {
        Operation = pending.Operation,
        OldCertificate = pending.OldCertificate?.Certificate,
        OldCertificateReference = pending.OldCertificate,
        OldCertificateAction = pending.OldCertificateAction,
        Destination = CertificateDestination.Of(pending.Destination, options.OutPassword),
        Name = pending.Name,
        FriendlyName = pending.FriendlyName,
        ExplicitConfirm = pending.ExplicitConfirm || pending.IsToBeApproved,
        IsOffline = pending.IsOffline,
        IsImpatient = options.IsImpatient,
    };

    private bool OwnsClient { get; init; }

    /// <summary>Whether what is on disk may outlive a failure: the server has the request and makes us wait, or we accepted its certificate, or it was kept before.</summary>
    private bool MayStay => _store is not null && _pending is { State: not null, Ticket: var ticket } && _transaction is { } transaction
        && (transaction.IsInDoubt || (!transaction.IsOver && (_isResumed || _request.IsOffline || transaction.IsWaitedFor || ticket is not null || transaction.IsAccepted)));

    private async Task<EnrolledCertificate?> RunAsync(ReadOnlyMemory<byte>? answer, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (_ended)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.Ended", "This enrolment has ended. Another one begins anew.");
        try
        {
            Deadline deadline = Deadline.After(_client.Now, timeout ?? _client.Settings.Timeout!.Value);
            _step ??= Begin();
            var conversation = new Conversation(_transaction!, Operation)
            {
                Deadline = deadline,
                Progress = Progress,
                Trace = Trace,
                IsImpatient = _request.IsImpatient,
                IsByHand = _request.IsOffline,
                Ticket = _pending?.Ticket,
                Keep = Keep,
            };
            if (answer is { } octets)
                _step = Take(octets);
            while (true)
            {
                // a step that waits is waited for, never resumed early (rule 38)
                _step = await _client.DriveAsync(conversation, _step, cancellationToken).ConfigureAwait(false);
                switch (_step)
                {
                    case TransactionStep.Decide decide:
                        _step = _transaction!.Decide(await JudgeAsync(decide.Certificate, cancellationToken).ConfigureAwait(false), _client.Now);
                        break;
                    case TransactionStep.Wait or TransactionStep.Send:
                        return null;
                    default:
                        EnrolledCertificate enrolled = Finish();
                        End();
                        return enrolled;
                }
            }
        }
        catch
        {
            IsKept = MayStay;
            if (IsKept)
                KeepDoubt();
            else
                Undo();
            End();
            throw;
        }
    }

    private TransactionStep Begin()
    {
        // what cannot be put away afterwards is not asked for
        _request.Destination.EnsureWritable(withKey: _request.Key is not null || _request.ExistingKey is not null);
        if (_request.Name is { } name)
            _ = _store?.Enrollments.Find(name);
        Identity identity = _client.IdentityFor(_request.Operation);
        ReadOnlyMemory<byte> id = _request.TransactionId ?? Secrets.Random(16);
        Prepare(id);
        if (_request.Key is { } wanted)
        {
            _key = GetKey(wanted);
            _compensations.Push(DeleteKey);
            if (_pending is { Key: PendingKey.Waiting })
            {
                _store!.SaveKey(_pending.Id, _key.Key);
                Boundary?.Invoke("key");
            }
        }
        if (Key is { } key)
            _request.Destination.EnsureTakes(key);
        PkiBody body = RequestBuilder.Build(_request, Key, _client.Settings, identity.Credential);
        _transaction = new EnrollmentTransaction(SettingsFor(identity) with { TransactionId = id }, body, _request.OldCertificate);
        return _transaction.Start(_client.Now);
    }

    /// <summary>Makes a place on disk before anything is made that would have to go there.</summary>
    private void Prepare(ReadOnlyMemory<byte> id)
    {
        if (_store is null)
            return;
        string name = Hex.Of(id.Span);
        _lock = _store.Lock(name);
        if (_store.Find(name) is not null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.TransactionId", $"There is a pending transaction {name} already.") { RecommendedAction = "Go on with it by Wait-CmpTransaction, or leave -TransactionId out." };
        _pending = new PendingEnrollment
        {
            Id = name,
            Operation = _request.Operation,
            Subject = PeerText.Escape(Whom()),
            Begun = _client.Now,
            Server = _client.Said,
            Destination = _request.Destination.Description,
            Key = _request.Key is { } key ? (key.Path is null ? PendingKey.Waiting : PendingKey.File) : _request.ExistingKey is not null ? PendingKey.OldCertificate : PendingKey.None,
            KeyPath = _request.Key?.Path,
            IsKeyExportable = _request.Key?.Exportable ?? false,
            Name = _request.Name,
            FriendlyName = _request.FriendlyName,
            ExplicitConfirm = _request.ExplicitConfirm,
            IsToBeApproved = Approve is not null,
            OldCertificate = _request.OldCertificateReference,
            OldCertificateAction = _request.OldCertificateAction,
            IsOffline = _request.IsOffline,
            IsRequestSecret = _request.RegistrationToken is not null || _request.Authenticator is not null,
        };
        _compensations.Push(Forget);
        _store.Save(_pending, durable: false);
        Boundary?.Invoke("prepared");
    }

    private string Whom()
    {
        Name? subject = _request.Pkcs10?.Subject ?? _request.Subject ?? _request.OldCertificate?.Subject;
        return subject is { IsEmpty: false } ? subject.ToString() : _request.SubjectAltNames is [var first, ..] ? first.ToString() : "?";
    }

    private TransactionSettings SettingsFor(Identity identity) =>
        _client.TransactionSettings(_request, identity, Trace) with { ExplicitConfirm = _request.ExplicitConfirm || Approve is not null };

    /// <summary>Goes on where another process stopped.</summary>
    private void TakeUp(TransactionState state)
    {
        // where all is said, the certificate that signed may be gone
        Identity identity = state.Phase == TransactionPhase.Ended ? Identity.Nobody : _client.IdentityFor(_request.Operation);
        _transaction = new EnrollmentTransaction(SettingsFor(identity), state, _request.OldCertificate);
        PendingEnrollment pending = _pending!;
        if (pending is { WaitSince: { } since, WaitUntil: { } until })
        {
            // where the clock was set back since, the server is not left alone for longer than it asked
            DateTimeOffset latest = _client.Now + (until - since);
            _step = new TransactionStep.Wait(until < latest ? until : latest, pending.WaitReason);
        }
        else if (_request.IsOffline && state.Phase is TransactionPhase.Requested or TransactionPhase.Confirming)
        {
            // it lies there as it was made, and may be on its way
            _step = new TransactionStep.Send(state.LastMessage, PkiMessage.Decode(state.LastMessage).Body.Type, First: false, Last: false);
        }
        else
        {
            _step = _transaction.Continue(_client.Now);
        }
        if (state.Phase is TransactionPhase.Confirming or TransactionPhase.Ended && _transaction.Issued is { } issued)
            LookAt(issued);
    }

    private TransactionStep Take(ReadOnlyMemory<byte> answer)
    {
        // what a hand brings in place of an answer is the wrong file: unlike on a road (rule 44) it ends nothing
        PkiMessage message = PkiMessage.Decode(answer);
        Trace?.Message(TraceDirection.Received, answer, message.ToString(), TimeSpan.Zero);
        TransactionStep step = _transaction!.Receive(answer, _client.Now);
        return step is TransactionStep.Failed failed ? throw failed.Error : step;
    }

    /// <summary>
    /// Writes where it stands. On the disk for sure before the first octet leaves, and before the server hears that we accept: else a loss of
    /// power could leave a certificate without its key. A disk that is full later does not end what can go on in memory.
    /// </summary>
    private void Keep(TransactionStep step, string? ticket)
    {
        if (_pending is null)
            return;
        bool isFirst = _pending.State is null;
        var wait = step as TransactionStep.Wait;
        bool isCarriedPoll = _request.IsOffline && step is TransactionStep.Send { Body: PkiBodyType.PollReq };
        _pending = _pending with
        {
            State = _transaction!.Capture(),
            WaitSince = wait is null ? null : _client.Now,
            // who carries the poll by hand is told not to come too early
            WaitUntil = wait?.Until ?? (isCarriedPoll ? _pending.WaitUntil : null),
            WaitReason = wait?.Reason ?? (isCarriedPoll ? _pending.WaitReason : null),
            Ticket = ticket,
        };
        try
        {
            _store!.Save(_pending, durable: isFirst || step is TransactionStep.Send { Body: PkiBodyType.CertConf or PkiBodyType.Pkiconf });
        }
        catch (CmpException e) when (!isFirst)
        {
            Trace?.Warning($"Where the transaction {_pending.Id} stands could not be saved: {e.Message}");
        }
        Boundary?.Invoke(step.GetType().Name);
    }

    /// <summary>The server refused what we had accepted: that is kept too, with the key, for somebody to look into.</summary>
    private void KeepDoubt()
    {
        if (_transaction?.IsInDoubt != true)
            return;
        try
        {
            _store!.Save(_pending! with { IsInDoubt = true }, durable: false);
        }
        catch (CmpException e)
        {
            Trace?.Warning($"That the transaction {_pending!.Id} is in doubt could not be saved: {e.Message}");
        }
    }

    /// <summary>What the certificate must stand up to before it is confirmed (rules 41 and 43).</summary>
    private async Task<CmpException?> JudgeAsync(IssuedCertificate issued, CancellationToken cancellationToken)
    {
        try
        {
            Validate(issued);
            LookAt(issued);
        }
        catch (CmpException e)
        {
            return e;
        }
        if (Approve is null)
            return null;
        try
        {
            string? reason = await Approve(issued, cancellationToken).ConfigureAwait(false);
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

    private void LookAt(IssuedCertificate issued)
    {
        _chain = ChainOf(issued);
        _modifications = Modifications.Between(_transaction!.Request, issued.Certificate);
    }

    private void Validate(IssuedCertificate issued)
    {
        if (_client.Settings.IssuedTrustAnchor is not { Count: > 0 } anchors)
            return;
        IEnumerable<Certificate> trusted = issued.CaPubsAreTrusted ? anchors.Concat(issued.CaPubs) : anchors;
        // one that begins later, as it was asked for, is held against the time when it does
        DateTimeOffset time = issued.Certificate.NotBefore > _client.Now ? issued.Certificate.NotBefore : _client.Now;
        try
        {
            PathBuilder.Build(issued.Certificate, trusted, _client.Settings.UntrustedCertificate!.Concat(issued.Candidates), new PathOptions(time));
        }
        catch (CmpException e)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.IssuedCertificate", $"The certificate that came, {issued.Certificate}, does not lead to an anchor for issued certificates: {e.Message}", e) { Octets = issued.Certificate.Encoded };
        }
    }

    /// <summary>Nothing can fail here but the installation itself, which undoes what it did.</summary>
    private EnrolledCertificate Finish()
    {
        IssuedCertificate issued = _transaction!.Issued!;
        DateTimeOffset renewAfter = Renewal.After(issued.Certificate);
        InstalledCertificate installed = _request.Destination.Install(new CertificateToInstall(issued.Certificate, Key)
        {
            Chain = _chain,
            FriendlyName = _request.FriendlyName,
            ExportableKey = _request.Key?.Exportable ?? _pending?.IsKeyExportable ?? false,
            IsRepeated = _isResumed,
        });
        Boundary?.Invoke("installed");
        List<string> notes = [.. installed.Notes];
        Retire(notes);
        string? name = Remember(issued.Certificate, renewAfter);
        _compensations.Clear();
        if (_pending is not null)
            ForgetQuietly();
        return new EnrolledCertificate(installed, issued.Status.Status)
        {
            Certificate = issued.Certificate,
            TransactionId = TransactionId!,
            Name = name,
            Chain = _chain,
            CaPubs = issued.CaPubs,
            Modifications = _modifications,
            Confirmed = _transaction.Confirmed,
            Authenticated = issued.IsAuthenticated,
            RenewAfter = renewAfter,
            Key = Key is { CanBeAttached: false } apart ? apart.Copy() : null,
            Notes = notes,
            Warnings = [.. _transaction.Warnings],
        };
    }

    /// <summary>Does with the old certificate what was asked for; that it stayed is no reason to lose the new one.</summary>
    private void Retire(List<string> notes)
    {
        if (_request.OldCertificateReference is not { } old || _request.OldCertificateAction == OldCertificateAction.Keep)
            return;
        try
        {
            if (CertificateRemoval.Retire(_request.OldCertificateObject ?? old.Open().Certificate, _request.OldCertificateAction) is { } note)
                notes.Add(note);
        }
        catch (CmpException e) when (_isResumed && e.ErrorId == "CmpStore.NotFound")
        {
            // the process before this one did it
        }
        catch (CmpException e)
        {
            Trace?.Warning($"The old certificate stays as it was: {e.Message}");
        }
        Boundary?.Invoke("retired");
    }

    /// <summary>Writes down what can be found again; the name stays with its renewals.</summary>
    private string? Remember(Certificate certificate, DateTimeOffset renewAfter)
    {
        if (_store is null || _request.Destination.Description is { Store: null, Path: null })
            return null;
        try
        {
            EnrollmentRecord? before = _request.OldCertificateReference is { } old ? _store.Enrollments.Of(old.Certificate.Thumbprint) : null;
            string name = _request.Name ?? (before is { IsNameless: false } ? before.Name : certificate.Thumbprint);
            _store.Enrollments.Write(new EnrollmentRecord
            {
                Name = name,
                // who signed this renewal does not sign the next one
                Server = before?.Server ?? _client.Said,
                Operation = before?.Operation ?? _request.Operation,
                Thumbprint = certificate.Thumbprint,
                Subject = PeerText.Escape(certificate.Subject.ToString()),
                NotAfter = certificate.NotAfter,
                RenewAfter = renewAfter,
                Destination = _request.Destination.Description with { Overwrite = true },
                KeyAlgorithm = Key?.Algorithm.Name,
                IsKeyExportable = _request.Key?.Exportable ?? _pending?.IsKeyExportable ?? false,
                KeyPath = _request.Key?.Path ?? _pending?.KeyPath,
                FriendlyName = _request.FriendlyName,
            });
            if (before is { IsNameless: true } && before.Name != name)
                _store.Enrollments.Forget(before.Name);
            Boundary?.Invoke("remembered");
            return name;
        }
        catch (CmpException e)
        {
            Trace?.Warning($"The enrolment could not be remembered: {e.Message}");
            return null;
        }
    }

    /// <summary>From issuer to issuer, as far as the certificates at hand lead; what is in it is trusted no more for that.</summary>
    private List<Certificate> ChainOf(IssuedCertificate issued)
    {
        List<Certificate> known =
        [
            .. _client.Settings.IssuedTrustAnchor!, .. _client.Settings.TrustAnchor!, .. _client.Settings.UntrustedCertificate!,
            .. issued.Candidates, .. issued.CaPubs,
        ];
        var chain = new List<Certificate>();
        Certificate current = issued.Certificate;
        while (!current.IsSelfIssued && chain.Count < CmpLimits.Default.MaxPathLength && known.Find(candidate => IsIssuer(candidate, current)) is { } issuer)
        {
            chain.Add(issuer);
            current = issuer;
        }
        return chain;
    }

    private static bool IsIssuer(Certificate candidate, Certificate certificate)
    {
        try
        {
            return candidate.Subject.IsSameAs(certificate.Issuer)
                && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, candidate.PublicKey, certificate.TbsCertificate, certificate.Signature);
        }
        catch (CmpException)
        {
            return false; // unreadable, or of an algorithm that is not known here
        }
    }

    /// <summary>The key of a certificate that may be in force is kept where it lives (rule 44).</summary>
    private void DeleteKey()
    {
        if (_transaction?.IsInDoubt != true)
            _key!.Delete();
    }

    private void Forget() => _store!.Forget(_pending!.Id);

    private void ForgetQuietly()
    {
        try
        {
            Forget();
            Boundary?.Invoke("forgotten");
        }
        catch (CmpException e)
        {
            Trace?.Warning($"What was kept of the transaction {_pending!.Id} could not be removed: {e.Message}");
        }
    }

    private void Undo()
    {
        while (_compensations.Count > 0)
        {
            Action compensation = _compensations.Pop();
            try
            {
                compensation();
            }
            catch (Exception e)
            {
                // the first error is the one to tell; that something stayed behind is worth a word
                Trace?.Warning($"What the enrolment had made could not be undone: {e.Message}");
            }
        }
    }

    private void End()
    {
        _ended = true;
        _step = null;
        _key?.Dispose();
        _key = null;
        _lock?.Dispose();
        _lock = null;
        if (OwnsClient)
            _client.Dispose();
    }
}
