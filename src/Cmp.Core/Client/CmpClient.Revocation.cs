using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.State;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks the CA to revoke certificates, or to lift their hold, in one message.</summary>
    /// <param name="requests">The certificates; servers of RFC 9483 take one at a time.</param>
    /// <param name="options">How long it may take, and who hears of it. With a <see cref="RequestOptions.Store"/> it outlives this process while the server makes us wait.</param>
    /// <param name="cancellationToken">Ends it; where the server has the request and makes us wait, it stays pending in the store.</param>
    /// <returns>What became of each, in the order of the requests. That the server refuses one is an <see cref="Revocation.Error"/> of that one; status waiting: it is pending.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.Certificate</c>, <c>CmpArgument.SerialNumber</c>, <c>CmpArgument.RevocationReason</c>, <c>CmpArgument.NoCredential</c>, <c>CmpKey.…</c>: nothing was sent;
    /// <c>CmpServer.…</c>: the server refused the message as a whole; <c>CmpTransaction.RevCerts</c>: its answer is about something else;
    /// <c>CmpTransaction.StillWaiting</c>: it makes us wait, and there is no store.
    /// </exception>
    public async Task<IReadOnlyList<Revocation>> RevokeAsync(IReadOnlyList<RevocationRequest> requests, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RequestOptions();
        RevReqContent body = RevocationBuilder.Build(requests, Settings);
        if (SettingsOfSigner(requests) is not { } signing)
            return await RevokeAsync(requests, body, options, cancellationToken).ConfigureAwait(false);
        using CmpClient signer = WithSettings(signing);
        return await signer.RevokeAsync(requests, body, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rule 17: the certificate that is revoked signs, where its key is here and the user says nothing else. One message has one signer.</summary>
    private ServerSettings? SettingsOfSigner(IReadOnlyList<RevocationRequest> requests)
    {
        if (Settings.Protection is not (null or ProtectionKind.Signature) || requests.Count != 1)
            return null;
        RevocationRequest request = requests[0];
        if (request.Signer is not { } signer || (request.SignerKey is null && !signer.HasPrivateKey))
            return null;
        return Said with
        {
            Protection = ProtectionKind.Signature,
            Secret = null,
            SecretReference = null,
            ClientCertificate = signer,
            ClientCertificateReference = null,
            ClientKey = request.SignerKey,
            ClientKeyPath = request.SignerKeyPath,
            ClientKeyPassword = null,
            ClientChain = request.SignerChain,
        };
    }

    private async Task<IReadOnlyList<Revocation>> RevokeAsync(IReadOnlyList<RevocationRequest> requests, RevReqContent body, RequestOptions options, CancellationToken cancellationToken)
    {
        // of secret and certificate the certificate signs, as a registration authority does (RFC 9483 5.3.2)
        Identity identity = _signer.Value;
        RequestBuilder.EnsureTaken(PkiBodyType.Rr, Settings, identity.Credential);
        ReadOnlyMemory<byte> id = options.TransactionId ?? Secrets.Random(16);
        List<Certificate> certificates = [.. requests.Select(request => request.Certificate).OfType<Certificate>()];
        using var transaction = new RevocationTransaction(TransactionSettings(identity, id, options.Trace), body, certificates);
        TransactionStep first = transaction.Start(Now);
        string name = Hex.Of(id.Span);
        using StateLock? held = options.Store?.Lock(name);
        var pending = new PendingRequest
        {
            Id = name,
            Subjects = [.. requests.Select(request => PeerText.Escape(RevocationBuilder.Describe(request)))],
            Begun = Now,
            Server = Said,
            Certificates = certificates,
        };
        if (options.Store?.Has(name) == true)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.TransactionId", $"There is a pending transaction {name} already.") { RecommendedAction = "Go on with it by Wait-CmpTransaction, or leave -TransactionId out." };
        return await RunAsync(transaction, first, pending, options.Store, options, isResumed: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Goes on where another process stopped; the caller holds the lock.</summary>
    internal async Task<IReadOnlyList<Revocation>> ResumeRevocationAsync(PendingRequestStore store, PendingRequest pending, ResumeOptions options, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        TransactionState state = pending.State!;
        // where all is said, the certificate that signed may be gone
        Identity identity = state.Phase == TransactionPhase.Ended ? Identity.Nobody : _signer.Value;
        using var transaction = new RevocationTransaction(TransactionSettings(identity, null, options.Trace), state, pending.Certificates);
        TransactionStep step = pending.WaitAsOf(Now) ?? transaction.Continue(Now);
        var request = new RequestOptions { Timeout = timeout, IsImpatient = options.IsImpatient, Trace = options.Trace, Progress = options.Progress };
        return await RunAsync(transaction, step, pending, store, request, isResumed: true, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Drives it to its end. It is on the disk before the first octet leaves, and stays there while the server has it and makes us wait, or where it was
    /// taken up from there and nobody vouches for what ended it.
    /// </summary>
    private async Task<IReadOnlyList<Revocation>> RunAsync(RevocationTransaction transaction, TransactionStep step, PendingRequest pending, PendingRequestStore? store, RequestOptions options, bool isResumed, CancellationToken cancellationToken)
    {
        var conversation = new Conversation(transaction, CmpOperation.Revocation)
        {
            Deadline = Deadline.After(Now, options.Timeout ?? Settings.Timeout!.Value),
            Progress = options.Progress,
            Trace = options.Trace,
            IsImpatient = options.IsImpatient,
            Ticket = pending.Ticket,
            Keep = Keep,
        };
        try
        {
            TransactionStep end = await DriveAsync(conversation, step, cancellationToken).ConfigureAwait(false);
            if (end is TransactionStep.Wait wait)
                return store is null ? throw StillWaiting(conversation, wait) : Waiting(transaction, wait);
        }
        catch
        {
            if (store is null)
                await RecallAsync(conversation).ConfigureAwait(false);
            bool stays = !transaction.IsOver && (isResumed || transaction.IsWaitedFor || conversation.Ticket is not null);
            if (!stays)
                Forget();
            throw;
        }
        IReadOnlyList<Revocation> revocations = Results(transaction);
        Forget();
        return revocations;

        void Keep(TransactionStep next, string? ticket)
        {
            if (store is null)
                return;
            bool isFirst = pending.State is null;
            pending = pending.After(next, transaction.Capture(), ticket, Now);
            try
            {
                store.Save(pending, durable: isFirst);
            }
            catch (CmpException e) when (!isFirst)
            {
                options.Trace?.Warning($"Where the transaction {pending.Id} stands could not be saved: {e.Message}");
            }
        }

        void Forget()
        {
            try
            {
                store?.Forget(pending.Id);
            }
            catch (CmpException e)
            {
                options.Trace?.Warning($"What was kept of the transaction {pending.Id} could not be removed: {e.Message}");
            }
        }
    }

    private List<Revocation> Results(RevocationTransaction transaction)
    {
        List<Crl> crls = [.. transaction.Crls.Select(crl => Judge(crl, transaction.SeenCertificates))];
        var revocations = new List<Revocation>(transaction.Statuses.Count);
        for (int i = 0; i < transaction.Statuses.Count; i++)
        {
            Revocation one = Describe(transaction, i, transaction.Statuses[i].Status);
            revocations.Add(one with { Error = transaction.Errors[i], Crl = crls.Find(crl => IsOf(crl, one.Issuer)) });
        }
        return revocations;

        static bool IsOf(Crl crl, Name? issuer)
        {
            try
            {
                return issuer is null || crl.Issuer.IsSameAs(issuer);
            }
            catch (CmpException)
            {
                return false; // it does not decode
            }
        }
    }

    private static List<Revocation> Waiting(RevocationTransaction transaction, TransactionStep.Wait wait) =>
        [.. Enumerable.Range(0, ((RevReqContent)transaction.Request).Details.Count).Select(index => Describe(transaction, index, PkiStatus.Waiting) with { WaitingUntil = wait.Until })];

    private static Revocation Describe(RevocationTransaction transaction, int index, PkiStatus status)
    {
        RevDetails details = ((RevReqContent)transaction.Request).Details[index];
        CertTemplate asked = details.CertDetails;
        Certificate? certificate = transaction.CertificateOf(index);
        return new Revocation
        {
            Certificate = certificate,
            Issuer = asked.Issuer ?? certificate?.Issuer,
            SerialNumber = Revocation.Text(asked.SerialNumber ?? certificate?.SerialNumber),
            Subject = certificate?.Subject ?? asked.Subject,
            Reason = details.Reason,
            Status = status,
            TransactionId = Hex.Of(transaction.TransactionId.Span),
        };
    }

    private static CmpException StillWaiting(Conversation conversation, TransactionStep.Wait wait) => StillWaiting(conversation.Ticket, wait);

    private static CmpException StillWaiting(string? ticket, TransactionStep.Wait wait, string? advice = null) => new(CmpErrorKind.Timeout, "CmpTransaction.StillWaiting", ticket is null
        ? $"The server wants to be asked again at {wait.Until:u}, and not before.{(wait.Reason is null ? string.Empty : $" It says: \"{wait.Reason}\".")}"
        : $"No answer has come, and the time is up{(wait.Reason is null ? "." : $": {wait.Reason}.")}")
    {
        RecommendedAction = advice ?? "Give it more time with -TimeoutSec, or ask anew later.",
    };
}
