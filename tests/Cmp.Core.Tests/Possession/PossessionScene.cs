using System;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;

namespace Cmp.Tests.Possession;

/// <summary>A CA and requests, for proofs that are not signatures.</summary>
internal static class PossessionScene
{
    internal static readonly GeneralName Server = GeneralName.FromName(Name.Parse("CN=Test Server, O=Cmp tests"));
    internal static readonly GeneralName Client = GeneralName.FromName(Name.Parse("CN=Client, O=Cmp tests"));

    internal static CertRequest Request(SubjectPublicKeyInfo? key, string? subject = "CN=router7", int certReqId = 0) =>
        new(certReqId, new CertTemplate { Subject = subject is null ? null : Name.Parse(subject), PublicKey = key }, []);

    /// <summary>A certificate of the CA's own key, which is issued by another one.</summary>
    internal static Certificate Certify(SubjectPublicKeyInfo key, KeyUsages? usage = KeyUsages.KeyAgreement, string name = "CN=Test CA, O=Cmp tests") =>
        Peer.Shared.Root.Certify(key, name, new Shape { KeyUsage = usage });

    /// <summary>A key of a kind; of Diffie-Hellman with this number.</summary>
    internal static PrivateKey Key(string word, int number = 0x1234567) => word switch
    {
        "DH" => KeyAgreementTests.Dh(hasOrder: true, number),
        _ when number == 0x1234567 => TestKeys.Open(word),
        _ => PrivateKey.Generate(KeyAlgorithm.Parse(word)),
    };

    internal static PrivateKey Another(string word) => Key(word, 0x7654321);

    /// <summary>Request and proof as they arrive.</summary>
    internal static (CertRequest Request, T Proof) Wire<T>(CertRequest request, T proof)
        where T : ProofOfPossession
    {
        CertReqMsg read = Asn1Reader.Decode(new CertReqMsg(request, proof, []).Encoded, null, CertReqMsg.Read);
        return (read.CertReq, (T)read.Popo!);
    }

    internal static PkiHeader Header(int pvno, GeneralName? sender = null) => new(pvno, sender ?? Server, Client);

    /// <summary>The octets with a bit of the last one changed.</summary>
    internal static byte[] Flip(ReadOnlyMemory<byte> octets)
    {
        byte[] changed = octets.ToArray();
        changed[changed.Length - 1] ^= 1;
        return changed;
    }
}
