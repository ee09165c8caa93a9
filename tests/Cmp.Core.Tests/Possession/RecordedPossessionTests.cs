using System.IO;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>What Siemens' mock CA encrypted for a key of ML-KEM-768.</summary>
public class RecordedPossessionTests
{
    [SkippableFact]
    public void We_open_the_certificate_that_Siemens_encrypted_for_ML_KEM()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        var response = (CertRepMessage)Message("encrcert-mlkem.r.der").Body;
        var request = ((CertReqMessages)Message("encrcert-mlkem.q.der").Body).Requests[0];
        using PrivateKey key = KemTests.OpenSiemensKey(File.ReadAllText(Path.Combine(Repository.Data!, "foreign", "encrcert-mlkem.key.pem"))), other = TestKeys.Open("ML-KEM-768");
        key.EnsureFits(request.CertReq.CertTemplate.PublicKey!);
        EncryptedKey encrypted = EncryptedKey.Decode(response.Responses[0].CertifiedKeyPair!.EncryptedCert!.Value);
        Certificate certificate = EncryptedCertificate.Open(encrypted, key, CmpLimits.Default, allowEncryptedValue: false);
        Assert.True(certificate.PublicKey.IsSameAs(key.PublicKey));
        Assert.True(certificate.Subject.IsSameAs(request.CertReq.CertTemplate.Subject!));
        Expect.Error("CmpEnvelope.NotOpened", () => EncryptedCertificate.Open(encrypted, other, CmpLimits.Default, allowEncryptedValue: false));
    }

    private static PkiMessage Message(string name) => PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign", name)));
}
