using System;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.Protection;

/// <summary>Signatures of EdDSA and ML-DSA in recorded messages of Siemens' test suite and mock CA.</summary>
public class ForeignSignatureTests
{
    [SkippableFact]
    public void A_proof_of_possession_by_ML_DSA_is_verified()
    {
        CertReqMsg request = Assert.Single(((CertReqMessages)Recorded("mldsa-ir.q.der").Body).Requests);
        var proof = Assert.IsType<PopoSigningKey>(request.Popo);
        Assert.Equal(Oids.MLDsa44, proof.Algorithm.Oid);
        Assert.True(SignatureProof.Verify(request.CertReq, proof));
        byte[] signature = proof.Signature.ToArray();
        signature[signature.Length / 2] ^= 1;
        Assert.False(SignatureProof.Verify(request.CertReq, proof with { Signature = signature }));
    }

    [SkippableFact]
    public void A_certificate_for_ML_DSA_under_a_root_of_Ed25519_is_verified()
    {
        PkiMessage answer = Recorded("mldsa-ir.r.der");
        Certificate issued = ((CertRepMessage)answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        Assert.Equal("ML-DSA-44", KeyAlgorithm.Of(issued.PublicKey).Name);
        CertReqMsg request = ((CertReqMessages)Recorded("mldsa-ir.q.der").Body).Requests[0];
        Assert.True(issued.PublicKey.IsSameAs(request.CertReq.CertTemplate.PublicKey!));
        Certificate root = answer.ExtraCerts.First(certificate => certificate.Subject.IsSameAs(issued.Issuer));
        Assert.Equal(Oids.Ed25519, issued.SignatureAlgorithm.Oid);
        Assert.True(SignatureAlgorithms.Verify(issued.SignatureAlgorithm, root.PublicKey, issued.TbsCertificate, issued.Signature));
        Assert.False(SignatureAlgorithms.Verify(issued.SignatureAlgorithm, root.PublicKey, issued.Encoded, issued.Signature));
    }

    [SkippableTheory]
    [InlineData("0003.rsp.der")]
    [InlineData("0005.rsp.der")]
    public void An_answer_signed_by_Ed25519_is_verified_under_its_anchor_alone(string name)
    {
        PkiMessage answer = Recorded(name);
        Certificate root = answer.ExtraCerts.Single(certificate => certificate.IsSelfIssued);
        DateTimeOffset then = answer.Header.MessageTime!.Value;
        VerifiedAnswer verified = Verifier(root).Verify(answer, [], then);
        Assert.Equal(ProtectionKind.Signature, verified.Kind);
        Assert.True(verified.IsAuthenticated);

        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("Ed25519"));
        Certificate another = new CertificateWriter(root.Subject, key, SignatureAlgorithms.For(key)).Write(new CertificateContent(root.Subject, key.PublicKey, then.AddDays(-1), then.AddDays(1), []));
        Assert.Equal(CmpErrorKind.Trust, Assert.Throws<CmpException>(() => Verifier(another).Verify(answer, [], then)).Kind);
        byte[] changed = answer.Protection!.Value.ToArray();
        changed[10] ^= 1;
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => Verifier(root).Verify(answer with { Protection = changed }, [], then)).ErrorId);
    }

    /// <summary>The root signs itself, with a key usage of keyCertSign alone.</summary>
    private static AnswerVerifier Verifier(Certificate anchor) => new(new TrustSettings { Anchors = [anchor], AllowSigningCA = true }, credential: null, ProtectionKind.Signature);

    private static PkiMessage Recorded(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        return PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign", name)));
    }
}
