using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>CRLs that OpenSSL made are read as OpenSSL means them.</summary>
public class ForeignCrlTests
{
    [SkippableFact]
    public void A_CRL_of_OpenSSL_is_read_as_it_means_it()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var folder = new TestFolder();
        using var ca = new TestCa();
        DateTimeOffset now = DateTimeOffset.UtcNow;
        DateTimeOffset revoked = new(now.Year, now.Month, now.Day, 1, 2, 3, TimeSpan.Zero), since = revoked.AddDays(-3);
        (string Serial, string Status, RevocationReason? Reason, DateTimeOffset? Since)[] rows =
        [
            ("01", "unspecified", RevocationReason.Unspecified, null),
            ("02", "keyCompromise", RevocationReason.KeyCompromise, null),
            ("03", "CACompromise", RevocationReason.CACompromise, null),
            ("04", "affiliationChanged", RevocationReason.AffiliationChanged, null),
            ("05", "superseded", RevocationReason.Superseded, null),
            ("06", "cessationOfOperation", RevocationReason.CessationOfOperation, null),
            ("07", "certificateHold", RevocationReason.CertificateHold, null),
            ("08", "removeFromCRL", RevocationReason.RemoveFromCrl, null),
            ("7FFFFFFFFFFFFFFF01", $"keyTime,{since:yyyyMMddHHmmss}Z", RevocationReason.KeyCompromise, since),
            ("0A", string.Empty, null, null),
        ];
        folder.Write("index.txt", string.Concat(rows.Select(row =>
            $"R\t{Utc(now.AddYears(1))}\t{Utc(revoked)}{(row.Status.Length > 0 ? "," + row.Status : string.Empty)}\t{row.Serial}\tunknown\t/CN={row.Serial}\n")) + $"V\t{Utc(now.AddYears(1))}\t\t0B\tunknown\t/CN=good\n");
        folder.Write("crlnumber", "1F5A\n");
        string config = folder.Write("ca.cnf", $"""
            [ca]
            default_ca = us
            [us]
            database = {folder.PathOf("index.txt").Replace('\\', '/')}
            crlnumber = {folder.PathOf("crlnumber").Replace('\\', '/')}
            default_md = sha256
            default_crl_days = 7
            crl_extensions = crl
            [crl]
            authorityKeyIdentifier = keyid:always
            issuingDistributionPoint = critical,@point
            [point]
            fullname = URI:http://example.com/root.crl
            onlyuser = TRUE
            onlysomereasons = keyCompromise,CACompromise
            """);
        string certificate = folder.Write("ca.pem", ca.Certificate.ExportCertificatePem()), key = folder.Write("ca.key", TestCa.Pem(ca.Key));
        OpenSsl.Require(["ca", "-gencrl", "-config", config, "-cert", certificate, "-keyfile", key, "-out", folder.PathOf("crl.pem")]);
        byte[] octets = OpenSsl.Require(["crl", "-in", folder.PathOf("crl.pem"), "-outform", "DER"]);

        var findings = new List<Finding>();
        CertificateList crl = CertificateList.Decode(octets, new DecodeOptions(CmpLimits.Default, findings));

        Assert.Equal(octets, crl.Encoded.ToArray());
        Assert.Empty(findings);
        Assert.Equal(2, crl.Version);
        Assert.True(crl.Issuer.IsSameAs(Certificate.From(ca.Certificate).Subject));
        Assert.Equal(0x1F5A, crl.Number);
        Assert.Null(crl.BaseNumber);
        Assert.InRange(now - crl.ThisUpdate, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromDays(7), crl.NextUpdate - crl.ThisUpdate);
        Assert.Equal(Certificate.From(ca.Certificate).SubjectKeyIdentifier!.Value.ToArray(), crl.AuthorityKeyIdentifier!.Value.ToArray());
        IssuingDistributionPoint point = crl.IssuingDistributionPoint!;
        Assert.Equal("http://example.com/root.crl", point.DistributionPoint!.FullName.Single().ToString());
        Assert.True(point.OnlyContainsUserCerts);
        Assert.False(point.IndirectCrl);
        Assert.Equal(0b110u, point.OnlySomeReasons);
        Assert.Equal(rows.Length, crl.Entries.Count);
        foreach ((string serial, _, RevocationReason? reason, DateTimeOffset? invalid) in rows)
        {
            RevokedCertificate entry = crl.Find(Hex.Parse(serial))!;
            Assert.Equal(reason, entry.Reason);
            Assert.Equal(invalid, entry.InvalidityDate);
            Assert.Equal(revoked, entry.RevocationDate);
        }
        Assert.Null(crl.Find(new byte[] { 0x0B }));
        Assert.True(ca.Certificate.GetECDsaPublicKey()!.VerifyData(crl.TbsCertList.ToArray(), crl.Signature.ToArray(), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
    }

    private static string Utc(DateTimeOffset time) => time.ToString("yyMMddHHmmss'Z'", CultureInfo.InvariantCulture);
}
