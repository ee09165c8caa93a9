using System;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Protection;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// A CMP server as we see it: the road to it, kept open for many transactions, and the trust that was found once (rule 51).
/// Safe for several transactions at once.
/// </summary>
public sealed partial class CmpClient : IDisposable
{
    private const string UnknownTicket = "CmpTransport.UnknownTicket";

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);

    /// <summary>A wait for a road's ticket that is shorter says nothing of when the answer comes.</summary>
    private static readonly TimeSpan WorthCounting = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NoticeTime = TimeSpan.FromSeconds(5);

    private readonly ICmpTransport _transport;
    private readonly bool _ownsTransport;
    private readonly Func<DateTimeOffset> _clock;
    private readonly Func<TimeSpan, CancellationToken, Task> _delay;
    private readonly Func<double> _random;
    private readonly Lazy<Identity> _identity;
    private readonly Lazy<Identity> _signer;
    private readonly StrongBox<ValidatedSigner?> _knownSigner;
    private readonly KeptEncryptionCertificate _encryption;

    /// <summary>Opens the road to a server; nothing is sent yet.</summary>
    /// <param name="settings">What is said of the server.</param>
    /// <param name="atOnce">How many transactions there will be at once: there are connections for as many.</param>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>: the settings cannot hold.</exception>
    public CmpClient(ServerSettings settings, int atOnce = 1)
        : this(settings, transport: null, atOnce: atOnce)
    {
    }

    /// <summary>For tests: a road, a clock, a way to wait and a chance of their own.</summary>
    internal CmpClient(ServerSettings settings, ICmpTransport? transport, Func<DateTimeOffset>? clock = null, Func<TimeSpan, CancellationToken, Task>? delay = null, int atOnce = 1, Func<double>? random = null)
        : this(settings, transport, clock, delay, random, new StrongBox<ValidatedSigner?>(), new KeptEncryptionCertificate(), crls: null, atOnce)
    {
    }

    private CmpClient(ServerSettings settings, ICmpTransport? transport, Func<DateTimeOffset>? clock, Func<TimeSpan, CancellationToken, Task>? delay, Func<double>? random, StrongBox<ValidatedSigner?> knownSigner, KeptEncryptionCertificate encryption, CrlStore? crls, int atOnce = 1)
    {
        Said = settings;
        Settings = settings.Resolve();
        CheckAlgorithms();
        CheckUnprotectedAnswers(isByHand: transport is NoRoad);
        _knownSigner = knownSigner;
        _encryption = encryption;
        _ownsTransport = transport is null;
        _transport = transport ?? Roads.Open(Settings, atOnce);
        _clock = clock ?? (() => DateTimeOffset.UtcNow);
        _delay = delay ?? Task.Delay;
        _random = random ?? (() => Secrets.Random(1)[0] / (double)byte.MaxValue);
        Crls = crls ?? new CrlStore(Settings, _clock);
        _identity = new Lazy<Identity>(() => Identity.Open(Settings));
        _signer = Settings is { Protection: null, Secret: not null, HasClientCertificate: true }
            ? new Lazy<Identity>(() => Identity.Open(Settings with { Secret = null }))
            : _identity;
    }

    /// <summary>The settings as they were said, without presets and defaults.</summary>
    public ServerSettings Said { get; }

    /// <summary>The settings that hold: nothing that has a default is absent.</summary>
    public ServerSettings Settings { get; }

    /// <summary>The signer that was validated in an earlier transaction, or <see langword="null"/>.</summary>
    public ValidatedSigner? KnownSigner => _knownSigner.Value;

    /// <summary>The CRLs by which certificates are checked.</summary>
    internal CrlStore Crls { get; }

    internal DateTimeOffset Now => _clock();

    /// <summary>A client whose messages are carried by hand: it has no road, and needs no address.</summary>
    /// <param name="settings">What is said of the server.</param>
    /// <returns>The client.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>: the settings cannot hold.</exception>
    public static CmpClient ByHand(ServerSettings settings) => new(settings, new NoRoad());

    /// <summary>Finds out whether the credential that is there can be used; nothing is sent.</summary>
    /// <exception cref="CmpException"><c>CmpKey.…</c>: the client certificate has no key, or another one's.</exception>
    public void EnsureUsable()
    {
        if (Settings.Secret is not null || Settings.HasClientCertificate)
            _ = _identity.Value;
    }

    /// <summary>Finds out whether the road can be taken at all, where it can tell before anything is sent: no key is made that nobody would hear of.</summary>
    internal Task CheckRoadAsync(CancellationToken cancellationToken) => _transport is ICheckedTransport road ? road.CheckAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Closes the connections, forgets the secret and the key that was derived of it.</summary>
    public void Dispose()
    {
        if (_ownsTransport)
            _transport.Dispose();
        if (_identity.IsValueCreated)
            _identity.Value.Dispose();
        if (_signer != _identity && _signer.IsValueCreated)
            _signer.Value.Dispose();
    }

    /// <summary>A client of the same server over the same connections that speaks as somebody else. It is disposed of before this one.</summary>
    /// <param name="settings">What differs: credential and headers. Road and trust stay as they are.</param>
    /// <returns>The client.</returns>
    public CmpClient WithSettings(ServerSettings settings) => new(settings, _transport, _clock, _delay, _random, _knownSigner, _encryption, Crls);

    /// <summary>Who we are in a transaction, opened when it is first needed: of secret and certificate the secret, but an update is signed (rule 17), and so is a request of one CA to another.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>, <c>CmpKey.…</c>: nothing was sent.</exception>
    internal Identity IdentityFor(EnrollmentOperation operation) => (operation is EnrollmentOperation.KeyUpdate or EnrollmentOperation.CrossCertification ? _signer : _identity).Value;

    /// <summary>Who we are to a server that speaks unasked: nobody where there is no credential, for nothing is to be protected.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>, <c>CmpKey.…</c>.</exception>
    internal Identity IdentityToListen => Settings.Secret is not null || Settings.HasClientCertificate ? _identity.Value : Identity.Nobody;

    /// <summary>How a transaction with this server speaks.</summary>
    internal TransactionSettings TransactionSettings(EnrollmentRequest request, Identity identity, ICmpTrace? trace) =>
        TransactionSettings(identity, request.TransactionId, trace) with { ExplicitConfirm = request.ExplicitConfirm };

    /// <inheritdoc cref="TransactionSettings(EnrollmentRequest, Identity, ICmpTrace?)"/>
    internal TransactionSettings TransactionSettings(Identity identity, ReadOnlyMemory<byte>? transactionId, ICmpTrace? trace) => new()
    {
        Protector = identity.Protector,
        Credential = identity.Credential,
        Kem = Settings.Protection is ProtectionKind.KemBasedMac ? AgreedProtection.KemOptions(Settings) : null,
        KnownSigner = KnownSigner,
        Trust = new TrustSettings
        {
            Anchors = Settings.TrustAnchor!,
            Pin = Settings.ServerCertificate,
            Untrusted = Settings.UntrustedCertificate!,
            ExpectedSender = Settings.ExpectedSender,
            AllowAnySigner = Settings.AllowAnySigner!.Value,
            AllowUnprotectedErrors = Settings.AllowUnprotectedErrors!.Value,
            AllowUnprotectedAnswers = TakesUnprotectedAnswers,
            AllowExpiredServerCertificate = Settings.AllowExpiredServerCertificate!.Value,
            WarnOnMixedProtection = Settings.WarnOnMixedProtection!.Value,
            Crls = Crls.Mode == RevocationMode.None ? null : Crls,
            TrustedExtraCerts = Settings.TrustExtraCerts!,
            TrustFirstUse = Settings.TrustExtraCerts!.Contains(ServerSettings.FirstUse, StringComparer.OrdinalIgnoreCase),
            AllowMacAsBefore = Settings.AllowMacAsBefore!.Value,
            LenientPbmac1 = Settings.Lenient!.Value || Settings.LenientPbmac1!.Value,
            AllowSigningCA = Settings.AllowSigningCA!.Value,
            AllowSha1Messages = Settings.AllowSha1Signatures!.Value,
            AllowPbmSha1 = Settings.AllowPbmSha1!.Value || AlgorithmNames.IsSha1(Settings.HashAlgorithm) || AlgorithmNames.IsSha1(Settings.MacAlgorithm),
        },
        Pvno = Settings.ProtocolVersion,
        Recipient = Settings.Recipient,
        SenderIsReference = Settings.SenderIsReference!.Value,
        NamesNobody = Settings.NamesNobody!.Value,
        ExpectsCaPubs = Settings.ExpectsCaPubs!.Value,
        ImplicitConfirm = Settings.ImplicitConfirm!.Value,
        AllowEncryptedValue = Settings.AllowEncryptedValue!.Value,
        NotifyErrors = Settings.NotifyErrors!.Value,
        CertProfile = Settings.CertificateProfile,
        GeneralInfo = Settings.IdentifySigner!.Value && identity is { Credential: SigningCertificate signer, Protector.Kind: ProtectionKind.Signature }
            ? [.. SignerIdentification.Of(signer.Certificate), .. Settings.GeneralInfo!]
            : Settings.GeneralInfo!,
        ExtraCertificates = Settings.ExtraCertificate!,
        TransactionId = transactionId,
        Trace = trace,
    };

    /// <summary>
    /// Drives a transaction until it ends, asks for a decision, or has to wait longer than there is time for.
    /// Waiting for a ticket of the road and waiting by pollReq are this one loop, under one deadline.
    /// </summary>
    /// <returns>
    /// <see cref="TransactionStep.Decide"/>, <see cref="TransactionStep.Done"/>; <see cref="TransactionStep.Wait"/> where the time is up first, or nobody
    /// is to wait; <see cref="TransactionStep.Send"/> where messages are carried by hand.
    /// </returns>
    /// <exception cref="CmpException">The transaction failed.</exception>
    internal async Task<TransactionStep> DriveAsync(Conversation conversation, TransactionStep step, CancellationToken cancellationToken)
    {
        Transaction transaction = conversation.Transaction;
        bool hasAsked = false;
        while (true)
        {
            conversation.Save(step, Now);
            switch (step)
            {
                case TransactionStep.Send when conversation.IsByHand:
                    return step;
                case TransactionStep.Send send:
                    hasAsked = true;
                    step = await ExchangeAsync(conversation, send, cancellationToken).ConfigureAwait(false);
                    _knownSigner.Value = transaction.KnownSigner ?? _knownSigner.Value;
                    break;
                case TransactionStep.Wait when conversation.IsByHand:
                    step = transaction.Resume(Now);
                    break;
                case TransactionStep.Wait wait:
                    // who is impatient asks once, where it is time to, and waits for nothing
                    if (wait.Until > conversation.Deadline.End || (conversation.IsImpatient && (hasAsked || wait.Until > Now)))
                        return wait;
                    await WaitAsync(conversation, conversation.Ticket is null ? "The server needs time" : "Waiting for the answer", wait, cancellationToken).ConfigureAwait(false);
                    // whoever would be asked now has no time left to answer
                    if (Now >= conversation.Deadline.End)
                        return wait;
                    hasAsked = true;
                    step = conversation.Ticket is { } ticket
                        ? await CollectAsync(conversation, ticket, cancellationToken).ConfigureAwait(false)
                        : transaction.Resume(Now);
                    break;
                case TransactionStep.Failed failed:
                    await NotifyAsync(conversation, failed.Notice, cancellationToken).ConfigureAwait(false);
                    throw failed.Error;
                default:
                    return step;
            }
        }
    }

    private Task<TransactionStep> ExchangeAsync(Conversation conversation, TransactionStep.Send send, CancellationToken cancellationToken)
    {
        string kind = PkiBodyTypeNames.Of(send.Body);
        return TakeAsync(conversation, AskAsync, cancellationToken);

        Task<TransportReply> AskAsync(bool isAgain, CancellationToken token)
        {
            // the same message, with the time of now: who waited may have waited for longer than a server lets clocks differ
            if (isAgain)
                send = (TransactionStep.Send)conversation.Transaction.Continue(Now);
            conversation.Progress?.Report(new CmpProgress($"Sent {kind}, waiting for the answer"));
            conversation.Trace?.Message(TraceDirection.Sent, send.Octets, kind, TimeSpan.Zero);
            conversation.Sent = Now;
            return _transport.ExchangeAsync(conversation.Request(send), token);
        }
    }

    /// <summary>Asks for an answer by the road's ticket. Where the road knows nothing of it any more, the last message is said again, once (rule 50).</summary>
    private async Task<TransactionStep> CollectAsync(Conversation conversation, string ticket, CancellationToken cancellationToken)
    {
        try
        {
            return await TakeAsync(conversation, (_, token) => _transport.CollectAsync(ticket, token), cancellationToken).ConfigureAwait(false);
        }
        catch (CmpException e) when (IsLostTicket(e, conversation))
        {
            conversation.Trace?.Note($"{e.Message} The last message is sent again.");
            conversation.LoseTicket();
            return conversation.Transaction.Continue(Now);
        }
    }

    /// <summary>Asks the road, and where it says that the server is busy once more when it is time to, as long as there is time at all (rule 55).</summary>
    private async Task<TransactionStep> TakeAsync(Conversation conversation, Func<bool, CancellationToken, Task<TransportReply>> ask, CancellationToken cancellationToken)
    {
        Transaction transaction = conversation.Transaction;
        var backoff = new Backoff(_random);
        for (bool isAgain = false; ; isAgain = true)
        {
            using CancellationTokenSource limited = conversation.Deadline.Limit(Now, cancellationToken);
            conversation.Sent ??= Now;
            try
            {
                TransportReply reply = await ask(isAgain, limited.Token).ConfigureAwait(false);
                if (reply is TransportReply.NotYet later)
                {
                    if (conversation.Ticket != later.Ticket && later.Reason is { } reason)
                        conversation.Trace?.Note($"Waiting: {reason}.");
                    conversation.Ticket = later.Ticket;
                    return new TransactionStep.Wait(later.NotBefore, later.Reason);
                }
                // what a busy server sends is an answer only where it is a message
                if (reply is TransportReply.Octets { StatusError: { RetryAfter: not null } busy } claimed && !IsMessage(claimed.Value))
                    throw busy;
                TransactionStep step = reply is TransportReply.Octets octets ? await ReceiveAsync(conversation, octets, limited.Token).ConfigureAwait(false) : transaction.Unanswered(null, Now);
                // an answer that is not taken may be another one's: by the same ticket the right one may come
                if (step is TransactionStep.Failed)
                    return step;
                conversation.Ticket = null;
                if (step is not TransactionStep.Wait wait || reply is not TransportReply.Octets { Next: { } next })
                    return step;
                // it was a part of the answer, and what is waited for comes by a ticket too
                conversation.Ticket = next.Ticket;
                return wait with { Until = next.NotBefore > wait.Until ? next.NotBefore : wait.Until, Reason = wait.Reason ?? next.Reason };
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return transaction.Unanswered(conversation.Deadline.Error(), Now);
            }
            catch (CmpException e) when (!IsLostTicket(e, conversation) && (e.Kind is CmpErrorKind.Transport or CmpErrorKind.Timeout or CmpErrorKind.Protocol or CmpErrorKind.Malformed || e.ErrorId == UnknownTicket))
            {
                // who is impatient waits for nothing
                if (conversation.IsImpatient || conversation.IsProbe || backoff.Next(e, conversation.Deadline.End - Now) is not { } pause)
                    return transaction.Unanswered(e, Now);
                conversation.Trace?.Note($"{e.Message} It is asked again in {pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds.");
                await WaitAsync(conversation, "The server is busy", new TransactionStep.Wait(Now + pause, e.HttpStatus is { } status ? $"HTTP status {status}" : null), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsLostTicket(CmpException error, Conversation conversation) => error.ErrorId == UnknownTicket && !conversation.HasLostTicket;

    /// <summary>Has a transaction take an answer, after CRLs were fetched that its signer is to be checked by, where there are any.</summary>
    internal async Task<TransactionStep> ReceiveAsync(Transaction transaction, ReadOnlyMemory<byte> octets, RoadReport? road, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        while (true)
        {
            TransactionStep step = transaction.Receive(octets, Now, road);
            // an answer that is not taken leaves no trace (rule 34): it can be looked at once more
            if (step is not TransactionStep.Failed { Error: CrlsMissingException missing })
                return step;
            await Crls.FetchAsync(missing.Locations, trace, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TransactionStep> ReceiveAsync(Conversation conversation, TransportReply.Octets reply, CancellationToken cancellationToken)
    {
        Transaction transaction = conversation.Transaction;
        conversation.Trace?.Message(TraceDirection.Received, reply.Value, Describe(reply.Value), Now - conversation.Sent!.Value);
        if (reply.Warning is { } warning)
            transaction.Warn(warning);
        // rule 55: a message counts, whatever the status; of what is no message the status is the error
        var road = new RoadReport { ServerTime = reply.ServerTime, HttpStatus = reply.HttpStatus, StatusError = reply.StatusError, HasMore = reply.Next is not null };
        TransactionStep step = await ReceiveAsync(transaction, reply.Value, road, conversation.Trace, cancellationToken).ConfigureAwait(false);
        if (step is not TransactionStep.Failed && reply.HttpStatus is { } status and not 200)
            transaction.Warn($"The server sent a good answer with HTTP status {status}.");
        else if (step is not TransactionStep.Failed && reply is { HttpStatus: null, StatusError: { } error })
            transaction.Warn($"The server sent a good answer as an error of its transport ({error.ErrorId}).");
        return step;
    }

    private static string Describe(ReadOnlyMemory<byte> octets) => Read(octets)?.ToString() ?? "unreadable";

    private static bool IsMessage(ReadOnlyMemory<byte> octets) => Read(octets) is not null;

    private static PkiMessage? Read(ReadOnlyMemory<byte> octets)
    {
        try
        {
            return PkiMessage.Decode(octets);
        }
        catch (CmpException)
        {
            return null;
        }
    }

    private Task WaitAsync(Conversation conversation, string phase, TransactionStep.Wait wait, CancellationToken cancellationToken) =>
        WaitAsync(conversation.Progress, phase, wait, isForTicket: conversation.Ticket is not null, cancellationToken);

    private async Task WaitAsync(IProgress<CmpProgress>? progress, string phase, TransactionStep.Wait wait, bool isForTicket, CancellationToken cancellationToken)
    {
        TimeSpan rest = wait.Until - Now;
        if (rest < ShortestWait)
            rest = ShortestWait;
        bool isCounted = !isForTicket || rest >= WorthCounting;
        while (rest > TimeSpan.Zero)
        {
            progress?.Report(new CmpProgress(phase, wait.Reason, isCounted ? rest : null));
            TimeSpan slice = rest < TimeSpan.FromSeconds(1) ? rest : TimeSpan.FromSeconds(1);
            await _delay(slice, cancellationToken).ConfigureAwait(false);
            rest = wait.Until - Now < rest - slice ? wait.Until - Now : rest - slice;
        }
    }

    internal Task RecallAsync(Conversation conversation) => RecallAsync(conversation.Ticket, conversation.Trace);

    /// <summary>Takes back what lies on the road still, where nobody will ask for its answer.</summary>
    private async Task RecallAsync(string? ticket, ICmpTrace? trace)
    {
        if (ticket is null || _transport is not IRecallingTransport road)
            return;
        try
        {
            using var limited = new CancellationTokenSource(NoticeTime);
            await road.RecallAsync(ticket, limited.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CmpException or OperationCanceledException)
        {
            trace?.Note($"The message may be carried to the server still: {e.Message}");
        }
    }

    /// <summary>Tells the server why we stop; whether it hears it does not matter.</summary>
    private async Task NotifyAsync(Conversation conversation, TransactionStep.Send? notice, CancellationToken cancellationToken)
    {
        if (notice is null)
            return;
        try
        {
            using CancellationTokenSource limited = conversation.Deadline.Limit(Now, cancellationToken, NoticeTime);
            conversation.Trace?.Message(TraceDirection.Sent, notice.Octets, PkiBodyTypeNames.Of(notice.Body), TimeSpan.Zero);
            await _transport.ExchangeAsync(conversation.Request(notice) with { Last = true }, limited.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CmpException or OperationCanceledException)
        {
            conversation.Trace?.Note($"The server was not told why we stop: {e.Message}");
        }
    }

    /// <summary>What is not there is said at once, not when the first message is made.</summary>
    private void CheckAlgorithms()
    {
        if (Settings.TrustExtraCerts!.FirstOrDefault(hash => !hash.Equals(ServerSettings.FirstUse, StringComparison.OrdinalIgnoreCase) && !IsSha256(hash)) is { } wrong)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.TrustExtraCerts", $"'{PeerText.Escape(wrong, 100)}' is no SHA-256 hash of a certificate.")
            {
                RecommendedAction = "Give 64 hexadecimal digits, or FirstUse.",
            };
        }
        if (Settings.HashAlgorithm is { } digest)
            AlgorithmNames.Digest(digest);
        if (Settings.MacAlgorithm is { } mac)
            AlgorithmNames.Mac(mac);
        if (Settings.Protection?.IsUnderSharedSecret() == true)
            Identity.MacOptions(Settings);
        AgreedProtection.Check(Settings);
    }

    /// <summary>Whether a certificate may come that nobody vouches for but TLS and its issuer (rule 76).</summary>
    private bool TakesUnprotectedAnswers => Settings is { Protection: ProtectionKind.None, AllowUnprotectedAnswers: true };

    /// <summary>Rule 76: nothing is sent where what comes back could be anybody's.</summary>
    private void CheckUnprotectedAnswers(bool isByHand)
    {
        if (!TakesUnprotectedAnswers)
            return;
        if (isByHand || !Roads.SpeaksTls(Settings.Uri))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.UnprotectedAnswers", "Answers without protection are taken over https only: over any other transport anybody could have sent them.")
            {
                RecommendedAction = "Give the server's https address, or protect the messages: -Credential or -ClientCertificate.",
            };
        }
        if (Settings.IssuedTrustAnchor!.Count == 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.UnprotectedAnswers", "Answers without protection are taken only where anchors for issued certificates say whose certificate may come.")
            {
                RecommendedAction = "Give them with -IssuedTrustAnchor.",
            };
        }
    }

    private static bool IsSha256(string text) => text.Length == 64 && text.All(Uri.IsHexDigit);
}
