using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;
using static Cmp.Tests.Announcements.PollingScene;

namespace Cmp.Tests.Announcements;

/// <summary>Polling by general messages in place of announcements (RFC 6712 3.7).</summary>
public class PollingByMessageTests
{
    private static readonly AnnouncementQuestion Default = new();

    /// <summary>A server that answers each type by an item of its own; what is not here is unsupported.</summary>
    private static AnnouncingRoad Answering(Dictionary<string, Func<InfoTypeAndValue, PkiBody>> answers) => new()
    {
        Answer = request =>
        {
            InfoTypeAndValue asked = ((GenMsgContent)request.Body).Items[0];
            PkiBody body = answers.TryGetValue(asked.InfoType, out Func<InfoTypeAndValue, PkiBody>? answer)
                ? answer(asked)
                : new GenRepContent([new InfoTypeAndValue(Oids.UnsupportedOids, Tlv.Of(0x30, OidOf(asked.InfoType)))]);
            return Peer.Shared.Answer(request, body);
        },
    };

    private static Func<InfoTypeAndValue, PkiBody> With(string type, byte[]? value) => _ => new GenRepContent([new InfoTypeAndValue(type, value is null ? (ReadOnlyMemory<byte>?)null : value)]);

    private static Dictionary<string, Func<InfoTypeAndValue, PkiBody>> Good => new()
    {
        [Oids.RootCaCert] = With(Oids.RootCaKeyUpdate, Update.Encoded.ToArray()),
        [Oids.CurrentCrl] = With(Oids.CurrentCrl, CrlOfRoot.Encoded.ToArray()),
        [Oids.CrlStatusList] = With(Oids.Crls, List(CrlOfIssuing)),
        [Oids.CaCerts] = With(Oids.CaCerts, List(Issuing.Certificate)),
    };

