using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PollingScene;

namespace Cmp.Tests.Announcements;

/// <summary>Polling by HTTP GET, as drafts of the transport had it (transport-protocols-11 3.7.2), at a server that a test tells what to answer.</summary>
public class PollingByGetTests
{
    private static readonly AnnouncementQuestion Get = new() { PollBy = PollingWay.HttpGet };

    private static readonly byte[] Update = SayBySigner(new CaKeyUpdContent(PollingScene.Update));
    private static readonly byte[] Crl = Say(new CrlAnnContent([CrlOfIssuing]));
    private static readonly byte[] Warning = Say(PollingScene.Revocation);

    /// <summary>Asks a server that answers each target by octets of HTTP; it takes one connection and one more.</summary>
    private static async Task<(PollingScene Scene, string[] Asked)> PollAsync(Func<AnnouncementTarget, byte[]> answer, AnnouncementQuestion question, Func<ServerSettings, ServerSettings>? settings = null, Func<PollingScene, Task>? poll = null)
    {
        Func<ScriptedConnection, Task> script = async connection =>
        {
            while (true)
            {
                string target = (await connection.ReceiveAsync()).RequestLine.Split(' ')[1];
                await connection.SendAsync(answer(AnnouncementTarget.Read(target)!));
            }
        };
        await using ScriptedServer server = new(script, script);
        using var road = new HttpTransport(HttpTest.Settings(server.Uri));
        var scene = new PollingScene(road, said => (settings ?? (same => same))(said with { Uri = server.Uri, Secret = null }));
        try
        {
            await (poll?.Invoke(scene) ?? scene.PollAsync(question)).WaitAsync(Some.Time);
        }
        finally
        {
            scene.Dispose();
        }
        Assert.All(server.Requests, request => Assert.StartsWith("GET /pkix/", request.RequestLine, StringComparison.Ordinal));
        return (scene, [.. server.Requests.Select(request => request.RequestLine.Split(' ')[1].Substring("/pkix/".Length))]);
    }

    private static byte[] Answered(AnnouncementTarget target) => Some.Answer(target switch
    {
        AnnouncementTarget.CaKeyUpdate => Update,
        AnnouncementTarget.Revocation => Warning,
        _ => Crl,
    });

    private static byte[] None => Some.Answer([], status: "404 Not Found");

    [Fact]
    public async Task All_that_there_is_comes_and_is_believed()
    {
        (PollingScene scene, string[] asked) = await PollAsync(Answered, Get with { Certificate = Peer.Shared.Client.Certificate });
        Assert.Equal(["CAKeyUpdAnn.PKI", "RevAnn.PKI", "CRLAnn.PKI"], asked.Select(target => target.Substring(0, target.IndexOf('?'))));
        Assert.Equal([AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation, AnnouncementType.Crl], scene.Emitted.Select(one => one.Type));
        Assert.All(scene.Emitted, one =>
        {
            Assert.True(one.Verified, one.Problem?.Text);
            Assert.Equal(AnnouncementSource.HttpGet, one.Source);
            Assert.NotNull(one.Message);
        });
        Assert.Empty(scene.Failed);
    }

    [Fact]
    public async Task What_is_not_there_is_no_error()
    {
        foreach (byte[] none in new[] { None, Some.Answer([], status: "204 No Content") })
        {
            (PollingScene scene, string[] asked) = await PollAsync(_ => none, Get);
            Assert.Equal(2, asked.Length);
            Assert.Empty(scene.Emitted);
            Assert.Empty(scene.Failed);
        }
    }

    [Fact]
    public async Task An_announcement_that_is_not_believed_comes_all_the_same_with_its_reason()
    {
        byte[] unsigned = AnnouncementWriter.Write(new CrlAnnContent([CrlOfIssuing]), Issuing.Certificate.Subject, Cmp.Protection.MessageProtector.None(null), Peer.Now).Encoded.ToArray();
        (PollingScene scene, _) = await PollAsync(_ => Some.Answer(unsigned), Get with { Types = [AnnouncementType.Crl] });
        Assert.False(Assert.Single(scene.Emitted).Verified);
        Assert.Contains(scene.Emitted[0].Reasons, reason => reason is { Holds: false, Id: "CmpProtection.Missing" });
    }

    [Fact]
    public async Task What_is_believed_comes_though_the_same_came_before_and_was_not()
    {
        // two roots are asked about, and the same change is told for both
        MadeCertificate other = MadeCertificate.Root("CN=Another Root");
        byte[] unsigned = AnnouncementWriter.Write(new CaKeyUpdContent(PollingScene.Update), Issuing.Certificate.Subject, Cmp.Protection.MessageProtector.None(null), Peer.Now).Encoded.ToArray();
        int asked = 0;
        (PollingScene scene, _) = await PollAsync(_ => Some.Answer(asked++ == 0 ? unsigned : Update), Get with { Types = [AnnouncementType.CaKeyUpdate] }, said => said with { TrustAnchor = [.. said.TrustAnchor!, other.Certificate] });
        Assert.Equal([false, true], scene.Emitted.Select(one => one.Verified));
        asked = 0;
        (scene, _) = await PollAsync(_ => Some.Answer(asked++ == 1 ? unsigned : Update), Get with { Types = [AnnouncementType.CaKeyUpdate] }, said => said with { TrustAnchor = [.. said.TrustAnchor!, other.Certificate] });
        Assert.True(Assert.Single(scene.Emitted).Verified);
    }

