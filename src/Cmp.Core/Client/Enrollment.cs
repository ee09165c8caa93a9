using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;
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
/// From keys to installed certificates, of one transaction: the only place that makes keys, saves state, drives the transaction, checks, installs, and
/// undoes. A certificate that fails undoes what was made for it and nothing else; where the transaction ends anywhere but at the end or at waiting, all that
/// is not where it belongs is undone. With a <see cref="Store"/> each step is on disk before it is gone, and another process goes on from there
/// (<see cref="Resume"/>).
/// </summary>
public sealed class Enrollment : IDisposable
{
    private readonly IReadOnlyList<EnrollmentItem> _items;
    private readonly bool _isResumed;
    private EnrollmentStore? _store;
    private PendingEnrollment? _pending;
    private StateLock? _lock;
    private EnrollmentTransaction? _transaction;
    private TransactionStep? _step;
    private bool _ended;

    /// <summary>Prepares an enrolment; nothing is made and nothing is sent yet.</summary>
    /// <param name="client">The server.</param>
    /// <param name="request">What is asked for.</param>
    public Enrollment(CmpClient client, EnrollmentRequest request)
        : this(client, [request])
    {
    }

    /// <summary>Prepares an enrolment of several certificates, asked for in one message; nothing is made and nothing is sent yet.</summary>
    /// <param name="client">The server.</param>
    /// <param name="requests">What is asked for: all by ir, or all by cr. Where they differ in what holds of the message as a whole, the first one counts.</param>
    /// <exception cref="CmpException"><c>CmpArgument.BatchSize</c>: they do not go together.</exception>
    public Enrollment(CmpClient client, IReadOnlyList<EnrollmentRequest> requests)
    {
        if (requests.Count == 0)
            throw new ArgumentException("An enrolment has a request.", nameof(requests));
        EnrollmentOperation operation = requests[0].Operation;
        if (requests.Count > 1 && (operation is not (EnrollmentOperation.Initialization or EnrollmentOperation.Certification) || requests.Any(request => request.Operation != operation)))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.BatchSize", "Several certificates are asked for in one message by ir or by cr, and all by the same one.")
            {
                RecommendedAction = "Ask for a PKCS #10 request or an update in a message of its own.",
            };
        }
        Client = client;
        _items = [.. requests.Select((request, number) => new EnrollmentItem(this, request, number))];
    }

    private Enrollment(CmpClient client, EnrollmentStore store, PendingEnrollment pending, StateLock held, ResumeOptions options)
    {
        Client = client;
        _isResumed = true;
        _store = store;
        _pending = pending;
        _lock = held;
        _items = [.. pending.Items
            .Select((kept, number) => (Kept: kept, Number: number))
            .Where(item => !item.Kept.HasEnded)
            .Select(item => new EnrollmentItem(this, RequestOf(pending, item.Kept, options), item.Number) { Kept = item.Kept })];
    }

    /// <summary>Where it is kept while it is pending, and remembered afterwards; <see langword="null"/>: nowhere, it lives and dies with this object.</summary>
    public EnrollmentStore? Store
    {
        get => _store;
        init => _store = value;
    }

    /// <summary>Sees each certificate before it is accepted; its text is the reason of a refusal, <see langword="null"/> accepts.</summary>
    public Func<IssuedCertificate, CancellationToken, Task<string?>>? Approve { get; init; }

    /// <summary>Hears of each certificate that is where it belongs, or has failed, as soon as it is so.</summary>
    public Action<EnrollmentItem>? Ended { get; init; }

    /// <summary>Makes or opens the keys that are certified.</summary>
    internal Func<KeyRequest, KeyHandle> GetKey { get; init; } = KeyProviders.Get;

    /// <summary>Says what a key will be called, where a provider keeps it.</summary>
    internal Func<KeyRequest, KeyReference?> ReserveKey { get; init; } = KeyProviders.Reserve;

    /// <summary>Lets accounts use keys.</summary>
    internal KeyReaders Readers { get; init; } = KeyReaders.Default;

    /// <summary>The key that was made here for a certificate in a store of Windows, where the certificate is tied to it.</summary>
    internal Func<X509Certificate2, KeyReference?> LinkedKeyOf { get; init; } = certificate => LinkedKey.MadeHere(CngPlatform.Storage, certificate);

    /// <summary>For tests: hears of each boundary between two steps, and may end the process there.</summary>
    internal Action<string>? Boundary { get; init; }

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }

    /// <summary>The certificates that it is about; where it was taken up, those that had not ended.</summary>
    public IReadOnlyList<EnrollmentItem> Items => _items;

    /// <summary>The transaction's identifier, hexadecimal; <see langword="null"/> before the first message was made.</summary>
    public string? TransactionId => _transaction is { } transaction ? Hex.Of(transaction.TransactionId.Span) : null;

    /// <summary>Whether its messages are carried by hand.</summary>
    public bool IsOffline => First.IsOffline;

    /// <summary>Whether it ends where the server makes it wait, however short.</summary>
    public bool IsImpatient => First.IsImpatient;

    /// <summary>When the server may be asked again, where it waits; else <see langword="null"/>.</summary>
    public DateTimeOffset? WaitingUntil => (_step as TransactionStep.Wait)?.Until;

    /// <summary>The server's reason to wait, escaped, or <see langword="null"/>.</summary>
    public string? WaitingReason => (_step as TransactionStep.Wait)?.Reason;

    /// <summary>The message to carry to the server, where messages are carried by hand; else <see langword="null"/>.</summary>
    public ReadOnlyMemory<byte>? NextMessage => IsOffline ? (_step as TransactionStep.Send)?.Octets : null;

    /// <summary>What is said of the server.</summary>
    public ServerSettings Settings => Client.Settings;

    /// <summary>Whether it is still pending on disk although it failed or was cancelled: another attempt may go on with it.</summary>
    public bool IsKept { get; private set; }

    internal CmpClient Client { get; }

    /// <summary>The PIN of tokens, where it was taken up; before that each request has its own.</summary>
    internal SecureString? Pin { get; private init; }

    /// <summary>The body that asks; <see langword="null"/> before it was made.</summary>
    internal PkiBody? Body => _transaction?.Request;

    internal IReadOnlyList<string> Warnings => [.. _transaction!.Warnings];

    internal void Warn(string text) => _transaction!.Warn(text);

    /// <summary>What holds of the message as a whole.</summary>
    private EnrollmentRequest First => _items[0].Request;

    private CmpOperation Operation => First.Operation switch
    {
        EnrollmentOperation.Initialization => CmpOperation.Initialization,
        EnrollmentOperation.Certification => CmpOperation.Certification,
        EnrollmentOperation.KeyUpdate => CmpOperation.KeyUpdate,
        EnrollmentOperation.CrossCertification => CmpOperation.CrossCertification,
        // one that we make our own goes as what it becomes
        _ => Body is CertReqMessages ? CmpOperation.Certification : CmpOperation.Pkcs10,
    };

    private bool OwnsClient { get; init; }

    /// <summary>Whether what is on disk may outlive a failure: the server has the request and makes us wait, or we accepted a certificate of it, or it was kept before.</summary>
    private bool MayStay => _store is not null && _pending is { State: not null, Ticket: var ticket } && _transaction is { } transaction
        && (transaction.IsInDoubt || (!transaction.IsOver && (_isResumed || IsOffline || transaction.IsWaitedFor || ticket is not null || transaction.IsAccepted)));

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
        Enrollment? enrollment = null;
        try
        {
            PendingEnrollment pending = store.Find(id) ?? throw NotFound(id);
            store.Sweep(id);
            if (pending.State is not { } state)
            {
                DeleteKeys(store, pending, options.Pin, options.Trace is { } trace ? trace.Warning : null);
                store.Forget(id);
                throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.NotBegun", $"The transaction {id} had sent nothing when its process ended. It is cleared away.")
                {
                    RecommendedAction = "Ask anew.",
                };
            }
            if (pending.IsToBeApproved && options.Approve is null && state.Requests.Any(request => request.Phase is RequestPhase.Requested or RequestPhase.Waiting or RequestPhase.Deciding))
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Approve", $"The certificate of the transaction {id} is to be approved before it is accepted.")
                {
                    RecommendedAction = "Give -Approve again: script blocks are not kept.",
                };
            }
            client = options.Open(pending.Server, pending.IsOffline);
            enrollment = new Enrollment(client, store, pending, held, options)
            {
                OwnsClient = true,
                Approve = options.Approve,
                Ended = options.Ended,
                Trace = options.Trace,
                Progress = options.Progress,
                Boundary = options.Boundary,
                Pin = options.Pin,
            };
            enrollment.TakeUp(state, options);
            return enrollment;
        }
        catch
        {
            foreach (EnrollmentItem item in enrollment?.Items ?? [])
                item.Release();
            client?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>Gives a pending enrolment up: its keys and all that is kept of it go. The server is not told, but what lies in a folder and was not answered is taken back.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="id">The transactionID, hexadecimal.</param>
    /// <param name="warn">Hears why a message may be carried to the server still, or why a key stayed with its provider, one sentence, escaped.</param>
    /// <param name="pin">The PIN of the token that keeps its key, where it has one.</param>
    /// <exception cref="CmpException"><c>CmpTransaction.NotFound</c>, <c>CmpTransaction.Busy</c>, <c>CmpStore.…</c>; <c>CmpKey.Pin…</c>: nothing is given up.</exception>
    public static void Abandon(EnrollmentStore store, string id, Action<string>? warn = null, SecureString? pin = null)
    {
        using StateLock held = store.Lock(id);
        store.Sweep(id);
        PendingEnrollment? pending = Peek();
        // first the keys: as long as there is one, the record leads to it
        if (pending is not null)
            DeleteKeys(store, pending, pin, warn);
        // a process that died over the last rename left the new key beside its target
        foreach (string path in pending?.Items.SelectMany(item => new[] { item.Destination.Path, item.Destination.KeyPath }).OfType<string>() ?? [])
            AtomicFile.Sweep(path);
        if (!store.Forget(id))
            throw NotFound(id);
        if (pending is not null)
            Roads.Recall(pending.Server, pending.Ticket, warn);

        PendingEnrollment? Peek()
        {
            try
            {
                return store.Find(id);
            }
            catch (CmpException e)
            {
                // what is damaged is given up all the same
                warn?.Invoke($"What is kept of the transaction {PeerText.Escape(id, 64)} cannot be read, and a key that a provider made for it would stay there: {e.Message}");
                return null;
            }
        }
    }

    /// <summary>Goes on until each certificate is where it belongs or has failed, or the server waits longer than there is time for.</summary>
    /// <param name="timeout">How long this may take; <see langword="null"/>: as the server's settings say.</param>
    /// <param name="cancellationToken">Ends it; what was made is undone, unless the server makes us wait and it is kept.</param>
    /// <returns>
    /// The certificate, of several the first; <see langword="null"/> where the server waits or a message is to be carried: call again, or resume it.
    /// Of several certificates <see cref="Items"/> tells what became of each.
    /// </returns>
    /// <exception cref="CmpException">
    /// It failed, of several certificates as a whole or with each of them; everything is gone that it had made for what is not where it belongs, unless
    /// <see cref="IsKept"/>; <c>CmpTransaction.Ended</c>: it had ended before.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and everything it had made is gone, unless <see cref="IsKept"/>.</exception>
    public Task<EnrolledCertificate?> RunAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default) => RunAsync(null, timeout, cancellationToken);

    /// <summary>Takes the answer to <see cref="NextMessage"/> that was carried here by hand, and goes on.</summary>
    /// <param name="answer">The octets of one message.</param>
    /// <param name="cancellationToken">As for <see cref="RunAsync(TimeSpan?, CancellationToken)"/>.</param>
    /// <returns>As for <see cref="RunAsync(TimeSpan?, CancellationToken)"/>; <see langword="null"/> where there is a next message.</returns>
    /// <exception cref="CmpException">As for <see cref="RunAsync(TimeSpan?, CancellationToken)"/>. An answer that belongs elsewhere changes nothing.</exception>
    public Task<EnrolledCertificate?> TakeAsync(ReadOnlyMemory<byte> answer, CancellationToken cancellationToken = default) => RunAsync(answer, null, cancellationToken);

    /// <summary>Which of the certificates that it is about a server issued.</summary>
    /// <param name="issued">What <see cref="Approve"/> sees.</param>
    /// <returns>That one.</returns>
    public EnrollmentItem ItemOf(IssuedCertificate issued) => _items.First(item => item.Requested?.Number == issued.Request);

    /// <summary>Lets go. What is pending on disk stays; what lives in this object only goes, with its keys.</summary>
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

    /// <summary>Removes the keys of an enrolment that is given up from those who keep them; one that cannot be reached is worth a word.</summary>
    /// <exception cref="CmpException"><c>CmpKey.PinRequired</c>, <c>CmpKey.Pin</c>, <c>CmpKey.PinSource</c>, <c>CmpKey.PinTries</c>: with the PIN it would go.</exception>
    private static void DeleteKeys(EnrollmentStore store, PendingEnrollment pending, SecureString? pin, Action<string>? warn)
    {
        for (int i = 0; i < pending.Items.Count; i++)
        {
            if (pending.Items[i] is not { Key: PendingKey.Provider, HasEnded: false, KeyReference: { } reference } item)
                continue;
            try
            {
                if (UserOf(store, pending, i) is { } user)
                    warn?.Invoke($"The key {reference} stays where it is: {user} uses it.");
                else
                    store.KeeperOf(reference).Delete(reference, pin);
            }
            catch (CmpException e) when (e.ErrorId is not ("CmpKey.PinRequired" or "CmpKey.Pin" or "CmpKey.PinSource" or "CmpKey.PinTries"))
            {
                warn?.Invoke($"The key {reference} stays where it is: {e.Message}");
            }
        }
    }

    /// <summary>Who uses the key of a pending certificate already: where a process died over its last steps, the certificate may be where it belongs.</summary>
    private static string? UserOf(EnrollmentStore store, PendingEnrollment pending, int number)
    {
        PendingCertificate item = pending.Items[number];
        if (KeyUsers.Of(store, item.KeyReference!, _ => false) is { } user)
            return user;
        bool isAccepted = pending.State is { } known && number < known.Requests.Count && known.Requests[number].Phase is RequestPhase.Accepted or RequestPhase.Granted;
        return isAccepted && PkiMessage.Decode(pending.State!.Request).Body is CertReqMessages { Requests: var requests } && number < requests.Count
            && requests[number].CertReq.CertTemplate.PublicKey is { } key && item.Destination.Holds(key)
            ? $"the certificate in '{PeerText.Escape(item.Destination.Path ?? item.Destination.Store)}'"
            : null;
    }

    private static EnrollmentRequest RequestOf(PendingEnrollment pending, PendingCertificate item, ResumeOptions options) => new()
    {
        Operation = pending.Operation,
        OldCertificate = item.OldCertificate?.Certificate,
        OldCertificateReference = item.OldCertificate,
        OldCertificateAction = item.OldCertificateAction,
        Destination = CertificateDestination.Of(item.Destination, options.OutPassword),
        Name = item.Name,
        PrivateKeyReaders = item.PrivateKeyReaders,
        FriendlyName = item.FriendlyName,
        RenewBefore = item.RenewBefore,
        IsAnew = item.IsAnew,
        IsCentralKey = item.Key == PendingKey.Central,
        ArchiveKey = item.ArchiveKey,
        ExplicitConfirm = pending.ExplicitConfirm || pending.IsToBeApproved,
        IsOffline = pending.IsOffline,
        IsImpatient = options.IsImpatient,
    };

    private async Task<EnrolledCertificate?> RunAsync(ReadOnlyMemory<byte>? answer, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (_ended)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.Ended", "This enrolment has ended. Another one begins anew.");
        try
        {
            Deadline deadline = Deadline.After(Client.Now, timeout ?? Client.Settings.Timeout!.Value);
            if (_step is null && !IsOffline)
                await Client.CheckRoadAsync(cancellationToken).ConfigureAwait(false);
            _step ??= await BeginAsync(deadline, cancellationToken).ConfigureAwait(false);
            Conversation conversation = Converse(deadline);
            if (answer is { } octets)
                _step = await TakeAsync(octets, deadline, cancellationToken).ConfigureAwait(false);
            // what an earlier process could not put away any more
            Conclude();
            while (Open.Any())
            {
                // a step that waits is waited for, never resumed early (rule 38)
                try
                {
                    _step = await Client.DriveAsync(conversation, _step, cancellationToken).ConfigureAwait(false);
                }
                catch (CmpServerException e) when (MayProveOtherwise(e))
                {
                    Trace?.Note($"{e.Message} It is asked anew, with a challenge in place of an encrypted certificate.");
                    _step = BeginAgain();
                    conversation = Converse(deadline);
                    continue;
                }
                switch (_step)
                {
                    case TransactionStep.Decide decide:
                        _step = _transaction!.Decide(await ItemOf(decide.Certificate).JudgeAsync(decide.Certificate, cancellationToken).ConfigureAwait(false), Client.Now);
                        break;
                    case TransactionStep.Settled:
                        Conclude();
                        _step = _transaction!.Resume(Client.Now);
                        break;
                    case TransactionStep.Wait or TransactionStep.Send:
                        return null;
                    default:
                        Conclude();
                        break;
                }
            }
            Finish();
            return _items[0].Enrolled;
        }
        catch (Exception e)
        {
            Concede(e as CmpException);
            throw;
        }
    }

    private Conversation Converse(Deadline deadline) => new(_transaction!, Operation)
    {
        Deadline = deadline,
        Progress = Progress,
        Trace = Trace,
        IsImpatient = IsImpatient,
        IsByHand = IsOffline,
        Ticket = _pending?.Ticket,
        Keep = Keep,
    };

    private async Task<TransactionStep> BeginAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        Each(item => item.EnsureWritable());
        Each(item => item.ReserveKey());
        Identity identity = Client.IdentityFor(First.Operation);
        ReadOnlyMemory<byte> id = First.TransactionId ?? Secrets.Random(16);
        Prepare(id);
        Each(item => item.MakeKey(identity.Credential));
        Boundary?.Invoke("made");
        SaveKeys();
        Each(item => item.EnsureTakesKey());
        Certificate? encryption = await EncryptionCertificateAsync(deadline, cancellationToken).ConfigureAwait(false);
        return Ask(identity, id, encryption);
    }

    /// <summary>Makes the request and what it begins.</summary>
    private TransactionStep Ask(Identity identity, ReadOnlyMemory<byte> id, Certificate? encryption)
    {
        PkiBody body = Request(identity, encryption);
        EnrollmentItem[] asked = [.. Open];
        _transaction?.Dispose();
        _transaction = new EnrollmentTransaction(SettingsFor(identity) with { TransactionId = id }, body, First.OldCertificate, [.. asked.Select(item => item.Opener)]);
        for (int i = 0; i < asked.Length; i++)
        {
            asked[i].Number = i;
            asked[i].Requested = _transaction.Requests[i];
        }
        _pending = _pending is null ? null : _pending with { Items = [.. asked.Select(item => item.Describe())] };
        return _transaction.Start(Client.Now);
    }

    /// <summary>
    /// Whether a server that refused the proof may be asked once more, by the other one that follows in a message (RFC 9810 5.2.8.4): it said so for sure, the proof
    /// was our choice and not the user's, and nothing was issued.
    /// </summary>
    private bool MayProveOtherwise(CmpServerException error) => !_isResumed && !IsOffline && error.IsAuthenticated && (error.FailInfo & FailInfo.BadPOP) != 0
        && _items is [{ Request.ProofOfPossession: null, Requested: { Subsequent: SubsequentMessage.EncrCert, Issued: null } }];

    /// <summary>Begins a new transaction with the same key. The record of the new one is there before that of the old one goes: each key has one that leads to it.</summary>
    private TransactionStep BeginAgain()
    {
        _items[0].ProveBy(ProofOfPossessionKind.ChallengeResponse);
        (PendingEnrollment? before, StateLock? held) = (_pending, _lock);
        _lock = null;
        try
        {
            ReadOnlyMemory<byte> id = Secrets.Random(16);
            Prepare(id);
            SaveKeys();
            TransactionStep step = Ask(Client.IdentityFor(First.Operation), id, encryption: null);
            if (before is not null)
                Forget(before.Id);
            held?.Dispose();
            return step;
        }
        catch
        {
            if (_pending is { } begun && begun.Id != before?.Id)
                Forget(begun.Id);
            _lock?.Dispose();
            (_pending, _lock) = (before, held);
            throw;
        }
    }

    /// <summary>Those that are neither where they belong nor failed.</summary>
    private IEnumerable<EnrollmentItem> Open => _items.Where(item => !item.HasEnded);

    /// <summary>Those that another attempt may be about.</summary>
    private IEnumerable<EnrollmentItem> Lasting => _items.Where(item => !item.HasEnded || item.IsKept);

    /// <summary>Does something for each; of several one that fails is left out of the message.</summary>
    private void Each(Action<EnrollmentItem> action)
    {
        foreach (EnrollmentItem item in Open.ToList())
        {
            try
            {
                action(item);
            }
            catch (CmpException e) when (Open.Skip(1).Any())
            {
                Fail(item, e);
            }
        }
    }

    /// <summary>
    /// The CA's certificate to encrypt to or to agree with, where a request needs it. It is asked for once it is sure that the keys can prove themselves that way
    /// (rule 14).
    /// </summary>
    private async Task<Certificate?> EncryptionCertificateAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        Each(item =>
        {
            if (RequestBuilder.NeedsEncryptionCertificate(item.Request) && item.Key is { } key)
                _ = ProofKinds.Choose(item.Request, key, Client.Settings);
        });
        List<EnrollmentItem> needing = Open.Where(item => RequestBuilder.NeedsEncryptionCertificate(item.Request)).ToList();
        if (needing.Count == 0)
            return null;
        var options = new RequestOptions { Timeout = deadline.End - Client.Now, Trace = Trace, Progress = Progress };
        return await Client.EncryptionCertificateAsync(needing.Exists(item => item.Request.ProofOfPossession == ProofOfPossessionKind.KeyAgreement), options, cancellationToken).ConfigureAwait(false);
    }

    private PkiBody Request(Identity identity, Certificate? encryption)
    {
        if (_items.Count == 1)
            return RequestBuilder.Build(First.Operation == EnrollmentOperation.CrossCertification ? First with { NotBefore = First.NotBefore ?? Client.Now } : First, _items[0].Key, Client.Settings, identity.Credential, _items[0].Recipient, encryption);
        RequestBuilder.EnsureTaken(RequestBuilder.BodyType(First.Operation), Client.Settings, identity.Credential);
        var messages = new List<CertReqMsg>();
        Each(item => messages.Add(RequestBuilder.Message(item.Request, item.Key, Client.Settings, identity.Credential, messages.Count, item.Recipient, encryption)));
        return RequestBuilder.Build(First.Operation, messages);
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
            Operation = First.Operation,
            Items = [.. Open.Select(item => item.Describe())],
            Begun = Client.Now,
            Server = Client.Said,
            ExplicitConfirm = First.ExplicitConfirm,
            IsToBeApproved = Approve is not null,
            IsOffline = IsOffline,
            IsRequestSecret = _items.Any(item => item.Request.RegistrationToken is not null || item.Request.Authenticator is not null),
        };
        _store.Save(_pending, durable: false);
        Boundary?.Invoke("prepared");
    }

    /// <summary>Keeps the keys that wait for their certificates, and no others.</summary>
    private void SaveKeys()
    {
        PrivateKey[] waiting = [.. Lasting.Select(item => item.WaitingKey).OfType<PrivateKey>()];
        if (_pending is null || waiting.Length == 0)
            return;
        _store!.SaveKeys(_pending.Id, waiting);
        Boundary?.Invoke("key");
    }

    private TransactionSettings SettingsFor(Identity identity) =>
        Client.TransactionSettings(First, identity, Trace) with { ExplicitConfirm = First.ExplicitConfirm || Approve is not null };

    /// <summary>Goes on where another process stopped.</summary>
    private void TakeUp(TransactionState state, ResumeOptions options)
    {
        // a token whose key is open needs no PIN for another one in it: for the one that signs, for example
        OpenKeptKeys(options);
        OpenWaitingKeys(state);
        // where all is said, the certificate that signed may be gone; but what came for it only it opens
        bool isNeeded = _items.Any(item => item.Kept!.Key == PendingKey.Central && item.Opener is null);
        Identity identity = state.Phase == TransactionPhase.Ended && !isNeeded ? Identity.Nobody : Client.IdentityFor(First.Operation);
        foreach (EnrollmentItem item in _items.Where(item => item.Kept!.Key == PendingKey.Central && item.Opener is null))
            item.UseRecipient(KeyRecipient.Of(identity.Credential) ?? throw EnrollmentStore.Vanished(_pending!.Id));
        PendingEnrollment pending = _pending!;
        var keys = new RequestKey?[pending.Items.Count];
        foreach (EnrollmentItem item in _items)
            keys[item.Number] = item.Opener;
        _transaction = new EnrollmentTransaction(SettingsFor(identity), state, First.OldCertificate, keys);
        if (pending.Items.Count != _transaction.Requests.Count)
            throw new CmpException(CmpErrorKind.Store, "CmpState.Unreadable", $"What is kept of the transaction {pending.Id} is damaged: its message and its certificates are not as many.") { RecommendedAction = "Remove the transaction with Remove-CmpTransaction and ask anew." };
        foreach (EnrollmentItem item in _items)
            item.Requested = _transaction.Requests[item.Number];
        if (pending is { WaitSince: { } since, WaitUntil: { } until })
        {
            // where the clock was set back since, the server is not left alone for longer than it asked
            DateTimeOffset latest = Client.Now + (until - since);
            _step = new TransactionStep.Wait(until < latest ? until : latest, pending.WaitReason);
        }
        else if (IsOffline && state.Phase is TransactionPhase.Requested or TransactionPhase.Proving or TransactionPhase.Confirming && !_transaction.IsPollDue)
        {
            // it lies there as it was made, and may be on its way
            _step = new TransactionStep.Send(state.LastMessage, PkiMessage.Decode(state.LastMessage).Body.Type, First: false, Last: false);
        }
        else
        {
            _step = _transaction.Continue(Client.Now);
        }
        foreach (EnrollmentItem item in _items.Where(item => item.Requested!.Phase is RequestPhase.Accepted or RequestPhase.Granted))
            item.LookAt(item.Requested!.Issued!);
    }

    /// <summary>Those that wait in our file lie together, and each request names its own: the one that is certified, or the one that is to be encrypted to.</summary>
    private void OpenWaitingKeys(TransactionState state)
    {
        IReadOnlyList<CertReqMsg> requests = (PkiMessage.Decode(state.Request).Body as CertReqMessages)?.Requests ?? [];
        List<(EnrollmentItem Item, SubjectPublicKeyInfo? Own)> wanted = [.. _items
            .Where(item => item.Kept!.Key is PendingKey.Waiting or PendingKey.Central && item.Number < requests.Count)
            .Select(item => (item, OwnKey(item, requests[item.Number].CertReq)))
            .Where(one => one.item.Kept!.Key == PendingKey.Waiting || one.Item2 is not null)];
        List<PrivateKey> waiting = wanted.Count > 0 ? [.. _store!.OpenKeys(_pending!.Id)] : [];
        try
        {
            foreach ((EnrollmentItem item, SubjectPublicKeyInfo? named) in wanted)
            {
                PrivateKey own = waiting.Find(key => named?.IsSameAs(key.PublicKey) == true) ?? throw EnrollmentStore.Vanished(_pending!.Id);
                waiting.Remove(own);
                if (item.Kept!.Key == PendingKey.Central)
                    item.UseRecipient(KeyRecipient.Of(own));
                else
                    item.UseKey(new KeyHandle(own));
            }
        }
        finally
        {
            waiting.ForEach(key => key.Dispose());
        }

        static SubjectPublicKeyInfo? OwnKey(EnrollmentItem item, CertRequest request) => item.Kept!.Key == PendingKey.Central
            ? request.FindControl(Oids.ProtocolEncrKey) is { } control ? SubjectPublicKeyInfo.Decode(control.Value) : null
            : request.CertTemplate.PublicKey;
    }

    /// <summary>Opens those that are somewhere else.</summary>
    private void OpenKeptKeys(ResumeOptions options)
    {
        foreach (EnrollmentItem item in _items)
        {
            PendingCertificate kept = item.Kept!;
            switch (kept.Key)
            {
                case PendingKey.File:
                    item.UseKey(KeyProviders.Get(new KeyRequest { Path = kept.KeyPath, Password = options.KeyPassword, Pin = options.Pin }));
                    break;
                case PendingKey.Provider:
                    KeyReference reference = kept.KeyReference ?? throw EnrollmentStore.Vanished(_pending!.Id);
                    item.UseKey(_store!.KeeperOf(reference).Open(reference, options.Pin));
                    break;
                case PendingKey.OldCertificate:
                    item.UseKey(new KeyHandle(kept.OldCertificate!.Open(options.KeyPassword, options.Pin).Key
                        ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.Vanished", "The private key of the certificate that is updated is no longer where it was.")));
                    break;
                default:
                    break;
            }
        }
    }

    private async Task<TransactionStep> TakeAsync(ReadOnlyMemory<byte> answer, Deadline deadline, CancellationToken cancellationToken)
    {
        // what a hand brings in place of an answer is the wrong file: unlike on a road (rule 44) it ends nothing
        PkiMessage message = PkiMessage.Decode(answer);
        Trace?.Message(TraceDirection.Received, answer, message.ToString(), TimeSpan.Zero);
        using CancellationTokenSource limited = deadline.Limit(Client.Now, cancellationToken);
        TransactionStep step = await Client.ReceiveAsync(_transaction!, answer, null, Trace, limited.Token).ConfigureAwait(false);
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
        bool isCarriedPoll = IsOffline && step is TransactionStep.Send { Body: PkiBodyType.PollReq };
        _pending = _pending with
        {
            State = _transaction!.Capture(),
            WaitSince = wait is null ? null : Client.Now,
            // who carries the poll by hand is told not to come too early
            WaitUntil = wait?.Until ?? (isCarriedPoll ? _pending.WaitUntil : null),
            WaitReason = wait?.Reason ?? (isCarriedPoll ? _pending.WaitReason : null),
            Ticket = ticket,
        };
        Save(durable: isFirst || step is TransactionStep.Send { Body: PkiBodyType.CertConf or PkiBodyType.Pkiconf }, mayFail: !isFirst);
        Boundary?.Invoke(step.GetType().Name);
    }

    private void Save(bool durable, bool mayFail)
    {
        try
        {
            _store!.Save(_pending!, durable);
        }
        catch (CmpException e) when (mayFail)
        {
            Trace?.Warning($"Where the transaction {_pending!.Id} stands could not be saved: {e.Message}");
        }
    }

    /// <summary>Does with each certificate whose request has ended what is to be done: it is put where it belongs, or what was made for it goes.</summary>
    private void Conclude()
    {
        foreach (EnrollmentItem item in Open.Where(item => item.Requested!.HasEnded).ToList())
        {
            if (item.Requested!.Failure is { } failure)
            {
                Fail(item, failure);
                continue;
            }
            try
            {
                item.Finish(_isResumed);
                Closed(item);
            }
            catch (CmpException e) when (_items.Count > 1)
            {
                // it is in force at the CA: where it is kept, another attempt may put it away
                if (MayStay)
                    Stay(item, e);
                else
                    Fail(item, e);
            }
        }
    }

    private void Fail(EnrollmentItem item, CmpException error)
    {
        item.Fail(error);
        Closed(item);
    }

    private void Stay(EnrollmentItem item, CmpException? error)
    {
        item.Keep(error);
        IsKept = true;
        if (error is not null)
            Ended?.Invoke(item);
    }

    /// <summary>One has ended: while others are pending, the record says so, and its key waits no longer.</summary>
    private void Closed(EnrollmentItem item)
    {
        if (_pending is { State: not null } && Lasting.Any())
        {
            List<PendingCertificate> items = [.. _pending.Items];
            items[item.Number] = items[item.Number] with { HasEnded = true };
            _pending = _pending with { Items = items };
            Save(durable: false, mayFail: true);
            Boundary?.Invoke("ended");
            if (item.WaitingKey is not null)
                SaveKeysQuietly();
        }
        Ended?.Invoke(item);
    }

    private void SaveKeysQuietly()
    {
        try
        {
            SaveKeys();
        }
        catch (CmpException e)
        {
            Trace?.Warning($"A private key that is needed no longer waits still in the transaction {_pending!.Id}: {e.Message}");
        }
    }

    /// <summary>All have ended; what could not be put away stays.</summary>
    private void Finish()
    {
        if (_pending is not null && !IsKept)
            Forget(_pending!.Id);
        End();
    }

    /// <summary>It failed, or was cancelled: what may stay stays, the rest is undone.</summary>
    private void Concede(CmpException? error)
    {
        bool mayStay = MayStay;
        foreach (EnrollmentItem item in Open.ToList())
        {
            CmpException? own = item.Requested?.Failure ?? error;
            bool hasFailed = item.Requested is { Phase: RequestPhase.Failed, IsInDoubt: false };
            if (mayStay && !hasFailed)
                Stay(item, own);
            else if (own is not null)
                Fail(item, own);
            else
                item.Undo();
        }
        if (mayStay || IsKept)
        {
            IsKept = true;
            KeepDoubt();
        }
        else
        {
            Undo();
        }
        End();
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

    private void Forget(string id)
    {
        try
        {
            _store!.Forget(id);
            Boundary?.Invoke("forgotten");
        }
        catch (CmpException e)
        {
            Trace?.Warning($"What was kept of the transaction {id} could not be removed: {e.Message}");
        }
    }

    private void Undo()
    {
        foreach (EnrollmentItem item in _items)
            item.Undo();
        if (_pending is null)
            return;
        try
        {
            _store!.Forget(_pending!.Id);
        }
        catch (Exception e)
        {
            // the first error is the one to tell; that something stayed behind is worth a word
            Trace?.Warning($"What the enrolment had made could not be undone: {e.Message}");
        }
    }

    private void End()
    {
        _ended = true;
        _step = null;
        _transaction?.Dispose();
        foreach (EnrollmentItem item in _items)
            item.Release();
        _lock?.Dispose();
        _lock = null;
        if (OwnsClient)
            Client.Dispose();
    }
}
