using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Transactions;

/// <summary>A CA that has kept keys and gives them back as a test wants them: sealed by our own code, so that only what is checked is another matter.</summary>
internal static class KeyArchive
{
    private static readonly Shape ForKeys = Shape.Leaf with { Purposes = [Oids.CmKGA] };

    /// <summary>Who signs packages of keys, and may.</summary>
    internal static MadeCertificate Kga { get; } = Peer.Shared.Issuing.Issue("CN=Key generation authority", ForKeys);

    /// <summary>A certificate of before with the key that was lost.</summary>
    internal static MadeCertificate Lost(string name = "CN=router7", Shape? shape = null) => Peer.Shared.Issuing.Issue(name, (shape ?? new Shape { KeyUsage = KeyUsages.KeyAgreement }) with { Key = shape?.Key });

    /// <summary>The key that a krr wants its answer encrypted to.</summary>
    internal static SubjectPublicKeyInfo EncryptionKey(PkiMessage krr) => Controls.ReadProtocolEncrKey(RequestOf(krr).FindControl(Oids.ProtocolEncrKey)!);

    internal static CertRequest RequestOf(PkiMessage krr) => ((CertReqMessages)krr.Body).Requests[0].CertReq;

    internal static KeyRecRepContent Krp(params CertifiedKeyPair[] history) => new(new PkiStatusInfo(PkiStatus.Accepted)) { KeyPairHist = history };

    /// <summary>As RFC 9810 5.2.2 has it: a signed package in an envelope.</summary>
    internal static CertifiedKeyPair Signed(PkiMessage krr, MadeCertificate lost, MadeCertificate? signer = null, PrivateKey? key = null)
    {
        MadeCertificate by = signer ?? Kga;
        return Pair(lost.Certificate, Sealed(krr, SignedKeyPackage.Create(key ?? lost.Key, by.Key, by.Certificate, [Peer.Shared.Issuing.Certificate]), Oids.SignedData));
    }

    /// <summary>Without a signature: what the archive has, as some content.</summary>
    internal static CertifiedKeyPair Bare(PkiMessage krr, MadeCertificate lost, string contentType = Oids.Data)
    {
        byte[] pkcs8 = lost.Key.ExportPkcs8();
        ReadOnlyMemory<byte> content = contentType switch
        {
            Oids.KeyPackage => new AsymmetricKeyPackage([pkcs8]).Encoded,
            Oids.EncKeyWithId => new EncKeyWithId(pkcs8, "router7", null).Encoded,
            _ => pkcs8,
        };
        return Pair(lost.Certificate, Sealed(krr, content, contentType));
    }

    /// <summary>In the form before pvno 3.</summary>
    internal static CertifiedKeyPair Old(PkiMessage krr, MadeCertificate lost) =>
        Pair(lost.Certificate, new EncryptedKey(EncryptedValues.Seal(lost.Key.ExportPkcs8(), EncryptionKey(krr), Oids.DesEde3Cbc)));

    internal static CertifiedKeyPair Pair(Certificate certificate, EncryptedKey key) => new() { Certificate = certificate, PrivateKey = key.Encoded };

    internal static EncryptedKey Sealed(PkiMessage krr, ReadOnlyMemory<byte> content, string contentType) => SealedFor(EncryptionKey(krr), content, contentType);

    internal static EncryptedKey SealedFor(SubjectPublicKeyInfo key, ReadOnlyMemory<byte> content, string contentType) => new(Envelope(key, content, contentType).Encoded);

    /// <summary>The same for two: whoever reads it has to refuse that.</summary>
    internal static EncryptedKey SealedForTwo(PkiMessage krr, ReadOnlyMemory<byte> content, string contentType)
    {
        EnvelopedData one = Envelope(EncryptionKey(krr), content, contentType);
        return new EncryptedKey(new EnvelopedData([.. one.RecipientInfos, .. one.RecipientInfos], one.EncryptedContentInfo).Encoded);
    }

    private static EnvelopedData Envelope(SubjectPublicKeyInfo key, ReadOnlyMemory<byte> content, string contentType) =>
        Cmp.Cryptography.Enveloping.Envelope.Seal(content, contentType, EnvelopeRecipient.Of(key, new RecipientIdentifier(new byte[] { 1, 2, 3 })));
}