    [Theory]
    [InlineData("405 Method Not Allowed", "CmpHttp.405")]
    [InlineData("501 Not Implemented", "CmpHttp.501")]
    public async Task A_server_without_GET_is_heard_of_for_each_question_with_the_other_way(string status, string errorId)
    {
        (PollingScene scene, _) = await PollAsync(_ => Some.Answer([], status: status), Get);
        Assert.Equal([(AnnouncementType.CaKeyUpdate, errorId), (AnnouncementType.Crl, errorId)], scene.Failed.Select(one => (one.Type, one.Error.ErrorId)));
        Assert.All(scene.Failed, one => Assert.Contains("-PollBy GeneralMessage", one.Error.RecommendedAction, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_fails_hides_no_other()
    {
        (PollingScene scene, _) = await PollAsync(target => target is AnnouncementTarget.CaKeyUpdate ? Some.Answer([], status: "500 Internal Server Error") : Answered(target), Get);
        Assert.Equal("CmpHttp.500", Assert.Single(scene.Failed).Error.ErrorId);
        Assert.Equal(AnnouncementType.Crl, Assert.Single(scene.Emitted).Type);
    }

    [Fact]
    public async Task Rule55_A_busy_server_is_asked_again_when_it_may_be()
    {
        int asked = 0;
        (PollingScene scene, string[] targets) = await PollAsync(target => ++asked == 1 ? Some.Answer([], "Retry-After: 20\r\n", "503 Busy", "text/plain") : Answered(target), Get with { Types = [AnnouncementType.Crl] });
        Assert.Equal(2, targets.Length);
        Assert.Single(scene.Emitted);
        Assert.InRange(scene.Clock.Now - Peer.Now, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(22));

        // but not where nobody is to wait, or there is no time
        foreach (RequestOptions options in new[] { new RequestOptions { IsImpatient = true }, new RequestOptions { Timeout = TimeSpan.FromSeconds(10) } })
        {
            (scene, targets) = await PollAsync(_ => Some.Answer([], "Retry-After: 20\r\n", "503 Busy", "text/plain"), Get, poll: one => one.PollAsync(Get with { Types = [AnnouncementType.Crl] }, options));
            Assert.Single(targets);
            Assert.Equal("CmpHttp.503", Assert.Single(scene.Failed).Error.ErrorId);
        }
    }

    [Fact]
    public async Task A_message_that_announces_nothing_is_said_to_be_none()
    {
        byte[] error = Cmp.Protection.MessageProtector.None(null).Protect(new PkiHeader(2, Cmp.Messages.Pkix.GeneralName.NullDn, Cmp.Messages.Pkix.GeneralName.NullDn), Peer.Error(), []).Encoded.ToArray();
        foreach ((byte[] answer, string errorId) in new[]
        {
            (Some.Answer(error), "CmpAnnouncement.NotOne"),
            (Some.Answer(Some.Message), "CmpMessage.Malformed"),
            (Some.Answer(error, status: "500 Internal Server Error"), "CmpHttp.500"),
            (Some.Answer([.. "<html>"u8], type: "text/html"), "CmpHttp.ContentType"),
            (Some.Answer(Some.Sequence(2_000_000)), "CmpMessage.TooLarge"),
        })
        {
            (PollingScene scene, _) = await PollAsync(_ => answer, Get with { Types = [AnnouncementType.Crl] });
            Assert.Equal(errorId, Assert.Single(scene.Failed).Error.ErrorId);
            Assert.Empty(scene.Emitted);
        }
    }

    [Fact]
    public async Task Rule55_An_announcement_counts_whatever_the_status()
    {
        (PollingScene scene, _) = await PollAsync(_ => Some.Answer(Crl, status: "500 Internal Server Error"), Get with { Types = [AnnouncementType.Crl] });
        Assert.True(Assert.Single(scene.Emitted).Verified);
        Assert.Contains(scene.Trace.Warnings, warning => warning.Contains("CmpHttp.500", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rule75_What_was_not_asked_for_is_not_taken_for_it()
    {
        (PollingScene scene, _) = await PollAsync(_ => Some.Answer(Crl), Get with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal("CmpAnnouncement.NotAsked", Assert.Single(scene.Failed).Error.ErrorId);
        Assert.Empty(scene.Emitted);
        // the revocation of another certificate
        byte[] other = Say(new RevAnnContent(PkiStatus.RevocationWarning, CertId.Of(Peer.Shared.Signer.Certificate), Peer.Now.AddDays(1), Peer.Now, []));
        (scene, _) = await PollAsync(_ => Some.Answer(other), Get with { Types = [AnnouncementType.Revocation], Certificate = Peer.Shared.Client.Certificate });
        Assert.Equal("CmpAnnouncement.NotAsked", Assert.Single(scene.Failed).Error.ErrorId);
        Assert.Empty(scene.Emitted);
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_it()
    {
        (PollingScene scene, string[] asked) = await PollAsync(_ => throw new System.IO.IOException("It closes."), Get, poll: one => Assert.ThrowsAsync<CmpException>(() => one.PollAsync(Get)));
        Assert.Single(asked.Distinct());
        Assert.Empty(scene.Failed);
    }
}
