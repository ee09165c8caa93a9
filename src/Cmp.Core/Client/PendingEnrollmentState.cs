using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.State;
using Cmp.Stores;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>A <see cref="PendingEnrollment"/> as it stands in its file, and back.</summary>
internal static class PendingEnrollmentState
{
    /// <summary>What is said of a server does not change from step to step, and finding out where its certificates are kept takes time.</summary>
    private static readonly ConditionalWeakTable<ServerSettings, StateObject> Servers = new();

    /// <summary>Writes it; a request that carries a secret goes elsewhere.</summary>
    internal static StateObject Write(PendingEnrollment pending)
    {
        var state = new StateObject();
        state.Set("operation", pending.Operation.ToString());
        state.Set("begun", pending.Begun);
        state.Set("process", pending.Process);
        Flag("explicitConfirm", pending.ExplicitConfirm);
        Flag("approve", pending.IsToBeApproved);
        Flag("offline", pending.IsOffline);
        Flag("inDoubt", pending.IsInDoubt);
        Flag("secretRequest", pending.IsRequestSecret);
        state.Set("waitSince", pending.WaitSince);
        state.Set("waitUntil", pending.WaitUntil);
        state.Set("waitReason", pending.WaitReason);
        state.Set("ticket", pending.Ticket);
        state.Set("certificates", pending.Items.Select(Write));
        if (pending.State is { } transaction)
            state.Set("transaction", Write(transaction, withRequest: !pending.IsRequestSecret));
        state.Set("server", Servers.GetValue(pending.Server, SettingsState.Write));
        return state;

        void Flag(string name, bool value) => state.Set(name, value ? true : null);
    }

    /// <summary>Reads it.</summary>
    /// <param name="id">The transactionID.</param>
    /// <param name="state">What stands in its file.</param>
    /// <param name="request">Gives the request where it is elsewhere.</param>
    internal static PendingEnrollment Read(string id, StateObject state, Func<string, byte[]> request) => new()
    {
        Id = id,
        Operation = state.Word<EnrollmentOperation>("operation") ?? throw new FormatException("'operation' is missing."),
        Items = ReadItems(state),
        Begun = state.Time("begun") ?? throw new FormatException("'begun' is missing."),
        Process = state.Text("process"),
        ExplicitConfirm = state.Flag("explicitConfirm") ?? false,
        IsToBeApproved = state.Flag("approve") ?? false,
        IsOffline = state.Flag("offline") ?? false,
        IsInDoubt = state.Flag("inDoubt") ?? false,
        IsRequestSecret = state.Flag("secretRequest") ?? false,
        WaitSince = state.Time("waitSince"),
        WaitUntil = state.Time("waitUntil"),
        WaitReason = state.Text("waitReason"),
        Ticket = state.Text("ticket"),
        State = state.Object("transaction") is { } transaction ? ReadTransaction(transaction, () => request(id)) : null,
        Server = SettingsState.Read(state.Object("server") ?? throw new FormatException("'server' is missing.")),
    };

    private static StateObject Write(PendingCertificate item)
    {
        var state = new StateObject();
        state.Set("subject", item.Subject);
        state.Set("requestedSubject", item.RequestedSubject);
        state.Set("requestedDnsNames", item.RequestedDnsNames);
        state.Set("keyAlgorithm", item.KeyAlgorithm);
        state.Set("friendlyName", item.FriendlyName);
        state.Set("renewBefore", item.RenewBefore?.ToString());
        state.Set("enrolment", item.Name);
        state.Set("key", item.Key.ToString());
        state.Set("keyPath", item.KeyPath);
        state.Set("keyReference", item.KeyReference?.Text);
        state.Set("keyProvider", item.KeyProvider);
        state.Set("keyReaders", item.PrivateKeyReaders.Count > 0 ? item.PrivateKeyReaders : null);
        state.Set("keyExportable", item.IsKeyExportable ? true : null);
        state.Set("destination", DestinationState.Write(item.Destination));
        if (item.OldCertificate is { } old)
        {
            state.Set("oldCertificate", old.Write());
            state.Set("oldCertificateAction", item.OldCertificateAction.ToString());
            state.Set("anew", item.IsAnew ? true : null);
        }
        state.Set("archiveKey", item.ArchiveKey ? true : null);
        state.Set("hasEnded", item.HasEnded ? true : null);
        return state;
    }

    private static List<PendingCertificate> ReadItems(StateObject state)
    {
        List<PendingCertificate> items = (state.Objects("certificates") ?? []).Select(ReadItem).ToList();
        return items.Count > 0 ? items : throw new FormatException("'certificates' is missing.");
    }

