using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>What cannot be asked is said before any traffic, with what would do; and whom a question is about follows from its certificate, else from the anchors.</summary>
public class AnnouncementQuestionTests
{
    private static readonly Certificate Root = Peer.Shared.Root.Certificate, Leaf = Peer.Shared.Client.Certificate;

    private static ServerSettings At(string uri, params Certificate[] anchors) =>
        new() { Uri = new Uri(uri), TrustAnchor = anchors, IssuedTrustAnchor = [], UntrustedCertificate = [Peer.Shared.Issuing.Certificate] };

    private static AnnouncementQuestion By(PollingWay way, params AnnouncementType[] types) => new()
    {
        PollBy = way,
        Types = types.Length > 0 ? types : null,
        Reference = way == PollingWay.TcpReference ? new PollingReference(42) : null,
    };

    private static CmpException Refused(AnnouncementQuestion question, ServerSettings settings)
    {
        CmpException error = Assert.Throws<CmpException>(() => question.Check(settings));
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        return error;
    }

    private static string[] Targets(AnnouncementQuestion question, ServerSettings settings, DateTimeOffset? now = null)
    {
        question.Check(settings);
        return [.. new AnnouncementArguments(question, settings.Resolve()).Targets(now).Select(one => one.Target.ToString())];
    }

    private static string Key(Certificate root) => "CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + Hex.Of(AuthorityKeyIdentifier.Of(root).Encoded.Span);

    private static string Crl(Name issuer) => "CRLAnn.PKI?issuer=" + Hex.Of(issuer.Encoded.Span);

    public static IEnumerable<object[]> Roads() =>
        from scheme in new[] { "http", "https", "http+tcp", "https+tcp", "tcp", "coap", "coaps", "mailto" }
        from way in new[] { PollingWay.GeneralMessage, PollingWay.HttpGet, PollingWay.TcpReference, PollingWay.Observe }
        select new object[] { scheme, way };

