using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// From a name to certificates whose lost keys the CA had kept: makes the key that they are encrypted to, drives the transaction, opens each, holds it against
/// its certificate, and puts both where they belong. What fails ends that one alone, and nothing of its key is kept. With a <see cref="Store"/> it outlives
/// this process while the server makes us wait, and another one ends it (<see cref="Resume"/>).
/// </summary>
/// <remarks>RFC 9810 5.3.7 and 5.3.8.</remarks>
public sealed class KeyRecovery : IDisposable
{
    private readonly CmpClient _client;
    private readonly KeyRecoveryRequest _request;
    private readonly bool _isResumed;
    private readonly List<RecoveredCertificate> _items = [];
    private PendingRequestStore? _store;
    private PendingRequest? _pending;
    private StateLock? _lock;
    private KeyRecoveryTransaction? _transaction;
    private PrivateKey? _encryptionKey;
    private PrivateKey? _newKey;
    private TransactionStep? _step;
    private bool _ended;

    /// <summary>Prepares a recovery; nothing is made and nothing is sent yet.</summary>
    /// <param name="client">The server.</param>
    /// <param name="request">Whose keys, and where they go.</param>
    public KeyRecovery(CmpClient client, KeyRecoveryRequest request)
    {
        _client = client;
        _request = request;
    }

    private KeyRecovery(CmpClient client, PendingRequestStore store, PendingRequest pending, StateLock held, ResumeOptions options)
        : this(client, RequestOf(pending, options))
    {
        _isResumed = true;
        _store = store;
        _pending = pending;
        _lock = held;
    }

    /// <summary>Where it is kept while it is pending; <see langword="null"/>: nowhere, it lives and dies with this object.</summary>
    public PendingRequestStore? Store
    {
        get => _store;
        init => _store = value;
    }

    /// <summary>Hears of each certificate that is where it belongs, or has failed, as soon as it is so.</summary>
    public Action<RecoveredCertificate>? Ended { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }

    /// <summary>What came, in the order of the answer, a new certificate for signatures last; empty before.</summary>
    public IReadOnlyList<RecoveredCertificate> Items => _items;

    /// <summary>What is said of the server.</summary>
    public ServerSettings Settings => _client.Settings;

    /// <summary>The transaction's identifier, hexadecimal; <see langword="null"/> before the first message was made.</summary>
    public string? TransactionId => _transaction is { } transaction ? Hex.Of(transaction.TransactionId.Span) : null;

    /// <summary>The server's reason to wait, escaped, or <see langword="null"/>.</summary>
    public string? WaitingReason => (_step as TransactionStep.Wait)?.Reason;

    /// <summary>Whether it is still pending on disk although it failed, was cancelled, or could not put all away: another attempt may go on with it.</summary>
    public bool IsKept { get; private set; }

    /// <summary>Lets accounts use keys.</summary>
    internal KeyReaders Readers { get; init; } = KeyReaders.Default;

    /// <summary>Whether it ends where the server makes it wait, however short.</summary>
    public bool IsImpatient => _request.IsImpatient;

    private bool OwnsClient { get; init; }

