using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Org.BouncyCastle.Asn1;
using Xunit;
using Theirs = Org.BouncyCastle.Asn1.Cmp;

namespace Cmp.Tests.Messages;

/// <summary>Another library takes our messages apart into its own structures, those of pvno 3 included, and puts the same octets together.</summary>
public class BouncyCastleTests
{
    /// <summary>All but a ckuann of pvno 3, whose form it does not know; it knows what stands in it.</summary>
    public static TheoryData<int> EachMessage => [.. Enumerable.Range(0, Samples.AllMessages.Count).Where(i => Samples.AllMessages[i].Body is not CaKeyUpdContent { V3: not null })];

    [Theory]
    [MemberData(nameof(EachMessage))]
    public void BouncyCastle_reads_each_of_our_messages(int which)
    {
        PkiMessage ours = Samples.AllMessages[which];
        Theirs.PkiMessage theirs = Theirs.PkiMessage.GetInstance(Asn1Object.FromByteArray(ours.Encoded.ToArray()));
        Assert.Equal((int)ours.Body.Type, theirs.Body.Type);
        Assert.Equal(ours.Encoded.ToArray(), theirs.GetDerEncoded());
        Assert.Equal(ours.Body.Encoded.ToArray(), theirs.Body.GetDerEncoded());
    }

    [Fact]
    public void BouncyCastle_reads_values_of_general_messages()
    {
        Assert.Equal(Samples.RequestTemplate.Encoded.ToArray(), Theirs.CertReqTemplateContent.GetInstance(Parse(Samples.RequestTemplate)).GetDerEncoded());
        Assert.Equal(Samples.RootUpdate.Encoded.ToArray(), Theirs.RootCaKeyUpdateContent.GetInstance(Parse(Samples.RootUpdate)).GetDerEncoded());
        Assert.Equal(Samples.CrlStatus.Encoded.ToArray(), Theirs.CrlStatus.GetInstance(Parse(Samples.CrlStatus)).GetDerEncoded());
        Assert.Equal(Samples.Crl.Encoded.ToArray(), Org.BouncyCastle.Asn1.X509.CertificateList.GetInstance(Parse(Samples.Crl)).GetDerEncoded());
        Assert.Equal(4, Org.BouncyCastle.Asn1.X509.CertificateList.GetInstance(Parse(Samples.Crl)).GetRevokedCertificates().Length);
    }

    private static Asn1Object Parse(Cmp.Messages.Asn1.Asn1Structure structure) => Asn1Object.FromByteArray(structure.Encoded.ToArray());
}
