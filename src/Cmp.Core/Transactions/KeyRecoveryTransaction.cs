using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>Asks for private keys that a CA has kept: krr and krp. What comes stays encrypted until it is opened, one by one (<see cref="Open"/>).</summary>
/// <remarks>RFC 9810 5.3.7 and 5.3.8. There is no certConf: a new certificate for signatures that comes along is in force.</remarks>
public sealed class KeyRecoveryTransaction : RequestTransaction
{
    private readonly CertReqMessages _request;
    private readonly IReadOnlyList<Certificate> _certificates;

    /// <summary>Prepares a recovery.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body, a krr.</param>
    /// <param name="certificates">The certificates whose keys are asked for, as far as they are at hand: who issued them may sign the answer (rule 65).</param>
    public KeyRecoveryTransaction(TransactionSettings settings, CertReqMessages request, IReadOnlyList<Certificate> certificates)
        : base(settings, request, PkiBodyType.Krp)
    {
        if (request.Type != PkiBodyType.Krr)
            throw new ArgumentException("The body is no krr.", nameof(request));
        _request = request;
        _certificates = certificates;
    }

    /// <summary>Takes up a recovery that another process left.</summary>
    /// <param name="settings">Who speaks to whom, and how; the transactionID is that of the messages.</param>
    /// <param name="state">What <see cref="RequestTransaction.Capture()"/> gave there.</param>
    /// <param name="certificates">As for a new one.</param>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is in the state is none of ours.</exception>
    public KeyRecoveryTransaction(TransactionSettings settings, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(settings, PkiMessage.Decode(state.Request), state, certificates)
    {
    }

    private KeyRecoveryTransaction(TransactionSettings settings, PkiMessage request, TransactionState state, IReadOnlyList<Certificate> certificates)
        : this(
            settings with { TransactionId = request.Header.TransactionId },
            request.Body is CertReqMessages { Type: PkiBodyType.Krr } krr ? krr : throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The message is no krr.") { Octets = state.Request },
            certificates) => TakeUp(state);

    /// <summary>What the server sent, encrypted as it is; <see langword="null"/> before it came.</summary>
    public KeyRecRepContent? Answer { get; private set; }

    /// <summary>Opens a key of the answer and holds it against its certificate. What is wrong with one says nothing of the others.</summary>
    /// <param name="index">Which one, counted from 0 in keyPairHist.</param>
    /// <param name="opener">The key that the server was to encrypt to. It stays the caller's.</param>
    /// <param name="now">The time.</param>
    /// <returns>
    /// The certificate with its key, which the caller disposes of; or the error: <c>CmpEnvelope.…</c>: what is encrypted was not opened, or is no key package;
    /// <c>CmpKey.…</c>: it is no key, or another one's; <c>CmpTrust.…</c>: who signed the package may not; <c>CmpRecovery.KeyMissing</c>, <c>CmpRecovery.Content</c>.
    /// </returns>
    /// <exception cref="CrlsMissingException">CRLs are to be fetched first: the same can be asked again.</exception>
    public RecoveredKey Open(int index, EnvelopeKey opener, DateTimeOffset now)
    {
        CertifiedKeyPair pair = Answer!.KeyPairHist[index];
        Certificate? certificate = pair.Certificate;
        PrivateKey? key = null;
        try
        {
            certificate ??= OpenCertificate(pair.EncryptedCert!.Value, opener);
            key = OpenKey(pair, certificate, opener, now);
            key.EnsureFits(certificate.PublicKey);
            var recovered = new RecoveredKey(certificate, key);
            key = null;
            return recovered;
        }
        catch (CmpException e) when (e is not CrlsMissingException)
        {
            return new RecoveredKey(certificate, e);
        }
        catch (Exception e) when (e is not CmpException)
        {
            // the boundary: whatever a peer's octets provoke becomes the one exception
            return new RecoveredKey(certificate, new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "A key that the server sent cannot be handled.", e));
        }
        finally
        {
            key?.Dispose();
        }
    }

    private protected override HeaderNames Names => new(
        Template.Subject ?? _certificates.FirstOrDefault()?.Subject,
        Template.Issuer ?? _certificates.FirstOrDefault()?.Issuer);

    /// <summary>Keys come in an EnvelopedData, as RFC 9810 5.2.2 wants, only where the request is of cmp2021; who names an earlier version gets the older form.</summary>
    private protected override int PreferredPvno => Settings.Pvno is < 3 ? 2 : 3;

    /// <summary>RFC 9810 5.3.22: what waits is called as in the request.</summary>
    private protected override IReadOnlyList<int> LateIds => [.. _request.Requests.Select(request => request.CertReq.CertReqId)];

    private CertTemplate Template => _request.Requests[0].CertReq.CertTemplate;

    private protected override bool IsPending(int certReqId) => base.IsPending(certReqId) || certReqId is 0 or WholeAnswer;

