using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class CertificateListTests
{
    private static readonly byte[] Serial = Hex.Parse("12 34 56 78 90");

    [Fact]
    public void All_of_it_is_read()
    {
        CertificateList crl = CertificateList.Decode(Samples.Crl.Encoded);
        Assert.Equal(2, crl.Version);
        Assert.True(crl.Issuer.IsSameAs(Samples.CaName));
        Assert.Equal(Samples.Time, crl.ThisUpdate);
        Assert.Equal(Samples.Time.AddYears(40), crl.NextUpdate);
        Assert.Equal(42, crl.Number);
        Assert.Equal(40, crl.BaseNumber);
        Assert.Equal(Samples.Octets(20, 0x80), crl.AuthorityKeyIdentifier!.Value.ToArray());
        Assert.Equal(4, crl.Extensions.Count);
        Assert.Equal(Oids.Sha256WithRsa, crl.SignatureAlgorithm.Oid);
        Assert.Equal(Samples.Octets(64), crl.Signature.ToArray());
        Assert.True(crl.TbsCertList.Span.Overlaps(crl.Encoded.Span));
        Assert.Equal(DerNode.Parse(crl.Encoded.ToArray()).Children![0].Encode(), crl.TbsCertList.ToArray());
        Assert.Equal($"CRL of {crl.Issuer}", crl.ToString());
        Assert.Equal(crl.Encoded.ToArray(), (crl with { }).Encoded.ToArray());
        IssuingDistributionPoint point = crl.IssuingDistributionPoint!;
        Assert.Equal("http://example.com/crl", point.DistributionPoint!.FullName.Single().ToString());
        Assert.Equal(6u, point.OnlySomeReasons);
        Assert.True(point.OnlyContainsUserCerts);
        Assert.True(point.IndirectCrl);
        Assert.False(point.OnlyContainsCACerts);
        Assert.False(point.OnlyContainsAttributeCerts);
    }

    [Fact]
    public void Entries_are_read()
    {
        IReadOnlyList<RevokedCertificate> entries = Samples.Crl.Entries;
        Assert.Equal([Hex.Of(Serial), "07", "08", "09"], entries.Select(e => Hex.Of(e.SerialNumber.Span)));
        Assert.All(entries, e => Assert.Equal(Samples.Time.AddDays(-1), e.RevocationDate));
        Assert.Equal(new RevocationReason?[] { RevocationReason.KeyCompromise, null, RevocationReason.RemoveFromCrl, null }, entries.Select(e => e.Reason));
        Assert.Equal(new DateTimeOffset?[] { Samples.Time.AddDays(-2), null, null, null }, entries.Select(e => e.InvalidityDate));
        Assert.Same(Samples.Crl.Entries, entries);
    }

    [Fact]
    public void The_issuer_of_an_entry_holds_for_those_that_follow()
    {
        // RFC 5280 5.3.3
        Assert.Equal([0, 0, 1, 1], Samples.Crl.Entries.Select(e => e.CertificateIssuer.Count));
        Assert.True(Samples.Crl.Entries[3].CertificateIssuer[0].DirectoryName!.IsSameAs(Samples.Subject));
    }

    [Fact]
    public void An_entry_is_found_by_number_and_issuer()
    {
        Assert.Equal(RevocationReason.KeyCompromise, Samples.Crl.Find(Serial)!.Reason);
        Assert.Equal(RevocationReason.KeyCompromise, Samples.Crl.Find(Samples.Certificate.SerialNumber, Samples.Certificate.Issuer)!.Reason);
        Assert.NotNull(Samples.Crl.Find(new byte[] { 7 }));
        Assert.Null(Samples.Crl.Find(new byte[] { 8 })); // another issuer's
        Assert.Null(Samples.Crl.Find(new byte[] { 7 }, Samples.Subject));
        Assert.Equal(RevocationReason.RemoveFromCrl, Samples.Crl.Find(new byte[] { 8 }, Samples.Subject)!.Reason);
        Assert.Single(Samples.Crl.Find(new byte[] { 9 }, Samples.Subject)!.CertificateIssuer);
        Assert.Null(Samples.Crl.Find(new byte[] { 10 }));
        Assert.Null(Samples.Crl.Find(new byte[] { 0, 7 })); // another number on the wire
    }

    [Fact]
    public void A_CRL_that_is_not_indirect_has_no_entries_of_others()
    {
        CertificateList crl = With(tree => tree.Children![0].Children![6].Children![0].Children!.RemoveAt(3)); // issuingDistributionPoint
        Assert.Null(crl.IssuingDistributionPoint);
        Assert.NotNull(crl.Find(new byte[] { 9 })); // nobody's certificateIssuer reaches here
        Assert.Null(crl.Find(new byte[] { 8 })); // and an entry that has one is its own affair
        Assert.NotNull(crl.Find(new byte[] { 8 }, Samples.Subject));
    }

    [Fact]
    public void Optional_parts_may_be_absent()
    {
        CertificateList crl = With(tree =>
        {
            List<DerNode> tbs = tree.Children![0].Children!;
            tbs.RemoveRange(4, 3);
            tbs.RemoveAt(0);
        });
        Assert.Equal(1, crl.Version);
        Assert.Null(crl.NextUpdate);
        Assert.Null(crl.Number);
        Assert.Null(crl.BaseNumber);
        Assert.Null(crl.AuthorityKeyIdentifier);
        Assert.Null(crl.IssuingDistributionPoint);
        Assert.Empty(crl.Entries);
        Assert.Null(crl.Find(Serial));
    }

    [Fact]
    public void Rule64_More_entries_than_the_limit_are_refused()
    {
        CertificateList crl = CertificateList.Decode(Samples.Crl.Encoded, new DecodeOptions(new CmpLimits { MaxCrlEntries = 3 }));
        Assert.Contains("more than 3 entries", Expect.Malformed(() => crl.Entries.Count.ToString()).Message);
        Assert.Contains("more than 3 entries", Expect.Malformed(() => crl.Find(Serial)).Message);
        Assert.Equal(4, CertificateList.Decode(Samples.Crl.Encoded, new DecodeOptions(new CmpLimits { MaxCrlEntries = 4 })).Entries.Count);
    }

    [Fact]
    public void A_hundred_thousand_entries_are_searched_without_objects()
    {
        CertificateList crl = With(tree =>
        {
            List<DerNode> entries = tree.Children![0].Children![5].Children!;
            DerNode date = entries[1].Children![1];
            for (int i = 0; i < 100_000; i++)
                entries.Add(DerNode.Constructed(0x30, DerNode.Primitive(2, 1, (byte)(i >> 16), (byte)(i >> 8), (byte)i), date));
            tree.Children![0].Children![6].Children![0].Children!.RemoveAt(3);
        });
        crl.Find(Serial); // what is read once
#if NET
        long before = GC.GetAllocatedBytesForCurrentThread();
#endif
        Assert.NotNull(crl.Find(Hex.Parse("01 01 86 9F")));
        Assert.Null(crl.Find(Hex.Parse("01 01 86 A0")));
#if NET
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
#endif
        Assert.Equal(100_004, crl.Entries.Count);
    }

    [Fact]
    public void What_cannot_be_is_malformed()
    {
        Expect.Malformed(() => With(tree => tree.Children![0].Children![0] = DerNode.Primitive(2, 2)).Version.ToString());
        Assert.Contains("differ", Expect.Malformed(() => With(tree => tree.Children![1] = DerNode.Parse(AlgorithmIdentifier.WithNull(Oids.Sha1WithRsa).Encoded.ToArray())).Version.ToString()).Message);
        Assert.Contains("twice", Expect.Malformed(() => With(tree =>
        {
            List<DerNode> extensions = tree.Children![0].Children![6].Children![0].Children!;
            extensions.Add(extensions[0]);
        }).Version.ToString()).Message);
    }

    [Fact]
    public void A_reason_without_a_name_stays_the_number_it_is()
    {
        CertificateList crl = With(tree => tree.Children![0].Children![5].Children![0].Children![2].Children![0].Children![1] = DerNode.Primitive(4, 0x0A, 1, 7));
        Assert.Equal((RevocationReason)7, crl.Entries[0].Reason);
        CertificateList wrong = With(tree => tree.Children![0].Children![5].Children![0].Children![2].Children![0].Children![1] = DerNode.Primitive(4, 0x02, 1, 1));
        Expect.Malformed(() => wrong.Entries[0].Reason.ToString());
    }

    [Fact]
    public void A_distribution_point_may_be_named_relative_to_the_issuer()
    {
        byte[] octets = Hex.Parse("A1 0D 30 0B 06 03 55 04 03 0C 04 70 61 72 74");
        DistributionPointName name = Expect.Read(octets, DistributionPointName.Read);
        Assert.Empty(name.FullName);
        Assert.Equal(0x31, name.NameRelativeToCrlIssuer!.Value.Span[0]);
        Assert.Equal(octets, (name with { }).Encoded.ToArray());
        Assert.True(name.IsSameAs(name with { }));
        Assert.False(name.IsSameAs(Samples.DistributionPoint));
        Assert.False(Samples.DistributionPoint.IsSameAs(name));
        Expect.Malformed(() => Expect.Read(Hex.Parse("A2 00"), DistributionPointName.Read));
    }

    [Fact]
    public void Points_are_the_same_that_share_a_name()
    {
        GeneralName here = GeneralName.FromText(GeneralNameType.Uri, "http://example.com/crl"), there = GeneralName.FromText(GeneralNameType.Uri, "ldap://example.com/crl");
        Assert.True(new DistributionPointName([there, here]).IsSameAs(Samples.DistributionPoint));
        Assert.False(new DistributionPointName([there]).IsSameAs(Samples.DistributionPoint));
    }

    private static CertificateList With(Action<DerNode> change)
    {
        DerNode tree = DerNode.Parse(Samples.Crl.Encoded.ToArray());
        change(tree);
        return CertificateList.Decode(tree.Encode());
    }
}
