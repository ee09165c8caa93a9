using System;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>RFC 4211 4.1.</summary>
public class SignatureProofTests
{
    private static readonly PrivateKey Key = MadeCertificate.NewKey();
    private static readonly PrivateKey Another = MadeCertificate.NewKey();
    private static readonly GeneralName Sender = GeneralName.FromName(Name.Parse("CN=Client"));

    private static CertRequest Request(string? subject = "CN=router7", SubjectPublicKeyInfo? key = null) =>
        new(0, new CertTemplate { Subject = subject is null ? null : Name.Parse(subject), PublicKey = key ?? Key.PublicKey }, []);

    private static PopoSigningKey Prove(CertRequest request, PrivateKey? key = null, PopoSigningKeyInput? input = null) =>
        SignatureProof.Create(request, key ?? Key, SignatureAlgorithms.For(key ?? Key), input);

    [Fact]
    public void A_complete_template_is_signed_itself()
    {
        CertRequest request = Request();
        PopoSigningKey proof = Prove(request);
        Assert.Null(proof.PoposkInput);
        Assert.True(SignatureAlgorithms.Verify(proof.Algorithm, Key.PublicKey, request.Encoded, proof.Signature));
        Assert.True(SignatureProof.Verify(request, proof));
    }

    [Fact]
    public void An_input_is_signed_as_a_SEQUENCE()
    {
        CertRequest request = Request(subject: null);
        var input = new PopoSigningKeyInput(Sender, null, Key.PublicKey);
        PopoSigningKey proof = Prove(request, input: input);
        Assert.Equal(0x30, input.Encoded.Span[0]);
        Assert.True(SignatureAlgorithms.Verify(proof.Algorithm, Key.PublicKey, input.Encoded, proof.Signature));
        Assert.True(SignatureProof.Verify(request, proof));
    }

    [Fact]
    public void Both_survive_the_wire()
    {
        CertRequest request = Request(subject: null);
        foreach (PopoSigningKey proof in new[] { Prove(request), Prove(request, input: new PopoSigningKeyInput(Sender, null, Key.PublicKey)) })
        {
            CertReqMsg read = Asn1Reader.Decode(new CertReqMsg(request, proof, []).Encoded, null, CertReqMsg.Read);
            Assert.True(SignatureProof.Verify(read.CertReq, Assert.IsType<PopoSigningKey>(read.Popo)));
        }
    }

    [Fact]
    public void Another_keys_signature_proves_nothing() => Assert.False(SignatureProof.Verify(Request(), Prove(Request(), Another)));

    [Fact]
    public void A_proof_of_another_request_proves_nothing() => Assert.False(SignatureProof.Verify(Request("CN=router8"), Prove(Request())));

    [Fact]
    public void An_input_beside_a_subject_would_leave_the_template_unproven() =>
        Assert.False(SignatureProof.Verify(Request(), Prove(Request(), input: new PopoSigningKeyInput(Sender, null, Key.PublicKey))));

    [Fact]
    public void An_input_for_another_key_proves_nothing() =>
        Assert.False(SignatureProof.Verify(Request(subject: null), Prove(Request(subject: null), input: new PopoSigningKeyInput(Sender, null, Another.PublicKey))));

    [Fact]
    public void A_template_without_a_key_has_nothing_to_prove()
    {
        var request = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router7") }, []);
        Assert.False(SignatureProof.Verify(request, Prove(request)));
        Assert.False(SignatureProof.Verify(Request(key: new SubjectPublicKeyInfo(Key.PublicKey.Algorithm, Array.Empty<byte>())), Prove(Request())));
    }

    [Fact]
    public void An_unknown_algorithm_is_a_typed_error() =>
        Assert.Equal("CmpProtection.Algorithm", Assert.Throws<CmpException>(() => SignatureProof.Verify(Request(), Prove(Request()) with { Algorithm = new AlgorithmIdentifier("1.2.3") })).ErrorId);
}
