using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>A transaction and its certificates as a file says them; there is no secret in it: a request that is held, and may hold some, lies beside it.</summary>
internal static class TransactionFile
{
    internal static StateObject Write(ServerTransaction transaction)
    {
        var state = new StateObject();
        state.Set("id", transaction.Id);
        state.Set("number", transaction.Number);
        state.Set("requester", Write(transaction.Requester));
        state.Set("request", transaction.Request.ToString());
        state.Set("phase", transaction.State.ToString());
        state.Set("keptUntil", transaction.KeptUntil);
        state.Set("asksImplicitConfirm", transaction.AsksImplicitConfirm);
        state.Set("isConfirmed", transaction.IsConfirmed);
        state.Set("confirmDeadline", transaction.ConfirmDeadline);
        state.Set("delayed", transaction.Delayed?.Encoded);
        state.Set("delayedNonce", transaction.DelayedNonce);
        state.Set("late", transaction.Late?.Encoded);
        state.Set("lateNonce", transaction.LateNonce);
        state.Set("pollIds", transaction.PollIds.Select(id => id.ToString(CultureInfo.InvariantCulture)));
        state.Set("pollsLeft", transaction.PollsLeft);
        state.Set("nextPoll", transaction.NextPoll);
        state.Set("unconfirmed", transaction.Unconfirmed.Select(Write));
        if (transaction.LateCertificates.Count > 0)
            state.Set("lateCertificates", transaction.LateCertificates.Select(Write));
        if (transaction.Challenge is { } challenge)
        {
            state.Set("challengeDeadline", challenge.Deadline);
            state.Set("challenges", challenge.Digests.Select(pair =>
            {
                var one = new StateObject();
                one.Set("certReqId", pair.Key);
                one.Set("digest", pair.Value);
                return one;
            }));
        }
        state.Set("certificates", transaction.Registered.Select(WriteCertificate));
        if (transaction.Changes.Count > 0)
            state.Set("changes", transaction.Changes.Select(Write));
        state.Set("last", Write(transaction.Last!));
        return state;
    }

    /// <exception cref="FormatException">Something is missing, or of another kind.</exception>
    /// <param name="state">What the file says.</param>
    /// <param name="readRequest">Reads the request that is held where a challenge is open.</param>
    internal static ServerTransaction Read(StateObject state, Func<PkiMessage> readRequest)
    {
        RememberedAnswer last = ReadAnswer(state.Object("last") ?? throw Missing("last"));
        var transaction = new ServerTransaction(Octets(state, "id"), Number(state, "number"), ReadRequester(state.Object("requester") ?? throw Missing("requester")), Word<PkiBodyType>(state, "request"), last.To)
        {
            Last = last,
            State = Word<ServerTransaction.Phase>(state, "phase"),
            KeptUntil = Time(state, "keptUntil"),
            AsksImplicitConfirm = state.Flag("asksImplicitConfirm") ?? throw Missing("asksImplicitConfirm"),
            IsConfirmed = state.Flag("isConfirmed") ?? throw Missing("isConfirmed"),
            ConfirmDeadline = state.Time("confirmDeadline"),
            Delayed = state.Octets("delayed") is { } delayed ? Asn1Reader.Decode(delayed, null, PkiBody.Read) : null,
            DelayedNonce = Optional(state.Octets("delayedNonce")),
            Late = state.Octets("late") is { } late ? Asn1Reader.Decode(late, null, PkiBody.Read) as CertRepMessage ?? throw Missing("late") : null,
            LateNonce = Optional(state.Octets("lateNonce")),
            PollIds = (state.Texts("pollIds") ?? throw Missing("pollIds")).Select(ReadId).ToList(),
            PollsLeft = (int)Number(state, "pollsLeft"),
            NextPoll = Time(state, "nextPoll"),
        };
        ReadUnconfirmed(state.Objects("unconfirmed") ?? throw Missing("unconfirmed"), transaction.Unconfirmed);
        ReadUnconfirmed(state.Objects("lateCertificates") ?? [], transaction.LateCertificates);
        if (transaction.State == ServerTransaction.Phase.Challenged)
        {
            transaction.Challenge = new HeldChallenge(
                readRequest(),
                (state.Objects("challenges") ?? throw Missing("challenges")).Select(one => new KeyValuePair<int, ReadOnlyMemory<byte>>((int)Number(one, "certReqId"), Octets(one, "digest"))).ToList(),
                Time(state, "challengeDeadline"));
        }
        transaction.Registered.AddRange((state.Objects("certificates") ?? throw Missing("certificates")).Select(ReadCertificate));
        transaction.Changes.AddRange((state.Objects("changes") ?? []).Select(ReadChange));
        if (transaction.State == ServerTransaction.Phase.Waiting && transaction.Delayed is null)
            throw Missing("delayed");
        return transaction;
    }