    private static byte[] OidOf(string oid)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        return writer.Encode();
    }

    [Fact]
    public async Task Without_a_type_the_new_root_and_the_current_CRL_are_asked_for()
    {
        AnnouncingRoad road = Answering(Good);
        using var scene = new PollingScene(road);
        await scene.PollAsync(Default);

        Assert.Equal([Oids.RootCaCert, Oids.CurrentCrl], road.Asked.Select(item => item.InfoType));
        Assert.Equal(Root.Certificate.Encoded.ToArray(), road.Asked[0].InfoValue!.Value.ToArray());
        Assert.Null(road.Asked[1].InfoValue);
        Assert.Equal([AnnouncementType.CaKeyUpdate, AnnouncementType.Crl], scene.Emitted.Select(one => one.Type));
        Assert.All(scene.Emitted, one =>
        {
            Assert.True(one.Verified, one.Problem?.Text);
            Assert.Equal(AnnouncementSource.GeneralMessage, one.Source);
            Assert.Null(one.Message);
            Assert.Equal("tcp://ca.example", one.From);
        });
        Assert.True(scene.Emitted[0].RootUpdate!.NewWithNew.IsSameAs(NewRoot.Certificate));
        Assert.True(scene.Emitted[0].OldRoot!.IsSameAs(Root.Certificate));
        Assert.Empty(scene.Failed);
    }

    [Fact]
    public async Task What_is_said_is_called_the_same_where_a_message_says_it()
    {
        using var scene = new PollingScene(Answering(Good));
        await scene.PollAsync(Default);
        using var client = CmpClient.ByHand(new ServerSettings { TrustAnchor = [Root.Certificate] });
        var judge = new AnnouncementJudge(client, settings: new JudgeSettings { Clock = () => Peer.Now });
        foreach ((PkiBody content, int i) in new PkiBody[] { new CaKeyUpdContent(Update), new CrlAnnContent([CrlOfRoot]) }.Select((content, i) => (content, i)))
            Assert.Equal(scene.Emitted[i].Id, Assert.Single(await judge.JudgeAsync(SayBySigner(content), AnnouncementSource.Read)).Id);
    }

    [Fact]
    public async Task Rule47_A_server_that_has_nothing_is_no_error()
    {
        foreach (byte[]? value in new[] { null, new RootCaKeyUpdateContent(Root.Certificate).Encoded.ToArray() })
        {
            using var scene = new PollingScene(Answering(new()
            {
                // the root that is trusted is no news of itself
                [Oids.RootCaCert] = With(Oids.RootCaKeyUpdate, value),
                [Oids.CurrentCrl] = With(Oids.CurrentCrl, null),
            }));
            await scene.PollAsync(Default);
            Assert.Empty(scene.Emitted);
            Assert.Empty(scene.Failed);
            Assert.Equal(2, scene.Trace.Notes.Count(note => note.Contains("announces no")));
        }
    }

    [Fact]
    public async Task With_a_certificate_its_root_and_the_CRL_of_its_issuer_are_asked_for()
    {
        AnnouncingRoad road = Answering(Good);
        using var scene = new PollingScene(road, settings => settings with { TrustAnchor = [MadeCertificate.Root("CN=Other").Certificate, Root.Certificate], UntrustedCertificate = [Issuing.Certificate] });
        await scene.PollAsync(Default with { Certificate = Peer.Shared.Client.Certificate });
        Assert.Equal([Oids.RootCaCert, Oids.CrlStatusList], road.Asked.Select(item => item.InfoType));
        Assert.Equal(Root.Certificate.Encoded.ToArray(), road.Asked[0].InfoValue!.Value.ToArray());
        CrlStatus status = Assert.Single(Asn1Reader.Decode(road.Asked[1].InfoValue!.Value, null, (ref Asn1Reader reader) => reader.ReadFilledList(CrlStatus.Read)));
        Assert.True(status.Source.Issuer[0].DirectoryName!.IsSameAs(Issuing.Certificate.Subject));
        Assert.Equal([true, true], scene.Emitted.Select(one => one.Verified));
    }

    [Fact]
    public async Task Each_anchor_is_asked_about_but_those_that_have_ended()
    {
        AnnouncingRoad road = Answering(Good);
        Certificate ended = MadeCertificate.Root("CN=Ended", Shape.CA with { NotAfter = Peer.Now.AddDays(-1) }).Certificate, other = MadeCertificate.Root("CN=Other").Certificate;
        using var scene = new PollingScene(road, settings => settings with { TrustAnchor = [ended, Root.Certificate, other] });
        await scene.PollAsync(Default with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal([Root.Certificate.Encoded.ToArray(), other.Encoded.ToArray()], road.Asked.Select(item => item.InfoValue!.Value.ToArray()));
        // what several questions bring alike comes once
        Assert.Single(scene.Emitted);
        Assert.Contains(scene.Trace.Notes, note => note.Contains("CN=Ended"));
    }

    [Fact]
    public async Task Where_no_root_is_known_the_server_is_asked_for_its_own_and_not_believed()
    {
        AnnouncingRoad road = Answering(Good);
        using var scene = new PollingScene(road, settings => settings with { TrustAnchor = [] });
        await scene.PollAsync(Default with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Null(Assert.Single(road.Asked).InfoValue);
        Assert.Equal("CmpAnnouncement.OldRoot", Assert.Single(scene.Emitted).Problem!.Id);
    }

    [Fact]
    public async Task A_server_of_cmp2000_is_asked_in_its_own_words()
    {
        AnnouncingRoad road = Answering(new()
        {
            [Oids.CaKeyUpdateInfo] = With(Oids.CaKeyUpdateInfo, new CaKeyUpdAnnContent(Update.OldWithNew!, Update.NewWithOld!, Update.NewWithNew).Encoded.ToArray()),
        });
        using var scene = new PollingScene(road);
        await scene.PollAsync(Default with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal([Oids.RootCaCert, Oids.CaKeyUpdateInfo], road.Asked.Select(item => item.InfoType));
        Assert.True(Assert.Single(scene.Emitted).Verified);
        Assert.NotNull(((CaKeyUpdContent)scene.Emitted[0].Content).V2);
        using var other = new PollingScene(Answering(Good));
        await other.PollAsync(Default with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal(other.Emitted[0].Id, scene.Emitted[0].Id);
    }

    [Fact]
    public async Task The_certificate_of_a_CRLs_issuer_is_looked_for_among_those_that_the_CA_gives()
    {
        var answers = new Dictionary<string, Func<InfoTypeAndValue, PkiBody>>(Good) { [Oids.CurrentCrl] = With(Oids.CurrentCrl, CrlOfIssuing.Encoded.ToArray()) };
        AnnouncingRoad road = Answering(answers);
        using var scene = new PollingScene(road);
        await scene.PollAsync(Default with { Types = [AnnouncementType.Crl] });
        Assert.Equal([Oids.CurrentCrl, Oids.CaCerts], road.Asked.Select(item => item.InfoType));
        Assert.True(Assert.Single(scene.Emitted).Verified, scene.Emitted[0].Problem?.Text);

        // a server that gives none, or another one
        foreach (Func<InfoTypeAndValue, PkiBody> none in new[] { With(Oids.CaCerts, null), With(Oids.CaCerts, List(MadeCertificate.Root("CN=Test Issuing CA").Certificate)), _ => Peer.Error() })
        {
            answers[Oids.CaCerts] = none;
            using var again = new PollingScene(Answering(answers));
            await again.PollAsync(Default with { Types = [AnnouncementType.Crl] });
            Assert.False(Assert.Single(again.Emitted).Verified);
            Assert.Empty(again.Failed);
        }
    }

    [Fact]
    public async Task A_CA_that_issues_under_its_new_root_already_is_believed_where_the_key_update_is_asked_for_too()
    {
        MadeCertificate issuing = NewRoot.Issue("CN=Test Issuing CA", Shape.CA);
        var answers = new Dictionary<string, Func<InfoTypeAndValue, PkiBody>>(Good)
        {
            [Oids.CurrentCrl] = With(Oids.CurrentCrl, Client.MadeCrl.Write(issuing, issuing.Certificate.Subject).Encoded.ToArray()),
            [Oids.CaCerts] = With(Oids.CaCerts, List(issuing.Certificate)),
        };
        using var both = new PollingScene(Answering(answers));
        await both.PollAsync(Default);
        Assert.Equal([(AnnouncementType.CaKeyUpdate, true), (AnnouncementType.Crl, true)], both.Emitted.Select(one => (one.Type, one.Verified)));
        // what leads to the new root is not known, or not proven
        using var one = new PollingScene(Answering(answers));
        await one.PollAsync(Default with { Types = [AnnouncementType.Crl] });
        Assert.False(Assert.Single(one.Emitted).Verified);
        answers[Oids.RootCaCert] = With(Oids.RootCaKeyUpdate, (Update with { OldWithNew = Root.Certificate }).Encoded.ToArray());
        using var wrong = new PollingScene(Answering(answers));
        await wrong.PollAsync(Default);
        Assert.Equal([(AnnouncementType.CaKeyUpdate, false), (AnnouncementType.Crl, false)], wrong.Emitted.Select(one => (one.Type, one.Verified)));
    }

    [Fact]
    public async Task CA_certificates_are_asked_for_by_name_only_and_each_is_judged()
    {
        Certificate foreign = MadeCertificate.Root("CN=Foreign").Certificate;
        AnnouncingRoad road = Answering(new() { [Oids.CaCerts] = With(Oids.CaCerts, List(Issuing.Certificate, foreign)) });
        using var scene = new PollingScene(road);
        await scene.PollAsync(Default with { Types = [AnnouncementType.Certificate] });
        Assert.Equal([(true, "CN=Test Issuing CA"), (false, "CN=Foreign")], scene.Emitted.Select(one => (one.Verified, ((CertAnnContent)one.Content).Certificate.Subject.ToString())));
    }

    [Fact]
    public async Task Rule47_A_server_that_calls_a_router_a_CA_is_heard_of_and_hides_nothing_else()
    {
        var answers = new Dictionary<string, Func<InfoTypeAndValue, PkiBody>>(Good) { [Oids.CaCerts] = With(Oids.CaCerts, List(Issuing.Certificate, Peer.Shared.Client.Certificate)) };
        using var scene = new PollingScene(Answering(answers));
        await scene.PollAsync(Default with { Types = [AnnouncementType.Certificate, AnnouncementType.CaKeyUpdate, AnnouncementType.Crl] });
        Assert.Equal([(AnnouncementType.Certificate, "CmpTrust.NotCA")], scene.Failed.Select(one => (one.Type, one.Error.ErrorId)));
        Assert.Equal([AnnouncementType.CaKeyUpdate, AnnouncementType.Crl], scene.Emitted.Select(one => one.Type));
    }

    [Fact]
    public async Task One_question_that_is_refused_keeps_no_other_from_being_asked()
    {
        var answers = new Dictionary<string, Func<InfoTypeAndValue, PkiBody>>(Good) { [Oids.RootCaCert] = _ => Peer.Error(FailInfo.BadRequest, "no such thing") };
        using var scene = new PollingScene(Answering(answers));
        await scene.PollAsync(Default);
        Assert.Equal([(AnnouncementType.CaKeyUpdate, "CmpServer.badRequest")], scene.Failed.Select(one => (one.Type, one.Error.ErrorId)));
        Assert.Equal(AnnouncementType.Crl, Assert.Single(scene.Emitted).Type);

        // who hears of no failures gets the first one when all were asked
        answers[Oids.CurrentCrl] = With(Oids.CurrentCrl, [5, 0]);
        answers[Oids.CaCerts] = With(Oids.CaCerts, List(Issuing.Certificate));
        using var deaf = new PollingScene(Answering(answers));
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => deaf.PollDeafAsync(Default with { Types = [AnnouncementType.CaKeyUpdate, AnnouncementType.Crl, AnnouncementType.Certificate] }));
        Assert.Equal("CmpServer.badRequest", error.ErrorId);
        Assert.Equal(AnnouncementType.Certificate, Assert.Single(deaf.Emitted).Type);
    }

    [Theory]
    [InlineData(CmpErrorKind.Transport)]
    [InlineData(CmpErrorKind.Timeout)]
    public async Task A_server_that_is_not_there_is_asked_nothing_more(CmpErrorKind kind)
    {
        var road = new AnnouncingRoad { Answer = _ => throw new CmpException(kind, "CmpTransport.ConnectFailed", "Nobody is there.") };
        using var scene = new PollingScene(road);
        Assert.Equal("CmpTransport.ConnectFailed", (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Default))).ErrorId);
        Assert.Single(road.Sent);
        Assert.Empty(scene.Failed);
    }

    [Fact]
    public async Task Rule61_All_questions_are_under_one_deadline()
    {
        int asked = 0;
        PollingScene? scene = null;
        AnnouncingRoad road = Answering(new()
        {
            [Oids.RootCaCert] = _ =>
            {
                asked++;
                scene!.Clock.Now += TimeSpan.FromMinutes(2);
                return With(Oids.RootCaKeyUpdate, null)(_);
            },
        });
        using (scene = new PollingScene(road))
        {
            Assert.Equal("CmpTransaction.Timeout", (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Default, new RequestOptions { Timeout = TimeSpan.FromMinutes(1) }))).ErrorId);
        }
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task What_who_takes_it_throws_ends_it_and_is_no_failure_of_the_server()
    {
        AnnouncingRoad road = Answering(Good);
        using var scene = new PollingScene(road);
        scene.Emitting = _ => throw new CmpException(CmpErrorKind.Protocol, "Test.Full", "No more.");
        Assert.Equal("Test.Full", (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Default))).ErrorId);
        Assert.Single(road.Sent);
        Assert.Empty(scene.Failed);
    }

    [Fact]
    public async Task What_cannot_be_asked_is_said_before_anything_is_sent()
    {
        var road = new AnnouncingRoad();
        using var scene = new PollingScene(road);
        foreach (AnnouncementQuestion question in new[]
        {
            Default with { Types = [AnnouncementType.Revocation] },
            Default with { PollBy = PollingWay.HttpGet },
            Default with { PollBy = PollingWay.Observe },
            Default with { PollBy = PollingWay.TcpReference },
        })
        {
            Assert.Equal(CmpErrorKind.Argument, (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(question))).Kind);
        }
        Assert.Empty(road.Sent);
    }
}