    private static PendingCertificate ReadItem(StateObject state) => new()
    {
        Subject = state.Require("subject"),
        RequestedSubject = state.Text("requestedSubject"),
        RequestedDnsNames = state.Texts("requestedDnsNames"),
        KeyAlgorithm = state.Text("keyAlgorithm"),
        FriendlyName = state.Text("friendlyName"),
        RenewBefore = state.Text("renewBefore") is { } window ? RenewalWindow.Parse(window) : null,
        Name = state.Text("enrolment"),
        Key = state.Word<PendingKey>("key") ?? PendingKey.None,
        KeyPath = state.Text("keyPath"),
        KeyReference = state.Text("keyReference") is { } reference ? KeyReference.Parse(reference) : null,
        KeyProvider = state.Text("keyProvider"),
        PrivateKeyReaders = state.Texts("keyReaders") ?? [],
        IsKeyExportable = state.Flag("keyExportable") ?? false,
        Destination = DestinationState.Read(state.Object("destination") ?? throw new FormatException("'destination' is missing.")),
        OldCertificate = state.Object("oldCertificate") is { } old ? CertificateReference.Read(old) : null,
        OldCertificateAction = state.Word<OldCertificateAction>("oldCertificateAction") ?? OldCertificateAction.Keep,
        IsAnew = state.Flag("anew") ?? false,
        ArchiveKey = state.Flag("archiveKey") ?? false,
        HasEnded = state.Flag("hasEnded") ?? false,
    };

    internal static StateObject Write(TransactionState transaction, bool withRequest)
    {
        var state = new StateObject();
        state.Set("phase", transaction.Phase.ToString());
        if (withRequest)
            state.Set("request", transaction.Request);
        if (!transaction.LastMessage.Span.SequenceEqual(transaction.Request.Span))
            state.Set("lastMessage", transaction.LastMessage);
        state.Set("messageNumber", transaction.MessageNumber);
        state.Set("kemCiphertext", transaction.KemCiphertext);
        state.Set("peerNonce", transaction.PeerNonce);
        state.Set("peer", transaction.Peer?.Encoded);
        state.Set("delayedNonce", transaction.DelayedNonce);
        state.Set("proofNonce", transaction.ProofNonce);
        if (transaction.PollIds.Count > 0)
            state.Set("pollIds", transaction.PollIds.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        state.Set("answerProtection", transaction.AnswerProtection?.ToString());
        if (transaction.Signer is { } signer)
        {
            state.Set("signer", signer.Certificate.Encoded);
            state.Set("signerValidUntil", signer.ValidUntil);
        }
        if (transaction.SeenCertificates.Count > 0)
            state.Set("certificates", transaction.SeenCertificates.Select(certificate => certificate.Encoded));
        if (transaction.Answers.Count > 0)
            state.Set("answers", transaction.Answers);
        state.Set("requests", transaction.Requests.Select(Write));
        return state;
    }

    private static StateObject Write(RequestState request)
    {
        var state = new StateObject();
        state.Set("phase", request.Phase.ToString());
        state.Set("refusal", request.Refusal);
        state.Set("refusalErrorId", request.RefusalErrorId);
        state.Set("confirmed", request.Confirmed ? true : null);
        return state;
    }

    internal static TransactionState ReadTransaction(StateObject state, Func<byte[]> elsewhere)
    {
        ReadOnlyMemory<byte> request = state.Octets("request") ?? elsewhere();
        return new TransactionState
        {
            Phase = state.Word<TransactionPhase>("phase") ?? throw new FormatException("'phase' is missing."),
            Request = request,
            LastMessage = state.Octets("lastMessage") ?? request,
            MessageNumber = state.Number("messageNumber") is not { } number ? null
                : number is > 0 and < int.MaxValue ? (int)number : throw new FormatException("'messageNumber' is no number of a message."),
            KemCiphertext = Octets("kemCiphertext"),
            PeerNonce = Octets("peerNonce"),
            Peer = state.Octets("peer") is { } peer ? GeneralName.Decode(peer) : null,
            DelayedNonce = Octets("delayedNonce"),
            ProofNonce = Octets("proofNonce"),
            PollIds = [.. (state.Texts("pollIds") ?? []).Select(ReadId)],
            AnswerProtection = state.Word<ProtectionKind>("answerProtection"),
            Signer = state.Octets("signer") is { } signer ? new ValidatedSigner(Certificate.Decode(signer), state.Time("signerValidUntil") ?? DateTimeOffset.MinValue) : null,
            SeenCertificates = [.. (state.OctetsList("certificates") ?? []).Select(octets => Certificate.Decode(octets))],
            Answers = [.. (state.OctetsList("answers") ?? []).Select(octets => (ReadOnlyMemory<byte>)octets)],
            Requests = [.. (state.Objects("requests") ?? throw new FormatException("'requests' is missing.")).Select(ReadRequest)],
        };

        static int ReadId(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id) ? id : throw new FormatException("'pollIds' holds something else than numbers.");

        static RequestState ReadRequest(StateObject one) => new(one.Word<RequestPhase>("phase") ?? throw new FormatException("'phase' of a request is missing."))
        {
            Refusal = one.Text("refusal"),
            RefusalErrorId = one.Text("refusalErrorId"),
            Confirmed = one.Flag("confirmed") ?? false,
        };

        ReadOnlyMemory<byte>? Octets(string name) => state.Octets(name) is { } octets ? (ReadOnlyMemory<byte>?)octets : null;
    }
}