    internal static StateObject WriteCertificate(RegisteredCertificate entry)
    {
        var state = new StateObject();
        state.Set("number", entry.Number);
        state.Set("certificate", entry.Certificate.Encoded);
        state.Set("deadline", entry.Deadline);
        state.Set("isDiscarded", entry.IsDiscarded);
        Set(state, "isUnproven", entry.IsUnproven);
        Set(state, "isUnpublished", entry.IsUnpublished);
        Write(state, entry.Revocation);
        return state;
    }

    /// <exception cref="FormatException">Something is missing, or of another kind.</exception>
    internal static RegisteredCertificate ReadCertificate(StateObject state)
    {
        Certificate certificate = Certificate.Decode(Octets(state, "certificate"));
        _ = certificate.SerialNumber; // what is read when it is first asked for is read now
        return new RegisteredCertificate(certificate, Number(state, "number"))
        {
            Deadline = state.Time("deadline"),
            IsDiscarded = state.Flag("isDiscarded") ?? throw Missing("isDiscarded"),
            IsUnproven = state.Flag("isUnproven") == true,
            IsUnpublished = state.Flag("isUnpublished") == true,
            Revocation = ReadRevocation(state),
        };
    }

    private static StateObject Write(KeyValuePair<int, UnconfirmedCertificate> pair)
    {
        var state = new StateObject();
        state.Set("certReqId", pair.Key);
        state.Set("certificate", pair.Value.Certificate.Encoded);
        Set(state, "isUnproven", pair.Value.IsUnproven);
        Set(state, "isUnpublished", pair.Value.IsUnpublished);
        return state;
    }

    private static void ReadUnconfirmed(IEnumerable<StateObject> states, Dictionary<int, UnconfirmedCertificate> certificates)
    {
        foreach (StateObject one in states)
        {
            certificates.Add((int)Number(one, "certReqId"), new UnconfirmedCertificate(Certificate.Decode(Octets(one, "certificate")))
            {
                IsUnproven = one.Flag("isUnproven") == true,
                IsUnpublished = one.Flag("isUnpublished") == true,
            });
        }
    }

    /// <summary>What is seldom true is there only then.</summary>
    private static void Set(StateObject state, string name, bool value)
    {
        if (value)
            state.Set(name, value);
    }

    private static StateObject Write(StatusChange change)
    {
        var state = new StateObject();
        state.Set("serialNumber", change.SerialNumber);
        state.Set("at", change.At);
        Write(state, change.Revocation);
        return state;
    }

    private static StatusChange ReadChange(StateObject state) => new(Octets(state, "serialNumber"), ReadRevocation(state), state.Time("at"));

    private static void Write(StateObject state, CertificateRevocation? revocation)
    {
        state.Set("revokedAt", revocation?.At);
        state.Set("revocationReason", revocation?.Reason?.ToString());
        state.Set("invalidityDate", revocation?.InvalidityDate);
    }