    /// <summary>Takes up a pending recovery of an earlier process.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="id">The transactionID, hexadecimal.</param>
    /// <param name="options">Who we are, and what was not kept.</param>
    /// <param name="ended">As <see cref="Ended"/>.</param>
    /// <returns>The recovery, to be run and disposed of.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>; <c>CmpTransaction.NotBegun</c>: nothing had been sent, and it is cleared away;
    /// <c>CmpArgument.OutPassword</c>, <c>CmpArgument.NoCredential</c>: something must be given again; <c>CmpKey.Vanished</c>; <c>CmpState.…</c>, <c>CmpStore.…</c>.
    /// It stays pending, but for the third.
    /// </exception>
    public static KeyRecovery Resume(PendingRequestStore store, string id, ResumeOptions options, Action<RecoveredCertificate>? ended = null)
    {
        (PendingRequest pending, StateLock held) = store.TakeUp(id);
        CmpClient? client = null;
        KeyRecovery? recovery = null;
        try
        {
            if (pending.Recovery is null)
                throw Enrollment.NotFound(id);
            client = options.Open(pending.Server, isOffline: false);
            recovery = new KeyRecovery(client, store, pending, held, options) { OwnsClient = true, Ended = ended, Trace = options.Trace, Progress = options.Progress };
            recovery.TakeUp(pending.State!);
            return recovery;
        }
        catch
        {
            recovery?.Release();
            client?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Goes on until each certificate is where it belongs or has failed, or the server waits longer than there is time for.</summary>
    /// <param name="timeout">How long this may take; <see langword="null"/>: as the server's settings say.</param>
    /// <param name="cancellationToken">Ends it; what is not where it belongs is gone, unless the server makes us wait and it is kept.</param>
    /// <returns>Whether it has ended: <see cref="Items"/> tells what became of each. Else the server waits: call again, or resume it.</returns>
    /// <exception cref="CmpException">
    /// It failed as a whole: <c>CmpArgument.…</c>, <c>CmpKey.…</c>, <c>CmpStore.…</c>: nothing was sent; <c>CmpServer.…</c>; <c>CmpRecovery.Nothing</c>,
    /// <c>CmpRecovery.TooMany</c>; and whatever an answer can lack.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<bool> RunAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (_ended)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.Ended", "This recovery has ended. Another one begins anew.");
        try
        {
            var deadline = Deadline.After(_client.Now, timeout ?? Settings.Timeout!.Value);
            if (_step is null)
                await _client.CheckRoadAsync(cancellationToken).ConfigureAwait(false);
            _step ??= Begin();
            var conversation = new Conversation(_transaction!, CmpOperation.KeyRecovery)
            {
                Deadline = deadline,
                Progress = Progress,
                Trace = Trace,
                IsImpatient = IsImpatient,
                Ticket = _pending?.Ticket,
                Keep = Keep,
            };
            try
            {
                _step = await _client.DriveAsync(conversation, _step, cancellationToken).ConfigureAwait(false);
            }
            catch when (_store is null)
            {
                await _client.RecallAsync(conversation).ConfigureAwait(false);
                throw;
            }
            if (_step is TransactionStep.Wait)
                return false;
            await ConcludeAsync(cancellationToken).ConfigureAwait(false);
            Finish();
            return true;
        }
        catch
        {
            Concede();
            throw;
        }
    }

    /// <summary>Lets go. What is pending on disk stays; what lives in this object only goes, with its keys.</summary>
    public void Dispose()
    {
        if (!_ended)
            Concede();
    }

    private static KeyRecoveryRequest RequestOf(PendingRequest pending, ResumeOptions options) => new()
    {
        Certificate = pending.Certificates.FirstOrDefault(),
        Destination = CertificateDestination.Of(pending.Recovery!.Destination, options.OutPassword),
        OutPassword = options.OutPassword,
        IsKeyExportable = pending.Recovery.IsKeyExportable,
        PrivateKeyReaders = pending.Recovery.PrivateKeyReaders,
        IsImpatient = options.IsImpatient,
    };

    private TransactionStep Begin()
    {
        KeyRecoveryBuilder.Check(_request);
        _request.Destination.EnsureWritable(withKey: true);
        Installation first = InstallationAt(_request.Destination);
        first.EnsureReaders();
        first.EnsureTakesChain();
        Identity identity = _client.IdentityFor(EnrollmentOperation.Certification);
        RequestBuilder.EnsureTaken(PkiBodyType.Krr, Settings, identity.Credential);
        ReadOnlyMemory<byte> id = Secrets.Random(16);
        Prepare(Hex.Of(id.Span));
        _encryptionKey = PrivateKey.Generate(_request.EncryptionKeyAlgorithm);
        _newKey = _request.NewKeyAlgorithm is { } algorithm ? PrivateKey.Generate(algorithm) : null;
        if (_newKey is not null)
            _request.Destination.EnsureTakes(_newKey);
        if (_pending is not null)
            _store!.SaveKeys(_pending.Id, _newKey is null ? [_encryptionKey] : [_encryptionKey, _newKey]);
        CertReqMessages body = KeyRecoveryBuilder.Build(_request, _encryptionKey.PublicKey, _newKey, Settings);
        _transaction = new KeyRecoveryTransaction(_client.TransactionSettings(identity, id, Trace), body, Concerned);
        return _transaction.Start(_client.Now);
    }

    private IReadOnlyList<Certificate> Concerned => _request.Certificate is { } certificate ? [certificate] : [];

    /// <summary>Makes a place on disk before any key is made.</summary>
    private void Prepare(string id)
    {
        if (_store is null)
            return;
        _lock = _store.Lock(id);
        _pending = new PendingRequest
        {
            Id = id,
            Subjects = [PeerText.Escape((KeyRecoveryBuilder.SubjectOf(_request) ?? _request.Certificate!.Subject).ToString())],
            Begun = _client.Now,
            Server = _client.Said,
            Certificates = Concerned,
            Recovery = new PendingRecovery
            {
                Destination = _request.Destination.Description,
                IsKeyExportable = _request.IsKeyExportable,
                PrivateKeyReaders = _request.PrivateKeyReaders,
            },
        };
        _store.Save(_pending, durable: false);
    }

    /// <summary>Goes on where another process stopped.</summary>
    private void TakeUp(TransactionState state)
    {
        // where all is said, the certificate that signed may be gone
        Identity identity = state.Phase == TransactionPhase.Ended ? Identity.Nobody : _client.IdentityFor(EnrollmentOperation.Certification);
        _transaction = new KeyRecoveryTransaction(_client.TransactionSettings(identity, null, Trace), state, Concerned);
        CertRequest asked = ((CertReqMessages)_transaction.Request).Requests[0].CertReq;
        SubjectPublicKeyInfo? encryption = asked.FindControl(Oids.ProtocolEncrKey) is { } control ? Controls.ReadProtocolEncrKey(control) : null;
        foreach (PrivateKey key in _store!.OpenKeys(_pending!.Id))
        {
            if (_encryptionKey is null && encryption?.IsSameAs(key.PublicKey) == true)
                _encryptionKey = key;
            else if (_newKey is null && asked.CertTemplate.PublicKey?.IsSameAs(key.PublicKey) == true)
                _newKey = key;
            else
                key.Dispose();
        }
        if (_encryptionKey is null)
            throw EnrollmentStore.Vanished(_pending.Id);
        _step = _pending.WaitAsOf(_client.Now) ?? _transaction.Continue(_client.Now);
    }

    private void Keep(TransactionStep step, string? ticket)
    {
        if (_pending is null)
            return;
        bool isFirst = _pending.State is null;
        _pending = _pending.After(step, _transaction!.Capture(), ticket, _client.Now);
        try
        {
            _store!.Save(_pending, durable: isFirst);
        }
        catch (CmpException e) when (!isFirst)
        {
            Trace?.Warning($"Where the transaction {_pending.Id} stands could not be saved: {e.Message}");
        }
    }

    /// <summary>Opens all that came and puts it away, each by itself.</summary>
    private async Task ConcludeAsync(CancellationToken cancellationToken)
    {
        KeyRecRepContent answer = _transaction!.Answer!;
        using var opener = EnvelopeKey.Of(_encryptionKey!);
        for (int i = 0; i < answer.KeyPairHist.Count; i++)
        {
            int number = i;
            RecoveredKey? opened = null;
            try
            {
                await _client.Crls.WithCrlsAsync(() => opened = _transaction.Open(number, opener, _client.Now), Trace, cancellationToken).ConfigureAwait(false);
                await ConcludeAsync(new RecoveredCertificate(i, opened!.Certificate) { Failure = opened.Error }, opened.Key, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                opened?.Dispose();
            }
        }
        await ConcludeNewAsync(answer, cancellationToken).ConfigureAwait(false);
        if (_request.Certificate is { } wanted && !_items.Exists(item => item.Certificate?.IsSameAs(wanted) == true))
            _transaction.Warn($"The server gave back other keys than that of the certificate {Hex.Of(wanted.SerialNumber.Span)}.");
    }

    /// <summary>The new certificate for signatures, where one was asked for.</summary>
    private async Task ConcludeNewAsync(KeyRecRepContent answer, CancellationToken cancellationToken)
    {
        if (_newKey is null)
        {
            if (answer.NewSigCert is { } other)
                Trace?.Note($"The server sent the certificate {Hex.Of(other.SerialNumber.Span)} of {other} for signatures, whose key is not asked for here.");
            return;
        }
        CmpException? missing = answer.NewSigCert is not null ? null : new CmpException(CmpErrorKind.Transaction, "CmpRecovery.NoCertificate", "The server sent no certificate for the new key.")
        {
            RecommendedAction = "Ask for one with New-CmpCertificateRequest.",
        };
        await ConcludeAsync(new RecoveredCertificate(_items.Count, answer.NewSigCert) { IsNew = true, Failure = missing }, _newKey, cancellationToken).ConfigureAwait(false);
    }

    private async Task ConcludeAsync(RecoveredCertificate item, PrivateKey? key, CancellationToken cancellationToken)
    {
        if (item.Failure is null)
            await PutAwayAsync(item, key!, cancellationToken).ConfigureAwait(false);
        _items.Add(item);
        Ended?.Invoke(item);
    }

    /// <summary>Puts a certificate with its key where it belongs; what fails leaves nothing of the key.</summary>
    private async Task PutAwayAsync(RecoveredCertificate item, PrivateKey key, CancellationToken cancellationToken)
    {
        Certificate certificate = item.Certificate!;
        KeyRecRepContent answer = _transaction!.Answer!;
        var issued = new IssuedCertificate(certificate, answer.Status) { CaPubs = answer.CaCerts, Candidates = [.. _transaction.SeenCertificates] };
        // those of before may be over: they are held against a time when they were in force
        DateTimeOffset time = _client.Now < certificate.NotBefore ? certificate.NotBefore : _client.Now > certificate.NotAfter ? certificate.NotAfter : _client.Now;
        try
        {
            key.EnsureFits(certificate.PublicKey);
            CertificateDestination destination = DestinationOf(item.Number);
            Installation installation = InstallationAt(destination);
            await _client.Crls.WithCrlsAsync(() => installation.Validate(issued, time, _transaction.Warn), Trace, cancellationToken).ConfigureAwait(false);
            destination.EnsureTakes(key);
            List<Certificate> chain = installation.ChainOf(issued);
            InstalledCertificate installed = destination.Install(new CertificateToInstall(certificate, key) { Chain = chain, ExportableKey = _request.IsKeyExportable, IsRepeated = _isResumed });
            List<string> notes = [.. installed.Notes];
            installation.InstallChain(issued, installed, time, notes);
            installation.Entrust(installed, () => null);
            item.Restored = new EnrolledCertificate(installed, answer.Status.Status)
            {
                Certificate = certificate,
                TransactionId = TransactionId!,
                Chain = chain,
                CaPubs = answer.CaCerts,
                // there is no certConf in a recovery: what is given back was in force, and what is new is
                Confirmed = true,
                RenewAfter = Renewal.After(certificate, null),
                Key = key.CanBeAttachedTo(certificate) ? null : key.Copy(),
                Notes = notes,
                Warnings = [.. _transaction.Warnings],
            };
        }
        catch (CmpException e)
        {
            item.Failure = e;
        }
    }

    /// <summary>Where a certificate goes: of several the first to the file that is named, the others beside it. A store takes all.</summary>
    private CertificateDestination DestinationOf(int number)
    {
        DestinationDescription named = _request.Destination.Description;
        if (number == 0 || named.Path is null)
            return _request.Destination;
        return CertificateDestination.Of(named with { Path = Numbered(named.Path, number + 1), KeyPath = named.KeyPath is { } keyPath ? Numbered(keyPath, number + 1) : null }, _request.OutPassword);
    }

    private static string Numbered(string path, int number) => Path.Combine(
        Path.GetDirectoryName(path) ?? string.Empty,
        string.Format(CultureInfo.InvariantCulture, "{0}-{1}{2}", Path.GetFileNameWithoutExtension(path), number, Path.GetExtension(path)));

    private Installation InstallationAt(CertificateDestination destination) => new(_client, destination, _request.PrivateKeyReaders, Readers, Trace);

    /// <summary>All that came is dealt with. What could not be put away for want of a place stays: the CA need not be asked again.</summary>
    private void Finish()
    {
        IsKept = _pending is not null && _items.Exists(item => item.Failure?.ErrorId.StartsWith("CmpStore.", StringComparison.Ordinal) == true);
        if (!IsKept)
            Forget();
        End();
    }

    /// <summary>
    /// It failed, was cancelled, or is let go of: it stays while the server has it and makes us wait, where the answer is there and not all of it was put away,
    /// or where it was kept before and nobody vouches for what ended it.
    /// </summary>
    private void Concede()
    {
        IsKept = _pending is { State: not null } && _transaction is { IsOver: false } transaction
            && (_isResumed || transaction.IsWaitedFor || transaction.Answer is not null || _pending.Ticket is not null);
        if (!IsKept)
            Forget();
        End();
    }

    private void Forget()
    {
        try
        {
            if (_pending is not null)
                _store!.Forget(_pending.Id);
        }
        catch (CmpException e)
        {
            Trace?.Warning($"What was kept of the transaction {_pending!.Id} could not be removed: {e.Message}");
        }
    }

    private void Release()
    {
        _encryptionKey?.Dispose();
        _newKey?.Dispose();
        _transaction?.Dispose();
    }

    private void End()
    {
        _ended = true;
        Release();
        _lock?.Dispose();
        _lock = null;
        if (OwnsClient)
            _client.Dispose();
    }
}
