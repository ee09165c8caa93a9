using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

/// <summary>rr, rp and rann.</summary>
public class RevocationBodiesTests
{
    public static TheoryData<RevocationReason> Reasons => [.. Enum.GetValues(typeof(RevocationReason)).Cast<RevocationReason>()];

    [Fact]
    public void Rule15_A_certificate_is_named_by_issuer_and_number_and_no_reason_is_made_up()
    {
        RevDetails details = RevDetails.Of(Samples.Certificate);
        DerNode tree = DerNode.Parse(details.Encoded.ToArray());
        Assert.Equal([0x81, 0xA3], Assert.Single(tree.Children!).Children!.Select(c => c.Tag));
        Assert.Null(details.Reason);
        Assert.Null(details.InvalidityDate);
        RevDetails read = Expect.Read(details.Encoded.ToArray(), RevDetails.Read);
        Assert.True(read.CertDetails.Issuer!.IsSameAs(Samples.CaName));
        Assert.Equal(Samples.Certificate.SerialNumber.ToArray(), read.CertDetails.SerialNumber!.Value.ToArray());
    }

    [Fact]
    public void Rule15_A_request_is_named_by_subject_and_key()
    {
        RevDetails read = Expect.Read(RevDetails.Of(Samples.Pkcs10, RevocationReason.Superseded).Encoded.ToArray(), RevDetails.Read);
        Assert.True(read.CertDetails.Subject!.IsSameAs(Samples.Subject));
        Assert.True(read.CertDetails.PublicKey!.IsSameAs(Samples.PublicKey));
        Assert.Null(read.CertDetails.Issuer);
        Assert.Null(read.CertDetails.SerialNumber);
        Assert.Equal(RevocationReason.Superseded, read.Reason);
    }

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Rule15_Each_reason_goes_there_and_back(RevocationReason reason)
    {
        RevDetails read = Expect.Read(RevDetails.Of(Samples.CaName, new byte[] { 5 }, reason, Samples.Time).Encoded.ToArray(), RevDetails.Read);
        Assert.Equal(reason, read.Reason);
        Assert.Equal(Samples.Time, read.InvalidityDate);
        Assert.Equal([0x0A, 1, (byte)reason], read.CrlEntryDetails[0].Value.ToArray());
        Assert.False(read.CrlEntryDetails[0].Critical);
    }

    [Fact]
    public void Rule15_There_is_no_reason_7()
    {
        CmpException e = Assert.Throws<CmpException>(() => RevDetails.Of(Samples.Certificate, (RevocationReason)7));
        Assert.Equal("CmpArgument.RevocationReason", e.ErrorId);
        Assert.Contains("RemoveFromCrl", e.RecommendedAction);
        Assert.False(Enum.IsDefined(typeof(RevocationReason), 7));
    }

    [Fact]
    public void The_answer_has_the_tags_of_the_RFC()
    {
        var rp = (RevRepContent)Samples.Bodies.Single(b => b.Type == PkiBodyType.Rp);
        DerNode content = DerNode.Parse(rp.Encoded.ToArray()).Children!.Single();
        Assert.Equal([0x30, 0xA0, 0xA1], content.Children!.Select(c => c.Tag));
        Assert.Equal(0x30, content.Children![1].Children!.Single().Tag);
        Assert.Equal(0x30, content.Children![2].Children!.Single().Tag);
        var read = (RevRepContent)Expect.Read(rp.Encoded.ToArray(), PkiBody.Read);
        Assert.Equal([PkiStatus.Accepted, PkiStatus.Rejection], read.Statuses.Select(s => s.Status));
        Assert.Equal(FailInfo.BadPOP | FailInfo.DuplicateCertReq, read.Statuses[1].FailInfo);
        Assert.Equal(2, read.RevCerts.Count);
        Assert.Equal(42, Assert.Single(read.Crls).Number);
        Assert.Equal("AC09" + "3007" + "3005" + "3003020100", Hex.Of(new RevRepContent([new PkiStatusInfo(PkiStatus.Accepted)]).Encoded.Span));
    }

    [Fact]
    public void An_announced_revocation_is_read()
    {
        var sample = (RevAnnContent)Samples.Bodies.Single(b => b.Type == PkiBodyType.Rann);
        var read = (RevAnnContent)Expect.Read(sample.Encoded.ToArray(), PkiBody.Read);
        Assert.Equal(PkiStatus.RevocationWarning, read.Status);
        Assert.Equal(CertId.Of(Samples.Certificate).Encoded.ToArray(), read.CertId.Encoded.ToArray());
        Assert.Equal(Samples.Time.AddDays(1), read.WillBeRevokedAt);
        Assert.Equal(Samples.Time.AddDays(-1), read.BadSinceDate);
        Assert.Equal(Oids.ReasonCode, read.CrlDetails.Single().Oid);
        DerNode content = DerNode.Parse(sample.Encoded.ToArray()).Children!.Single();
        Assert.Equal([0x02, 0x30, 0x18, 0x18, 0x30], content.Children!.Select(c => c.Tag));
        Assert.Equal(4, DerNode.Parse((sample with { CrlDetails = [] }).Encoded.ToArray()).Children!.Single().Children!.Count);
    }
}