    private static CertificateRevocation? ReadRevocation(StateObject state) =>
        state.Time("revokedAt") is { } at ? new CertificateRevocation(at, state.Word<RevocationReason>("revocationReason"), state.Time("invalidityDate")) : null;

    private static StateObject Write(Requester requester)
    {
        var state = new StateObject();
        state.Set("kind", requester.Kind.ToString());
        state.Set("certificate", requester.Certificate?.Encoded);
        state.Set("isOurs", requester.IsOurs);
        state.Set("isRegistrationAuthority", requester.IsRegistrationAuthority);
        switch (requester.Mac)
        {
            case PbmOptions pbm:
                state.Set("owf", pbm.Owf);
                state.Set("mac", pbm.Mac);
                state.Set("iterations", pbm.Iterations);
                break;
            case Pbmac1Options pbmac1:
                state.Set("prf", pbmac1.Prf);
                state.Set("mac", pbmac1.Mac);
                state.Set("iterations", pbmac1.Iterations);
                break;
            case BareMacOptions bare:
                state.Set("mac", bare.Mac);
                break;
            default:
                break; // a signature has none
        }
        return state;
    }

    private static MacOptions? ReadMac(StateObject state, ProtectionKind kind) => kind switch
    {
        ProtectionKind.PasswordBasedMac => new PbmOptions { Owf = state.Require("owf"), Mac = state.Require("mac"), Iterations = (int)Number(state, "iterations") },
        ProtectionKind.Pbmac1 => new Pbmac1Options { Prf = state.Require("prf"), Mac = state.Require("mac"), Iterations = (int)Number(state, "iterations") },
        ProtectionKind.Hmac or ProtectionKind.Kmac => new BareMacOptions { Mac = state.Require("mac") },
        _ => null,
    };

    private static Requester ReadRequester(StateObject state) => new(Word<ProtectionKind>(state, "kind"))
    {
        Certificate = state.Octets("certificate") is { } certificate ? Certificate.Decode(certificate) : null,
        IsOurs = state.Flag("isOurs") == true,
        IsRegistrationAuthority = state.Flag("isRegistrationAuthority") == true,
        Mac = ReadMac(state, Word<ProtectionKind>(state, "kind")),
    };

    private static StateObject Write(RememberedAnswer answer)
    {
        var state = new StateObject();
        state.Set("toNonce", answer.To.Nonce);
        state.Set("toDigest", answer.To.BodyDigest);
        state.Set("nonce", answer.Nonce);
        state.Set("recipNonce", answer.RecipNonce);
        state.Set("info", answer.Info.Select(item => item.Encoded));
        state.Set("body", answer.Body.Encoded);
        return state;
    }

    private static RememberedAnswer ReadAnswer(StateObject state) => new(
        new MessageMark(Octets(state, "toNonce"), Octets(state, "toDigest")),
        Asn1Reader.Decode(Octets(state, "body"), null, PkiBody.Read),
        Octets(state, "nonce"),
        Optional(state.Octets("recipNonce")),
        (state.OctetsList("info") ?? throw Missing("info")).Select(item => Asn1Reader.Decode(item, null, InfoTypeAndValue.Read)).ToList());

    private static int ReadId(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int id) ? id : throw new FormatException("'pollIds' holds something else than numbers.");

    /// <summary>Of an absent array the conversion alone would make octets of length 0.</summary>
    private static ReadOnlyMemory<byte>? Optional(byte[]? octets) => octets is null ? null : (ReadOnlyMemory<byte>?)octets;

    private static byte[] Octets(StateObject state, string name) => state.Octets(name) ?? throw Missing(name);

    private static long Number(StateObject state, string name) => state.Number(name) ?? throw Missing(name);

    private static DateTimeOffset Time(StateObject state, string name) => state.Time(name) ?? throw Missing(name);

    private static T Word<T>(StateObject state, string name)
        where T : struct => state.Word<T>(name) ?? throw Missing(name);

    private static FormatException Missing(string name) => new($"'{name}' is missing.");
}