    /// <summary>The certificates in question, and those that come: of a recovery by name nobody knows before who issued them.</summary>
    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer) => answer.Body is KeyRecRepContent rep
        ? [.. _certificates, .. Brought(rep)]
        : _certificates;

    private protected override bool IsLate(PkiBody answer) => ((KeyRecRepContent)answer).Status.Status == PkiStatus.Waiting;

    private protected override PkiStatusInfo? NegativeStatus(PkiMessage answer) =>
        answer.Body is KeyRecRepContent { Status.Status: PkiStatus.Rejection } rep ? rep.Status : base.NegativeStatus(answer);

    /// <summary>Rule 37 for krp.</summary>
    private protected override void Take(PkiMessage answer, bool isAuthenticated)
    {
        var rep = (KeyRecRepContent)answer.Body;
        switch (rep.Status.Status)
        {
            case PkiStatus.Accepted:
                break;
            case PkiStatus.GrantedWithMods:
                Warn($"The server gives back other keys than it was asked for. {Show(rep.Status.StatusString)}".TrimEnd());
                break;
            default:
                throw ServerError(rep.Status, answer, isAuthenticated);
        }
        if (rep.KeyPairHist.Count > Limits.MaxRecoveredKeys)
            throw new CmpException(CmpErrorKind.Transaction, "CmpRecovery.TooMany", $"The server sent {rep.KeyPairHist.Count} keys: no more than {Limits.MaxRecoveredKeys} are opened.") { Octets = answer.Encoded };
        if (rep is { NewSigCert: null, KeyPairHist.Count: 0 })
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpRecovery.Nothing", $"The server accepts, and sends no key. {Show(rep.Status.StatusString)}".TrimEnd())
            {
                RecommendedAction = "It may have archived none: ask the CA's administrator under which name keys are kept.",
                Octets = answer.Encoded,
            };
        }
        Answer = rep;
    }

    private Certificate OpenCertificate(ReadOnlyMemory<byte> encrypted, EnvelopeKey opener)
    {
        using OpenedEnvelope envelope = EncryptedKeys.Open(EncryptedKey.Decode(encrypted, new DecodeOptions(Limits)), opener, Limits, Settings.AllowEncryptedValue);
        return envelope.Read((ref Asn1Reader reader) =>
        {
            // certificates are read when they are asked, and by then these octets are cleared
            var copy = Certificate.Decode(reader.ReadEncoded().ToArray(), reader.Options);
            _ = copy.PublicKey;
            return copy;
        }, Limits);
    }

    private PrivateKey OpenKey(CertifiedKeyPair pair, Certificate certificate, EnvelopeKey opener, DateTimeOffset now)
    {
        if (pair.PrivateKey is not { } encrypted)
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpRecovery.KeyMissing", $"The certificate of {certificate} came without its private key.")
            {
                RecommendedAction = "The CA may not have archived it: ask its administrator.",
                Octets = certificate.Encoded,
            };
        }
        using OpenedEnvelope envelope = EncryptedKeys.Open(EncryptedKey.Decode(encrypted, new DecodeOptions(Limits)), opener, Limits, Settings.AllowEncryptedValue);
        if (envelope.ContentType == Oids.SignedData)
            return OpenPackage(envelope, certificate, now);
        // archives give back what they have: RFC 9810 5.2.2 wants a signature, and older texts and software none
        Warn("The server sends private keys that nobody signed; only the message vouches for them (RFC 9810 5.2.2).");
        return PrivateKey.FromPkcs8(envelope.ContentType switch
        {
            Oids.Data => envelope.Read((ref Asn1Reader reader) => reader.ReadEncoded(), Limits),
            Oids.KeyPackage => OnlyKey(envelope.Read(AsymmetricKeyPackage.Read, Limits)),
            Oids.EncKeyWithId => envelope.Read(EncKeyWithId.Read, Limits).PrivateKeyInfo,
            _ => throw Unknown(Oids.NameOf(envelope.ContentType)),
        });
    }

    private PrivateKey OpenPackage(OpenedEnvelope envelope, Certificate certificate, DateTimeOffset now)
    {
        using var package = SignedKeyPackage.Open(envelope.Content, Settings.Trust.Algorithms, Limits);
        var warnings = new List<string>();
        KeyGenerationAuthority.Check(package, Settings.Trust, now, warnings, SeenCertificates, certificate, secretVouches: AnswerProtection?.IsUnderSharedSecret() == true);
        warnings.ForEach(Warn);
        return package.OpenKey();
    }

    private static ReadOnlyMemory<byte> OnlyKey(AsymmetricKeyPackage package) => package.Keys is [var key] ? key : throw Unknown($"a package of {package.Keys.Count} keys");

    private static CmpException Unknown(string what) =>
        new(CmpErrorKind.Malformed, "CmpRecovery.Content", $"What the server encrypted is {what}, and not a private key.");

    private CmpLimits Limits => Settings.Trust.Limits;

    private IEnumerable<Certificate> Brought(KeyRecRepContent rep)
    {
        IEnumerable<Certificate?> all = [rep.NewSigCert, .. rep.KeyPairHist.Take(Limits.MaxRecoveredKeys).Select(pair => pair.Certificate)];
        return all.OfType<Certificate>();
    }
}
