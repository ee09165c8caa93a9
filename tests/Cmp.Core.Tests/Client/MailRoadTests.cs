using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>
/// Whole transactions by mail. Time passes only while somebody waits, and the mailers are the test: they send and deliver when the client waits, in whatever
/// way the test wants.
/// </summary>
public sealed class MailRoadTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly MailFolders _mail = new();
    private readonly List<CmpProgress> _progress = [];
    private readonly List<MailHead> _sent = [];
    private TestServer.Peer _server = new(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never, ConfirmWaitTime = TimeSpan.FromDays(30) });

    private EnrollmentStore Store => new(_folder.PathOf("home"));

    private ServerSettings Said => new()
    {
        Uri = new Uri(MailFolders.Address),
        MailFolder = _mail.Path,
        Secret = new ReferenceAndSecret(TestServer.Peer.Reference, new NetworkCredential(string.Empty, "correct horse battery staple").SecurePassword),
        TrustAnchor = [TestServer.Peer.Authority.Root],
        IterationCount = 500,
    };

    public void Dispose()
    {
        _server.Dispose();
        _mail.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task An_enrolment_goes_by_mail()
    {
        using CmpClient client = Open(Carry);
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Empty(enrolled.Warnings);
        Assert.Contains(_server.Responder.Issued, enrolled.Certificate.IsSameAs);
        Assert.Equal(2, _sent.Count);
        Assert.Equal(2, _sent.Select(head => head.MessageId).Distinct().Count());
        Assert.Contains(_progress, progress => progress.Phase == "Waiting for the answer" && progress.Reason!.EndsWith(".eml' is to be sent", StringComparison.Ordinal));
        Assert.Empty(Store.All(error => Assert.Fail(error.Message)));
        // no mail that came is moved or deleted
        Assert.Equal(2, Directory.GetFiles(_mail.Inbox).Length);
    }

    [SkippableFact]
    public async Task Who_does_not_wait_goes_on_days_later_in_another_process()
    {
        await BeginAsync();
        PendingEnrollment pending = Pending();
        Assert.EndsWith("is to be sent", pending.WaitReason, StringComparison.Ordinal);

        // nothing has come, although it was sent
        string ticket = pending.Ticket!;
        MailHead head = _mail.Send(out byte[] octets);
        _server.Now += TimeSpan.FromDays(1);
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.Equal(ticket, Pending().Ticket);
        Assert.Contains("is to come as a mail in", Pending().WaitReason);

        _server.Now += TimeSpan.FromDays(1);
        _mail.Deliver("ip.eml", Answer(head, octets)!);
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.NotEqual(ticket, Pending().Ticket);

        _server.Now += TimeSpan.FromDays(1);
        Carry();
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await ResumeAsync(isImpatient: true));
        Assert.True(enrolled.Confirmed);
        Assert.Single(_server.Responder.Issued);
        Assert.Empty(Store.All(error => Assert.Fail(error.Message)));
        Assert.True(File.Exists(_folder.PathOf("new.pem")));
    }

    [SkippableFact]
    public async Task Rule38_Who_waits_ends_with_a_pending_transaction_when_the_time_is_up_and_not_with_an_error()
    {
        using CmpClient client = Open();
        using Enrollment enrollment = Begin(client);
        Assert.Null(await enrollment.RunAsync(TimeSpan.FromHours(1)));
        Assert.NotNull(Pending().Ticket);
    }

    [SkippableFact]
    public async Task A_server_that_makes_us_wait_is_polled_by_mail()
    {
        _server.Dispose();
        _server = new TestServer.Peer(new TestServerOptions { PollCount = 2, CheckAfter = 3600, ImplicitConfirmation = ImplicitConfirmation.Never, ConfirmWaitTime = TimeSpan.FromDays(30) });
        using CmpClient client = Open(Carry);
        using Enrollment enrollment = Begin(client);
        Assert.True((await enrollment.RunAsync(TimeSpan.FromDays(1)))!.Confirmed);
        // ir, three times pollReq, certConf: in the order in which they were said
        Assert.Equal(["001", "002", "003", "004", "005"], _sent.Select(head => MailToken.In(head.MessageId)[0].Split('-')[1]));
    }

    [SkippableTheory]
    [InlineData("CmpMail.NoMessage", "Subject: We know you not\n\n")]
    [InlineData("CmpMail.Bounced", "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\nAction: failed\n--b--\n")]
    [InlineData("CmpMail.Encoding", "Content-Type: application/pkixcmp\n\nMIIB")]
    [InlineData("CmpMail.Malformed", "Content-Type: application/pkixcmp\nContent-Type: text/plain\n\nMIIB")]
    [InlineData("CmpMail.Incomplete", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nMIIB")]
    [InlineData("CmpMail.SeveralParts", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pkixcmp\n\n--b--\n")]
    [InlineData("CmpMail.SeveralMessages", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pkixcmp\n\n--b\nContent-Type: application/pkixcmp\n\n--b--\n")]
    [InlineData("CmpMessage.Malformed", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nPGh0bWw+\n")]
    [InlineData("CmpMessage.Malformed", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nMAMCAQA=\n")]
    [InlineData("CmpMessage.TooLarge", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nMIR/////\n")]
    public async Task A_mail_that_is_no_answer_is_one_error_and_the_transaction_waits_for_a_better_one(string errorId, string mail)
    {
        await BeginAsync();
        MailHead head = _mail.Send(out byte[] octets);
        string bad = _mail.Deliver("bad.eml", $"In-Reply-To: {head.MessageId}\n{mail}");
        Assert.Equal(errorId, (await Assert.ThrowsAnyAsync<CmpException>(() => ResumeAsync())).ErrorId);
        Assert.NotNull(Pending().Ticket);
        Assert.False(File.Exists(_folder.PathOf("new.pem")));
        // what names itself an answer and is a message of its own would be a second one
        if (errorId == "CmpMessage.Malformed")
            File.Delete(bad);
        _mail.Deliver("good.eml", Answer(head, octets)!);
        Assert.True((await ResumeAsync(waiting: Carry))!.Confirmed);
        Assert.Single(_server.Responder.Issued);
    }

    [SkippableFact]
    public async Task Two_answers_that_differ_end_nothing_and_the_servers_own_is_taken_once_the_other_is_gone()
    {
        await BeginAsync();
        MailHead head = _mail.Send(out byte[] octets);
        _mail.Deliver("good.eml", Answer(head, octets)!);
        string other = _mail.Deliver("other.eml", MailFolders.Answer("Subject: Re: " + head.Subject));
        Assert.Equal("CmpMail.TwoAnswers", (await Assert.ThrowsAnyAsync<CmpException>(() => ResumeAsync())).ErrorId);
        File.Delete(other);
        Assert.True((await ResumeAsync(waiting: Carry))!.Confirmed);
    }

    [SkippableFact]
    public async Task Rule44_Words_in_place_of_the_last_answer_leave_the_certificate_where_it_belongs()
    {
        int carried = 0;
        using CmpClient client = Open(() => _mail.Exchange((head, octets) => carried++ == 0 ? Answer(head, octets) : $"In-Reply-To: {head.MessageId}\nSubject: Closed\u0007\n\n"));
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.False(enrolled.Confirmed);
        Assert.Contains("Closed\\u{0007}", Assert.Single(enrolled.Warnings));
    }

    [SkippableFact]
    public async Task What_a_mail_program_made_of_an_attachment_is_taken_on_demand_and_told()
    {
        using CmpClient client = Open(
            () => _mail.Exchange((head, octets) => $"In-Reply-To: {head.MessageId}\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHere.\n--b\n{Answer(head, octets)}--b--\n"),
            said => said with { Lenient = true });
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.True(enrolled.Confirmed);
        Assert.Contains("multipart/mixed", Assert.Single(enrolled.Warnings));
    }

    [SkippableFact]
    public async Task Who_is_out_of_office_is_the_reason_that_is_shown()
    {
        await BeginAsync();
        MailHead head = _mail.Send();
        _mail.Deliver("away.eml", $"Auto-Submitted: auto-replied\nIn-Reply-To: {head.MessageId}\nSubject: Away until Monday\n\n");
        Assert.Null(await ResumeAsync(isImpatient: true));
        Assert.EndsWith("a program answered: Away until Monday", Pending().WaitReason, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Rule57_The_conf_of_RFC_2510_is_sent_and_nothing_is_waited_for()
    {
        using CmpClient client = Open(Carry, said => said with { Preset = "Cmp1999" });
        using Enrollment enrollment = Begin(client);
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
        Assert.True(enrolled.Confirmed);
        _mail.Send(out byte[] last);
        Assert.Equal(PkiBodyType.Pkiconf, PkiMessage.Decode(last).Body.Type);
    }

    [SkippableFact]
    public async Task Several_transactions_and_several_certificates_of_one_go_at_once()
    {
        using CmpClient client = Open(Carry);
        using Enrollment one = Begin(client, name: "one");
        using var several = new Enrollment(client, [Asked(false, "first"), Asked(false, "second")]) { Store = Store };
        await Task.WhenAll(one.RunAsync(), several.RunAsync());
        Assert.True(one.Items.Concat(several.Items).All(item => item.Enrolled!.Confirmed));
        Assert.Equal(4, _sent.Count);
    }

    [Fact]
    public async Task A_question_and_a_revocation_go_by_mail_too()
    {
        Certificate certificate = _server.Enroll("CN=router7").Certificate;
        using CmpClient client = Open(Carry);
        Assert.NotEmpty(await client.SendGeneralMessageAsync([]));
        Assert.True(Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = certificate }], new RequestOptions())).IsRevoked);
    }

    [Fact]
    public void Without_a_folder_there_is_no_road()
    {
        Assert.IsType<MailTransport>(Roads.Open(Said.Resolve(), 1));
        CmpException error = Assert.Throws<CmpException>(() => new CmpClient(Said with { MailFolder = null }));
        Assert.Equal("CmpArgument.MailFolder", error.ErrorId);
        Assert.Contains("-MailFolder", error.RecommendedAction);
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => new CmpClient(Said with { Uri = new Uri("mailto:ca@example.com?cc=x@y") })).ErrorId);
    }

    [SkippableFact]
    public async Task Without_the_folder_on_the_disk_no_key_is_made_and_nothing_is_pending()
    {
        int keys = 0;
        using var client = new CmpClient(Said with { MailFolder = _folder.PathOf("nowhere") });
        using var enrollment = new Enrollment(client, Asked(isImpatient: false)) { Store = Store, GetKey = _ => throw new InvalidOperationException((++keys).ToString()) };
        Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => enrollment.RunAsync())).ErrorId);
        Assert.Equal(0, keys);
        Assert.False(Directory.Exists(_folder.PathOf("home")));
        Assert.False(Directory.Exists(_folder.PathOf("nowhere")));
    }

    /// <summary>What the server's mailer sends in answer; <see langword="null"/> where nothing is to be said.</summary>
    private string? Answer(MailHead head, byte[] octets) =>
        _server.Responder.Respond(octets) is { IsEmpty: false } answer ? MailFolders.Answer($"In-Reply-To: {head.MessageId}\nSubject: Re: {head.Subject}", answer.ToArray()) : null;

    private void Carry()
    {
        lock (_sent)
        {
            _mail.Exchange((head, octets) =>
            {
                _sent.Add(head);
                return Answer(head, octets);
            });
        }
    }

    private PendingEnrollment Pending() => Assert.Single(Store.All(error => Assert.Fail(error.Message)));

    private EnrollmentRequest Asked(bool isImpatient, string name = "new")
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        return new EnrollmentRequest
        {
            Subject = Name.Parse("CN=" + name),
            Key = new KeyRequest(),
            Destination = CertificateDestination.InFile(_folder.PathOf(name + ".pem")),
            IsImpatient = isImpatient,
        };
    }

    private Enrollment Begin(CmpClient client, bool isImpatient = false, string name = "new") => new(client, Asked(isImpatient, name))
    {
        Store = Store,
        Progress = new Heard(_progress),
    };

    /// <summary>A process that does not wait.</summary>
    private async Task BeginAsync()
    {
        using CmpClient client = Open();
        using Enrollment enrollment = Begin(client, isImpatient: true);
        Assert.Null(await enrollment.RunAsync());
    }

    /// <summary>Goes on as another process would.</summary>
    private async Task<EnrolledCertificate?> ResumeAsync(bool isImpatient = false, Action? waiting = null)
    {
        _server.Now += TimeSpan.FromSeconds(1);
        using Enrollment enrollment = Enrollment.Resume(Store, Pending().Id, new ResumeOptions
        {
            Said = Said,
            OpenClient = settings => Open(waiting, _ => settings),
            Progress = new Heard(_progress),
            IsImpatient = isImpatient,
        });
        return await enrollment.RunAsync();
    }

    /// <summary>A client whose time passes while it waits; something may happen then.</summary>
    private CmpClient Open(Action? waiting = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        ServerSettings said = settings?.Invoke(Said) ?? Said;
        var road = new MailTransport(new MailTransportSettings { Uri = said.Uri!, Folder = said.MailFolder!, Lenient = said.Lenient == true }, () => _server.Now);
        return new CmpClient(said, road, () => _server.Now, (time, token) =>
        {
            waiting?.Invoke();
            token.ThrowIfCancellationRequested();
            _server.Now += time;
            return Task.CompletedTask;
        });
    }

    private sealed class Heard(List<CmpProgress> list) : IProgress<CmpProgress>
    {
        public void Report(CmpProgress value)
        {
            lock (list)
                list.Add(value);
        }
    }
}