    [Theory]
    [MemberData(nameof(Roads))]
    public void A_road_that_lacks_the_way_is_refused_with_the_ways_that_it_has(string scheme, PollingWay way)
    {
        bool has = way switch
        {
            PollingWay.HttpGet => scheme.StartsWith("http", StringComparison.Ordinal),
            PollingWay.TcpReference => scheme.EndsWith("tcp", StringComparison.Ordinal),
            PollingWay.Observe => scheme.StartsWith("coap", StringComparison.Ordinal),
            _ => true,
        };
        ServerSettings settings = At(scheme == "mailto" ? "mailto:ca@example.org" : scheme + "://ca.example/", Root);
        if (has)
        {
            By(way).Check(settings);
            return;
        }
        CmpException error = Refused(By(way), settings);
        Assert.Equal("CmpArgument.PollBy", error.ErrorId);
        Assert.Contains("GeneralMessage", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain(way.ToString(), error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PollingWay.GeneralMessage, AnnouncementType.Revocation, "HttpGet")]
    [InlineData(PollingWay.HttpGet, AnnouncementType.Certificate, "GeneralMessage")]
    public void A_way_that_lacks_a_type_is_refused_with_the_ways_that_have_it(PollingWay way, AnnouncementType type, string other)
    {
        foreach (AnnouncementQuestion question in new[] { By(way, type), By(way, AnnouncementType.Crl, type) })
        {
            CmpException error = Refused(question with { Certificate = Leaf }, At("http://ca.example/", Root));
            Assert.Equal("CmpArgument.AnnouncementType", error.ErrorId);
            Assert.Contains(other, error.RecommendedAction, StringComparison.Ordinal);
            Assert.Contains("Observe", error.RecommendedAction, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(PollingWay.GeneralMessage, "http", AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Crl)]
    [InlineData(PollingWay.HttpGet, "http", AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation, AnnouncementType.Crl)]
    [InlineData(PollingWay.TcpReference, "tcp", AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl)]
    [InlineData(PollingWay.Observe, "coap", AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl)]
    public void What_a_way_has_can_be_asked(PollingWay way, string scheme, params AnnouncementType[] types) =>
        (By(way, types) with { Certificate = Leaf }).Check(At(scheme + "://ca.example/", Root));

    [Fact]
    public void A_polling_reference_is_due_where_it_is_polled_by_and_nowhere_else()
    {
        Assert.Equal("CmpArgument.PollingReference", Refused(By(PollingWay.TcpReference) with { Reference = null }, At("tcp://ca.example/")).ErrorId);
        Assert.Equal("CmpArgument.PollingReference", Refused(By(PollingWay.GeneralMessage) with { Reference = new PollingReference(1) }, At("tcp://ca.example/")).ErrorId);
        By(PollingWay.TcpReference).Check(At("tcp://ca.example/"));
    }

    [Fact]
    public void HttpGet_needs_somebody_to_be_about()
    {
        ServerSettings nobody = At("http://ca.example/");
        Assert.Equal("CmpArgument.Certificate", Refused(By(PollingWay.HttpGet), nobody).ErrorId);
        Assert.Equal("CmpArgument.Certificate", Refused(By(PollingWay.HttpGet, AnnouncementType.Crl), nobody).ErrorId);
        Assert.Equal("CmpArgument.Certificate", Refused(By(PollingWay.HttpGet, AnnouncementType.Revocation), At("http://ca.example/", Root)).ErrorId);
        // a certificate that does not say which key signed it
        Certificate mute = Peer.Shared.Issuing.Issue("CN=mute").Certificate;
        Assert.Null(mute.AuthorityKeyIdentifier);
        Assert.Equal("CmpArgument.Certificate", Refused(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate) with { Certificate = mute }, nobody).ErrorId);
        By(PollingWay.HttpGet, AnnouncementType.Crl, AnnouncementType.Revocation).With(mute).Check(nobody);
        // where nobody named it, it is left out
        Assert.Equal(["RevAnn.PKI", "CRLAnn.PKI"], Targets(By(PollingWay.HttpGet).With(mute), nobody).Select(target => target.Substring(0, target.IndexOf('?'))));
    }

    [Theory]
    [InlineData("http://ca.example/pkix?ca=1", null, false)]
    [InlineData("http://ca.example?", null, false)]
    [InlineData("http://ca.example/pkix", null, true)]
    public void HttpGet_has_no_place_for_another_query(string uri, string? preset, bool good)
    {
        ServerSettings settings = At(uri, Root) with { Preset = preset };
        if (good)
            By(PollingWay.HttpGet).Check(settings);
        else
            Assert.Equal("CmpArgument.Server", Refused(By(PollingWay.HttpGet), settings).ErrorId);
        By(PollingWay.GeneralMessage).Check(settings);
    }

    [Fact]
    public void A_name_that_no_address_can_hold_is_refused()
    {
        Certificate longName = Peer.Shared.Issuing.Issue("CN=" + string.Join(",OU=", Enumerable.Repeat(new string('x', 60), 30))).Certificate;
        var question = new AnnouncementQuestion { PollBy = PollingWay.HttpGet, Types = [AnnouncementType.Crl], Certificate = MadeCertificate.Root(longName.Subject.ToString()).Certificate };
        Assert.Equal("CmpHttp.AnnouncementTarget", Assert.Throws<CmpException>(() => question.Check(At("http://ca.example/", Root))).ErrorId);
    }

    [Fact]
    public void Without_a_certificate_it_is_about_the_anchors_and_not_about_revocations()
    {
        Certificate other = MadeCertificate.Root("CN=Other").Certificate;
        Assert.Equal([Key(Root), Key(other), Crl(Root.Subject), Crl(other.Subject)], Targets(By(PollingWay.HttpGet), At("http://ca.example/", Root, other)));
    }

    [Fact]
    public void Two_roots_of_one_name_have_one_CRL_and_two_keys()
    {
        Certificate next = MadeCertificate.Root("CN=Test Root").Certificate;
        Assert.Equal([Key(Root), Key(next), Crl(Root.Subject)], Targets(By(PollingWay.HttpGet), At("http://ca.example/", Root, next)));
    }

    [Fact]
    public void Anchors_that_have_ended_are_not_asked_about()
    {
        Certificate ended = MadeCertificate.Root("CN=Ended", Shape.CA with { NotAfter = Peer.Now.AddDays(-1) }).Certificate;
        Assert.Equal([Key(Root)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate), At("http://ca.example/", ended, Root), Peer.Now));
        Assert.Empty(Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate), At("http://ca.example/", ended), Peer.Now));
    }

    [Fact]
    public void With_a_certificate_it_is_about_its_root_itself_and_its_issuer()
    {
        Name issuer = Peer.Shared.Issuing.Certificate.Subject;
        Certificate other = MadeCertificate.Root("CN=Other").Certificate;
        Assert.Equal(
            [Key(Root), $"RevAnn.PKI?issuer={Hex.Of(issuer.Encoded.Span)}&serialNumber={Hex.Of(Leaf.SerialNumber.Span)}", Crl(issuer)],
            Targets(By(PollingWay.HttpGet).With(Leaf), At("http://ca.example/", other, Root)));
    }

    [Fact]
    public void Names_are_bare_or_GeneralNames()
    {
        Name issuer = Peer.Shared.Issuing.Certificate.Subject;
        string names = Hex.Of(Tlv.Of(0x30, Tlv.Of(0xA4, issuer.Encoded.Span)));
        Assert.Equal(
            [$"RevAnn.PKI?issuer={names}&serialNumber={Hex.Of(Leaf.SerialNumber.Span)}", "CRLAnn.PKI?issuer=" + names],
            Targets(By(PollingWay.HttpGet, AnnouncementType.Revocation, AnnouncementType.Crl).With(Leaf) with { IssuerAsGeneralNames = true }, At("http://ca.example/", Root)));
    }

    [Fact]
    public void Where_there_is_no_anchor_a_certificate_says_itself_which_key_signed_it()
    {
        Certificate speaking = Peer.Shared.Issuing.Issue("CN=speaks", Shape.Leaf with
        {
            Extensions = [new Extension(Oids.AuthorityKeyIdentifier, false, AuthorityKeyIdentifier.Of(Peer.Shared.Issuing.Certificate).Encoded)],
        }).Certificate;
        Certificate other = MadeCertificate.Root("CN=Other").Certificate;
        Assert.Equal([Key(Peer.Shared.Issuing.Certificate)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate).With(speaking), At("http://ca.example/")));
        // where it leads to one, that is the one whose key changes; where what stands between is not at hand, it may be any
        Assert.Equal([Key(Root)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate).With(speaking), At("http://ca.example/", other, Root)));
        Assert.Equal([Key(other), Key(Root)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate).With(speaking), At("http://ca.example/", other, Root) with { UntrustedCertificate = [] }));
    }

    [Fact]
    public void A_certificate_that_has_ended_leads_to_its_root_still_and_a_root_is_itself()
    {
        Certificate ended = Peer.Shared.Issuing.Issue("CN=ended", Shape.Leaf with { NotBefore = Peer.Now.AddDays(-20), NotAfter = Peer.Now.AddDays(-10) }).Certificate;
        Assert.Equal([Key(Root)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate).With(ended), At("http://ca.example/", Root), Peer.Now));
        Certificate unknown = MadeCertificate.Root("CN=Unknown", Shape.CA with { NotAfter = Peer.Now.AddDays(-1) }).Certificate;
        foreach (Certificate root in new[] { Root, unknown })
            Assert.Equal([Key(root)], Targets(By(PollingWay.HttpGet, AnnouncementType.CaKeyUpdate).With(root), At("http://ca.example/", Root), Peer.Now));
    }
}

/// <summary>Shorter questions.</summary>
internal static class QuestionAbout
{
    internal static AnnouncementQuestion With(this AnnouncementQuestion question, Certificate certificate) => question with { Certificate = certificate };
}
