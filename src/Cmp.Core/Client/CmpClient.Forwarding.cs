using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Protection;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Sends on a message of somebody else under our protection (RFC 9483 5.2), and waits for its answer, which is his: its octets are given as they came.</summary>
    /// <param name="octets">The DER of the message.</param>
    /// <param name="forwarding">What is done with it before.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How far it came, and what came back.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Forwarding</c>, <c>CmpArgument.NoCredential</c>, <c>CmpKey.…</c>; <c>CmpProtection.…</c>, <c>CmpTrust.…</c>, <c>CmpPossession.…</c>: the message is none that
    /// we can vouch for. Nothing was sent. <c>CmpTransaction.TransactionId</c>, <c>CmpTransaction.RecipNonce</c>, <c>CmpTransaction.UnexpectedBody</c>: what came back is no answer to it; what the road says.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Delivery> ForwardAsync(ReadOnlyMemory<byte> octets, ForwardingOptions forwarding, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RequestOptions();
        var message = PkiMessage.Decode(octets);
        TransactionSettings settings = TransactionSettings(ForwardingIdentity, null, options.Trace);
        ForwardedMessage forwarded = await ForwardedAsync(message, forwarding, settings, options.Trace, cancellationToken).ConfigureAwait(false);
        Sending sending = Prepare(forwarded.Outgoing, isAnswerDue: message.Body.Type != PkiBodyType.Pkiconf, options);
        Delivery delivery = await DeliverAsync(sending, cancellationToken).ConfigureAwait(false) with { Message = message, Requester = forwarded.Name };
        return delivery.Answer is { } answer ? await JudgedAsync(delivery, forwarded, answer, settings, options.Trace, cancellationToken).ConfigureAwait(false) : delivery;
    }

    /// <summary>Sends on messages of others in one, and gives each its own answer (RFC 9483 5.2.2.2). Where the batch as a whole fails, each of them does.</summary>
    /// <param name="messages">The messages, at most <see cref="BatchTransaction.MaxMessages"/>, no two of one transaction.</param>
    /// <param name="options">How long it may take, and who hears of it. Who is impatient hears no answer that is not there at once, and of that batch no other.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<IReadOnlyList<ForwardingOutcome>> ForwardAllAsync(
        IReadOnlyList<MessageToForward> messages,
        RequestOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RequestOptions();
        var outcomes = new ForwardingOutcome?[messages.Count];
        var places = new List<int>();
        var batch = new List<ForwardedMessage>();
        try
        {
            TransactionSettings settings = TransactionSettings(ForwardingIdentity, options.TransactionId, options.Trace);
            for (int i = 0; i < messages.Count; i++)
            {
                try
                {
                    batch.Add(await ForwardedAsync(PkiMessage.Decode(messages[i].Octets), messages[i].Forwarding, settings, options.Trace, cancellationToken).ConfigureAwait(false));
                    places.Add(i);
                }
                catch (CmpException e)
                {
                    outcomes[i] = new ForwardingOutcome(null, e);
                }
            }
            if (batch.Count > 0)
            {
                IReadOnlyList<ForwardingOutcome> sent = await ForwardAllAsync(batch, settings, options, cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < sent.Count; i++)
                    outcomes[places[i]] = sent[i];
            }
        }
        catch (CmpException e)
        {
            // RFC 9483 3.6.3: what happens to the batch happens to all that is in it
            for (int i = 0; i < outcomes.Length; i++)
                outcomes[i] ??= new ForwardingOutcome(null, e);
        }
        return [.. outcomes.Select(outcome => outcome!)];
    }

    /// <summary>Who forwards signs where he can: RFC 9483 5.2.2.</summary>
    private Identity ForwardingIdentity => _signer.Value;

    private async Task<IReadOnlyList<ForwardingOutcome>> ForwardAllAsync(IReadOnlyList<ForwardedMessage> batch, TransactionSettings settings, RequestOptions options, CancellationToken cancellationToken)
    {
        if (settings.Protector.Kind == ProtectionKind.None)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Forwarding", "A batch is protected by a signature, or by a MAC under a secret that the CA knows.")
            {
                RecommendedAction = "Give -ClientCertificate, or -Credential, and no other -Protection.",
            };
        }
        using var transaction = new BatchTransaction(settings, [.. batch.Select(one => one.Outgoing)]);
        var conversation = new Conversation(transaction, CmpOperation.Nested)
        {
            Deadline = Deadline.After(Now, options.Timeout ?? Settings.Timeout!.Value),
            Progress = options.Progress,
            Trace = options.Trace,
            IsImpatient = options.IsImpatient,
        };
        bool hasEnded = false;
        try
        {
            TransactionStep end = await DriveAsync(conversation, transaction.Start(Now), cancellationToken).ConfigureAwait(false);
            hasEnded = end is not TransactionStep.Wait || options.IsImpatient;
            if (end is TransactionStep.Wait wait)
            {
                if (!options.IsImpatient)
                    throw StillWaiting(conversation, wait);
                DeliveryStatus status = IsCarried ? DeliveryStatus.Sent : DeliveryStatus.Accepted;
                return [.. batch.Select(one => new ForwardingOutcome(new Delivery { Message = one.Original, Requester = one.Name, Status = status, Attempts = 1 }, null))];
            }
        }
        finally
        {
            if (!hasEnded)
                await RecallAsync(conversation).ConfigureAwait(false);
        }
        var outcomes = new List<ForwardingOutcome>(batch.Count);
        for (int i = 0; i < batch.Count; i++)
            outcomes.Add(transaction.Answers[i] is { } answer ? await AnsweredAsync(batch[i], answer, settings, options.Trace, cancellationToken).ConfigureAwait(false) : new ForwardingOutcome(null, Unanswered(batch[i].Original)));
        return outcomes;
    }

    private async Task<ForwardingOutcome> AnsweredAsync(ForwardedMessage one, PkiMessage answer, TransactionSettings settings, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        var delivery = new Delivery { Message = one.Original, Requester = one.Name, Status = DeliveryStatus.Answered, Attempts = 1, Answer = answer.Encoded.ToArray() };
        try
        {
            return new ForwardingOutcome(await JudgedAsync(delivery, one, answer.Encoded, settings, trace, cancellationToken).ConfigureAwait(false), null);
        }
        catch (CmpException e)
        {
            return new ForwardingOutcome(null, e);
        }
    }

    /// <summary>RFC 9483 5.2.2.2: of what the answer to a batch leaves out the server says by that that it is not available for it.</summary>
    private static CmpServerException Unanswered(PkiMessage message)
    {
        PkiStatusInfo status = PkiStatusInfo.Rejection(FailInfo.SystemUnavail);
        string id = Hex.Of(message.Header.TransactionId!.Value.Span);
        return new CmpServerException(CmpErrorKind.Server, "CmpServer.systemUnavail", $"The server answered the batch, and left out the {PkiBodyTypeNames.Of(message.Body.Type)} of the transaction {id}.", status, isAuthenticated: true)
        {
            RecommendedAction = "Send the same message again: a server that has heard it knows it.",
        };
    }

    /// <summary>Finds out who made a message, where anything says how, and makes of it what goes out.</summary>
    private async Task<ForwardedMessage> ForwardedAsync(PkiMessage message, ForwardingOptions forwarding, TransactionSettings settings, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        if (forwarding.ReplacesProtection && !forwarding.KnowsRequesters && !forwarding.AllowsUnverified)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Forwarding", "Protection is replaced only where the one that is there was verified (RFC 9483 5.2.3), and nothing says how.")
            {
                RecommendedAction = "Give the requesters' secrets with -OriginalCredential, or who vouches for their certificates with -OriginalTrustAnchor.",
            };
        }
        var forwarder = new Forwarder(settings);
        List<SharedSecret> secrets = [];
        try
        {
            secrets.AddRange(forwarding.OriginalSecrets.Select(secret => secret.Open()));
            VerifiedRequester? requester = forwarding.KnowsRequesters ? await RequesterAsync(message, forwarding, secrets, settings, trace, cancellationToken).ConfigureAwait(false) : null;
            if (forwarding.ReplacesProtection)
            {
                PkiMessage replaced = forwarder.ReplaceProtection(message, requester, forwarding.RaVerified, forwarding.IncludesOriginal, Now);
                if (!forwarding.RaVerified && !forwarding.IncludesOriginal && Forwarder.LosesBinding(message.Body))
                    trace?.Warning("The proof of possession is bound to the protection that was replaced, and the server may refuse it: -RaVerified says that it was checked here, -IncludeOriginal shows the message as it was.");
                return new ForwardedMessage(message, replaced, requester, IsOurs: true);
            }
            return new ForwardedMessage(message, forwarding.AddsProtection ? forwarder.AddProtection(message, Now) : message, requester, IsOurs: false);
        }
        finally
        {
            secrets.ForEach(secret => secret.Dispose());
        }
    }

    private async Task<VerifiedRequester?> RequesterAsync(PkiMessage message, ForwardingOptions forwarding, IReadOnlyList<SharedSecret> secrets, TransactionSettings settings, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        var verifier = new RequesterVerifier(new RequesterTrust
        {
            Secrets = secrets,
            Anchors = forwarding.OriginalAnchors,
            Untrusted = settings.Trust.Untrusted,
            Crls = settings.Trust.Crls,
            AllowPbmSha1 = settings.Trust.AllowPbmSha1,
            Limits = settings.Trust.Limits,
        });
        while (true)
        {
            try
            {
                return verifier.Verify(message, Now);
            }
            catch (CrlsMissingException missing)
            {
                await Crls.FetchAsync(missing.Locations, trace, cancellationToken).ConfigureAwait(false);
            }
            catch (CmpException e) when (forwarding.AllowsUnverified)
            {
                trace?.Warning($"{e.Message} It is sent on all the same.");
                return null;
            }
        }
    }

    /// <summary>Tells what is known of an answer; of what does not belong to the message nothing is given.</summary>
    private async Task<Delivery> JudgedAsync(Delivery delivery, ForwardedMessage forwarded, ReadOnlyMemory<byte> octets, TransactionSettings settings, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        var forwarder = new Forwarder(settings);
        while (true)
        {
            try
            {
                ForwardedAnswer answer = forwarder.Judge(forwarded.Original, forwarded.Requester?.Certificate, octets, forwarded.IsOurs, Now);
                if (answer.IsVerified == false)
                    trace?.Warning($"Nobody vouches for the {PkiBodyTypeNames.Of(answer.Message.Body.Type)} that came in answer to the {PkiBodyTypeNames.Of(forwarded.Original.Body.Type)}. {answer.Remark}");
                return delivery with { IsAnswerVerified = answer.IsVerified, AnswerRemark = answer.Remark };
            }
            catch (CrlsMissingException missing)
            {
                await Crls.FetchAsync(missing.Locations, trace, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
