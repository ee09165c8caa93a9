using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography.Paths;

public class OpenSslCrlTests
{
    /// <summary>CRLs that OpenSSL makes are read and believed as ours are.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void CRLs_of_OpenSSL_are_believed(bool isRevoked)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var folder = new TestFolder();
        using var ca = new TestCa();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 leaf = ca.Issue("CN=leaf", key);
        string certificate = folder.Write("leaf.pem", leaf.ExportCertificatePem());
        string config = folder.Write("ca.cnf", $"[ca]\ndefault_ca=d\n[d]\ndatabase={folder.Write("index.txt", string.Empty)}\ncrlnumber={folder.Write("number", "01\n")}\ndefault_md=sha256\ndefault_crl_days=1\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n".Replace('\\', '/'));
        string[] who = ["-config", config, "-cert", folder.Write("ca.pem", ca.Certificate.ExportCertificatePem()), "-keyfile", folder.Write("ca.key", TestCa.Pem(ca.Key))];
        if (isRevoked)
            OpenSsl.Require(["ca", "-revoke", certificate, "-crl_reason", "keyCompromise", .. who]);
        OpenSsl.Require(["ca", "-gencrl", "-out", folder.PathOf("ca.crl"), .. who]);
        CertificateList crl = CertificateList.Decode(Pem.Read(File.ReadAllBytes(folder.PathOf("ca.crl"))).Single().Octets);

        Certificate root = Certificate.From(ca.Certificate);
        var checker = new RevocationChecker(new CrlsAtHand([crl]), [], new PathOptions(DateTimeOffset.UtcNow.AddSeconds(5)));
        CertificateRevocation found = checker.Check(Certificate.From(leaf), root, root);
        Assert.Equal(isRevoked ? RevocationStatus.Revoked : RevocationStatus.Good, found.Status);
        if (isRevoked)
            Assert.Contains("KeyCompromise", found.Why);
    }
}
