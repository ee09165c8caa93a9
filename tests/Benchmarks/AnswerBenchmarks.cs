using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>An ip of 2.7 kB: one RSA-2048 certificate, the signer's in extraCerts, its signature over all.</summary>
public class AnswerBenchmarks
{
    private readonly byte[] _octets;
    private readonly PkiMessage _answer;
    private readonly Certificate _signer;

    /// <summary>Makes the answer.</summary>
    public AnswerBenchmarks()
    {
        using var caKey = RSA.Create(2048);
        using var ca = new TestCa(key: caKey);
        using var key = RSA.Create(2048);
        X509Extension[] usual =
        [
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true),
            CertificateRevocationListBuilder.BuildCrlDistributionPointExtension(["http://pki.plant4.example/issuing.crl"]),
            new X509AuthorityInformationAccessExtension(["http://ocsp.plant4.example/"], ["http://pki.plant4.example/issuing.cer"]),
        ];
        using X509Certificate2 issued = ca.Issue("CN=router7.plant4.example, OU=Control, O=Cmp tests, C=DE", key, [.. usual, Names("router7.plant4.example", "router7")]);
        using X509Certificate2 signer = ca.Issue("CN=CMP server, OU=PKI, O=Cmp tests, C=DE", key, [.. usual, new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.27")], false)]);
        using var credential = new SigningCertificate(Certificate.From(signer), PrivateKey.Of(signer)!, ownsKey: true);
        _signer = credential.Certificate;
        var header = new PkiHeader(2, GeneralName.FromName(_signer.Subject), GeneralName.FromName(Name.Parse("CN=router7")))
        {
            MessageTime = DateTimeOffset.UtcNow,
            SenderKid = _signer.SubjectKeyIdentifier,
            TransactionId = RandomNumberGenerator.GetBytes(16),
            SenderNonce = RandomNumberGenerator.GetBytes(16),
            RecipNonce = RandomNumberGenerator.GetBytes(16),
            GeneralInfo = [InfoTypeAndValue.ImplicitConfirm],
        };
        var response = new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted)) { CertifiedKeyPair = new CertifiedKeyPair { Certificate = Certificate.From(issued) } };
        var body = new CertRepMessage(PkiBodyType.Ip, [response]);
        _octets = MessageProtector.Signature(credential, null, pss: false).Protect(header, body, [_signer]).Encoded.ToArray();
        _answer = PkiMessage.Decode(_octets);
    }

    /// <summary>How long the answer is.</summary>
    public int Octets => _octets.Length;

    /// <summary>From octets to a message whose certificates are not opened yet.</summary>
    /// <returns>The message.</returns>
    [Benchmark(Description = "decode")]
    public PkiMessage Decode() => PkiMessage.Decode(_octets);

    /// <summary>The same, and both certificates are taken apart.</summary>
    /// <returns>Something of each.</returns>
    [Benchmark(Description = "decode, open both certificates")]
    public int DecodeCertificates()
    {
        PkiMessage answer = PkiMessage.Decode(_octets);
        return answer.ExtraCerts[0].Extensions.Count + ((CertRepMessage)answer.Body).Responses[0].CertifiedKeyPair!.Certificate!.Extensions.Count;
    }

    /// <summary>The signature over header and body, with the key of the signer kept open.</summary>
    /// <returns>True.</returns>
    [Benchmark(Description = "verify its RSA-2048 signature")]
    public bool Verify() => SignatureAlgorithms.Verify(_answer.Header.ProtectionAlg!, _signer.PublicKey, _answer.ProtectedPart, _answer.Protection!.Value);

    /// <summary>All rules, RFC 9483's too; a certificate is not opened for them where names and identifiers lie as they should.</summary>
    /// <returns>How many findings there are: none.</returns>
    [Benchmark(Description = "hold it against the rules")]
    public int Check() => RuleChecker.Check(_answer, profile: true).Count;

    private static X509Extension Names(params string[] names)
    {
        var builder = new SubjectAlternativeNameBuilder();
        foreach (string name in names)
            builder.AddDnsName(name);
        return builder.Build();
    }
}
