using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.MailFolders;

namespace Cmp.Tests.Transports;

public sealed class MailTransportTests : IDisposable
{
    private static readonly byte[] Other = [0x30, 0x03, 0x02, 0x01, 0x06];

    private readonly MailFolders _folders = new();
    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    public void Dispose() => _folders.Dispose();

    private MailTransport Road(Func<MailTransportSettings, MailTransportSettings>? change = null) => new((change ?? (settings => settings))(_folders.Settings()), () => _now);

    private static async Task<TransportReply.NotYet> AskAsync(MailTransport road, TransportRequest? request = null) =>
        Assert.IsType<TransportReply.NotYet>(await road.ExchangeAsync(request ?? Request(), default));

    /// <summary>Looks again, some time later.</summary>
    private Task<TransportReply> LookAsync(MailTransport road, TransportReply.NotYet later)
    {
        _now += TimeSpan.FromSeconds(1);
        return road.CollectAsync(later.Ticket, default);
    }

    private async Task<TransportReply.Octets> TakesAsync(MailTransport road, TransportReply.NotYet later, byte[]? octets = null)
    {
        var reply = Assert.IsType<TransportReply.Octets>(await LookAsync(road, later));
        Assert.Equal(octets ?? Octets, reply.Value.ToArray());
        return reply;
    }

    private async Task<TransportReply.NotYet> WaitsAsync(MailTransport road, TransportReply.NotYet later) => Assert.IsType<TransportReply.NotYet>(await LookAsync(road, later));

    private async Task<CmpException> FailsAsync(MailTransport road, TransportReply.NotYet later, string errorId)
    {
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => LookAsync(road, later));
        Assert.Equal(errorId, error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.DoesNotContain(error.Message, c => char.IsControl(c));
        return error;
    }

    private static string InReplyTo(MailHead head) => "In-Reply-To: " + head.MessageId;

    // what is sent

    [Fact]
    public async Task A_message_becomes_a_mail_that_any_mailer_takes()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        Assert.Equal("0A0B-001-0000000111223344", later.Ticket);
        Assert.Equal(_now.AddMilliseconds(100), later.NotBefore);
        string path = Path.Combine(_folders.Outbox, "cmp.0A0B-001-0000000111223344.eml");
        Assert.Equal(path, Assert.Single(_folders.Unsent));
        Assert.Equal($"'{path}' is to be sent", later.Reason);
        MailHead head = _folders.Send(out byte[] octets);
        Assert.Equal(Octets, octets);
        Assert.Equal("ra@example.org", head.First("From"));
        Assert.Equal("ca@example.com", head.First("To"));
        Assert.Equal("CMP request [cmp.0A0B-001-0000000111223344]", head.Subject);
        Assert.Equal("<cmp.0A0B-001-0000000111223344@example.org>", head.MessageId);
        Assert.EndsWith("+0000", head.First("Date"), StringComparison.Ordinal);
        Assert.Equal($"the answer is to come as a mail in '{_folders.Inbox}'", (await WaitsAsync(road, later)).Reason);
    }

    [Fact]
    public async Task What_no_mailer_took_can_be_taken_back()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        Assert.True(await road.RecallAsync(later.Ticket, default));
        Assert.Empty(_folders.Unsent);
        Assert.False(await road.RecallAsync(later.Ticket, default));
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => road.RecallAsync("../" + later.Ticket, default))).ErrorId);
    }

    [Fact]
    public async Task Rule50_What_is_said_again_is_the_same_mail_and_not_written_twice()
    {
        using MailTransport road = Road();
        TransportReply.NotYet first = await AskAsync(road);
        byte[] mail = File.ReadAllBytes(Assert.Single(_folders.Unsent));
        using MailTransport another = Road();
        _now += TimeSpan.FromDays(1);
        Assert.Equal(first.Ticket, (await AskAsync(another, Request() with { Octets = Other })).Ticket);
        Assert.Equal(mail, File.ReadAllBytes(Assert.Single(_folders.Unsent)));
        string id = _folders.Send().MessageId!;
        await AskAsync(another);
        Assert.Equal(id, _folders.Send().MessageId);
    }

    [Fact]
    public async Task Rule50_What_was_answered_is_not_asked_again()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        _folders.Deliver("a.eml", Answer(InReplyTo(_folders.Send())));
        using MailTransport another = Road();
        await TakesAsync(another, await AskAsync(another));
        Assert.Empty(_folders.Unsent);
        Assert.Equal(later.Ticket, (await AskAsync(another)).Ticket);
    }

    [Fact]
    public async Task Messages_of_one_transaction_are_mails_of_their_own()
    {
        using MailTransport road = Road();
        TransportReply.NotYet[] later = [await AskAsync(road), await AskAsync(road, Request(2)), await AskAsync(road, Request() with { TransactionId = "0A0C" })];
        Assert.Equal(3, later.Select(one => one.Ticket).Distinct().Count());
        Assert.Equal(3, _folders.Unsent.Length);
    }

    [Fact]
    public async Task Rule57_Where_no_answer_is_due_none_is_waited_for()
    {
        using MailTransport road = Road();
        Assert.IsType<TransportReply.Nothing>(await road.ExchangeAsync(Request() with { IsAnswerDue = false }, default));
        Assert.Single(_folders.Unsent);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../0A")]
    [InlineData("0A0")]
    public async Task Rule71_A_mail_is_called_by_hexadecimal_digits_only(string? id)
    {
        using MailTransport road = Road();
        Assert.Equal("CmpTransport.TransactionId", (await Assert.ThrowsAsync<CmpException>(() => road.ExchangeAsync(Request() with { TransactionId = id }, default))).ErrorId);
        Assert.Empty(_folders.Unsent);
    }

    [Fact]
    public async Task An_outbox_that_is_a_maildir_gets_its_mails_as_maildirs_do()
    {
        _folders.MakeMaildir(_folders.Outbox);
        using MailTransport road = Road();
        await road.CheckAsync(default);
        await AskAsync(road);
        string path = Path.Combine(_folders.Outbox, "new", "cmp.0A0B-001-0000000111223344");
        Assert.True(File.Exists(path));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folders.Outbox, "tmp")));
        // a mail program has seen it: it is there still
        File.Move(path, Path.Combine(_folders.Outbox, "cur", Path.GetFileName(path) + ":2,S"));
        Assert.EndsWith(":2,S' is to be sent", (await AskAsync(road)).Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folders.Outbox, "new")));
    }

    [Fact]
    public async Task What_a_process_left_that_died_over_a_mail_goes_with_the_next_attempt()
    {
        Directory.CreateDirectory(_folders.Outbox);
        string staged = Path.Combine(_folders.Outbox, $".cmp.0A0B-001-0000000111223344.eml.{Guid.NewGuid():N}.tmp");
        string other = Path.Combine(_folders.Outbox, ".cmp.0A0B-001-0000000111223344.eml.0123.tmp");
        File.WriteAllText(staged, "x");
        File.WriteAllText(other, "of somebody else");
        using MailTransport road = Road();
        await AskAsync(road);
        Assert.False(File.Exists(staged));
        Assert.True(File.Exists(other));
        Assert.Single(_folders.Unsent);
    }

    // before anything is made

    [Fact]
    public async Task A_folder_that_is_not_there_is_said_before_anything_is_made()
    {
        using MailTransport road = Road(settings => settings with { Folder = Path.Combine(_folders.Path, "no") });
        Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => road.CheckAsync(default))).ErrorId);
        Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => road.ExchangeAsync(Request(), default))).ErrorId);
        Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => road.CollectAsync("0A0B-001-0000000111223344", default))).ErrorId);
    }

    [Fact]
    public async Task Boxes_are_made_where_they_are_missing_and_nothing_is_left_in_them()
    {
        using MailTransport road = Road();
        await road.CheckAsync(default);
        Assert.Empty(Directory.GetFiles(_folders.Outbox));
        Assert.Empty(Directory.GetFiles(_folders.Inbox));
    }

    [Fact]
    public async Task An_outbox_that_is_a_file_is_an_error()
    {
        File.WriteAllText(_folders.Outbox, "x");
        using MailTransport road = Road();
        Assert.StartsWith("CmpStore.", (await Assert.ThrowsAsync<CmpException>(() => road.CheckAsync(default))).ErrorId, StringComparison.Ordinal);
        Assert.StartsWith("CmpStore.", (await Assert.ThrowsAsync<CmpException>(() => road.ExchangeAsync(Request(), default))).ErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Settings_that_cannot_hold_are_refused(int seconds, int bytes) => Assert.Equal(
        "CmpTransport.InvalidSetting",
        Assert.Throws<CmpException>(() => Road(settings => settings with { ExchangeTimeout = TimeSpan.FromSeconds(seconds), MaxResponseBytes = bytes })).ErrorId);

    // how an answer is known

    [Theory]
    [InlineData("In-Reply-To: {id}")]
    [InlineData("in-reply-to:\n {id}")]
    [InlineData("References: <a@b> {id}\n <c@d>")]
    [InlineData("Subject: Re: {subject}")]
    [InlineData("Subject: =?utf-8?Q?R=C3=A9p_:_{subject}?=")]
    [InlineData("In-Reply-To: <another@x>\nSubject: AW: {subject} (was: something)")]
    public async Task An_answer_is_known_by_what_it_answers(string fields)
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        MailHead head = _folders.Send();
        _folders.Deliver("other.eml", Answer("Subject: Re: something else\nIn-Reply-To: <x@y>", Other));
        await WaitsAsync(road, later);
        _folders.Deliver("answer.eml", Answer(fields.Replace("{id}", head.MessageId).Replace("{subject}", head.Subject.Replace(' ', fields.Contains("=?") ? '_' : ' '))));
        Assert.Null((await TakesAsync(road, later)).Warning);
        // no mail is moved or deleted, and a process that dies over it finds it again
        Assert.Equal(2, Directory.GetFiles(_folders.Inbox).Length);
        using MailTransport another = Road();
        await TakesAsync(another, later);
    }

    [Fact]
    public async Task Rule75_An_answer_to_another_message_is_never_taken()
    {
        using MailTransport road = Road();
        TransportReply.NotYet first = await AskAsync(road);
        _folders.Deliver("a.eml", Answer(InReplyTo(_folders.Send())));
        await TakesAsync(road, first);
        TransportReply.NotYet second = await AskAsync(road, Request(2));
        await WaitsAsync(road, second);
        _folders.Deliver("b.eml", Answer(InReplyTo(_folders.Send()), Other));
        await TakesAsync(road, second, Other);
    }

    [Fact]
    public async Task Our_own_mail_that_comes_back_is_no_answer()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        _folders.Deliver("copy.eml", File.ReadAllBytes(Assert.Single(_folders.Unsent)));
        await WaitsAsync(road, later);
    }

    [Theory]
    [InlineData("answer.eml", true)]
    [InlineData("ANSWER.EML", true)]
    [InlineData("answer.txt", false)]
    [InlineData(".answer.eml", false)]
    [InlineData("answer.eml.tmp", false)]
    public async Task In_a_plain_inbox_mails_are_eml_files(string name, bool isTaken)
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        _folders.Deliver(name, Answer(InReplyTo(_folders.Send())));
        if (isTaken)
            await TakesAsync(road, later);
        else
            await WaitsAsync(road, later);
    }

    [Theory]
    [InlineData("inbox", "new")]
    [InlineData("inbox", "cur")]
    [InlineData("", "new")]
    public async Task An_inbox_may_be_a_maildir_or_the_folder_itself_one(string maildir, string box)
    {
        _folders.MakeMaildir(Path.Combine(_folders.Path, maildir));
        using MailTransport road = Road();
        await road.CheckAsync(default);
        TransportReply.NotYet later = await AskAsync(road);
        MailHead head = _folders.Send();
        string folder = Path.Combine(_folders.Path, maildir);
        // what is delivered is staged first
        File.WriteAllText(Path.Combine(folder, "tmp", "1700000000.1.host"), Answer(InReplyTo(head)));
        await WaitsAsync(road, later);
        File.Move(Path.Combine(folder, "tmp", "1700000000.1.host"), Path.Combine(folder, box, "1700000000.1.host:2,"));
        await TakesAsync(road, later);
        Assert.Equal(maildir.Length > 0, Directory.Exists(_folders.Inbox));
    }

    [SkippableFact]
    public async Task Rule71_A_link_in_the_inbox_is_not_followed()
    {
        UnixMode.OrSkip();
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string elsewhere = Path.Combine(_folders.Path, "elsewhere.eml");
        File.WriteAllText(elsewhere, Answer(InReplyTo(_folders.Send())));
        File.CreateSymbolicLink(Path.Combine(_folders.Inbox, "answer.eml"), elsewhere);
        await WaitsAsync(road, later);
        File.Move(elsewhere, Path.Combine(_folders.Inbox, "real.eml"));
        await TakesAsync(road, later);
    }

    [SkippableFact]
    public async Task A_pipe_in_the_inbox_holds_nobody_up()
    {
        string? mkfifo = Programs.Find("mkfifo");
        Skip.If(mkfifo is null, "mkfifo was not found");
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        Assert.Equal(0, Programs.Run(mkfifo!, [Path.Combine(_folders.Inbox, "answer.eml")]).ExitCode);
        await WaitsAsync(road, later);
        _folders.Deliver("real.eml", Answer(InReplyTo(_folders.Send())));
        await TakesAsync(road, later);
    }

    [SkippableFact]
    public async Task Mails_that_cannot_be_read_hide_none_that_can_however_many_they_are()
    {
        UnixMode.OrSkip();
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        _folders.Deliver("answer.eml", Answer(InReplyTo(_folders.Send())), DateTime.UtcNow.AddHours(-1));
        string elsewhere = Path.Combine(_folders.Path, "elsewhere");
        File.WriteAllText(elsewhere, "From: x@example.com\n\n");
        for (int i = 0; i < 600; i++)
            File.CreateSymbolicLink(Path.Combine(_folders.Inbox, $"{i}.eml"), elsewhere);
        // as many as are looked at in a round, and what they leave over in those that follow
        for (int round = 0; round < 3; round++)
        {
            _now += TimeSpan.FromSeconds(10);
            if (await road.CollectAsync(later.Ticket, default) is TransportReply.Octets)
                return;
        }
        Assert.Fail("The answer was not found.");
    }

    [SkippableFact]
    public async Task A_mail_that_may_not_be_read_is_named_while_the_answer_is_waited_for()
    {
        UnixMode.OrSkip();
        Skip.If(Environment.UserName == "root", "root may read everything");
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string path = _folders.Deliver("answer.eml", Answer(InReplyTo(_folders.Send())));
        UnixMode.Set(path, 0);
        Assert.Contains("answer.eml' cannot be read", (await WaitsAsync(road, later)).Reason);
        UnixMode.Set(path, 0x180);
        await TakesAsync(road, later);
    }

    // an answer that is being written

    [Fact]
    public async Task An_answer_that_is_being_written_is_waited_for_at_each_octet_of_it()
    {
        using MailTransport road = Road(settings => settings with { ExchangeTimeout = TimeSpan.FromSeconds(10) });
        TransportReply.NotYet later = await AskAsync(road);
        byte[] mail = Encoding.ASCII.GetBytes(Answer(InReplyTo(_folders.Send()) + "\nSubject: x").TrimEnd());
        for (int octet = 0; octet < mail.Length; octet++)
        {
            _folders.Deliver("answer.eml", mail[..octet], DateTime.UtcNow.AddSeconds(octet));
            await WaitsAsync(road, later);
        }
        _folders.Deliver("answer.eml", mail);
        await TakesAsync(road, later);
    }

    [Fact]
    public async Task An_answer_that_nobody_goes_on_with_is_an_error_in_time_and_then_may_be_whole_all_the_same()
    {
        using MailTransport road = Road(settings => settings with { ExchangeTimeout = TimeSpan.FromSeconds(10) });
        TransportReply.NotYet later = await AskAsync(road);
        byte[] mail = Encoding.ASCII.GetBytes(Answer(InReplyTo(_folders.Send())));
        string path = _folders.Deliver("answer.eml", mail[..^10]);
        for (int second = 0; second < 10; second++)
            Assert.EndsWith("answer.eml' is not whole yet", (await WaitsAsync(road, later)).Reason, StringComparison.Ordinal);
        CmpException error = await FailsAsync(road, later, "CmpMail.Incomplete");
        Assert.Equal(CmpErrorKind.Timeout, error.Kind);
        Assert.Contains(path, error.Message);
        File.WriteAllBytes(path, mail);
        await TakesAsync(road, later);
    }

    [Fact]
    public async Task What_stands_in_the_inbox_for_ever_and_is_no_mail_holds_nobody_up()
    {
        using MailTransport road = Road(settings => settings with { ExchangeTimeout = TimeSpan.FromSeconds(2) });
        TransportReply.NotYet later = await AskAsync(road);
        MailHead head = _folders.Send();
        _folders.Deliver("empty.eml", string.Empty);
        _folders.Deliver("half.eml", "Subject: half");
        _folders.Deliver("page.eml", "<html>\n\n");
        _folders.Deliver("binary.eml", [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 31))]);
        _folders.Deliver("large.eml", new string('x', MailHead.MaxBytes + 5));
        for (int i = 0; i < 5; i++)
            await WaitsAsync(road, later);
        _folders.Deliver("answer.eml", Answer(InReplyTo(head)));
        await TakesAsync(road, later);
    }

    // what is wrong with an answer

    [Fact]
    public async Task Delivered_twice_is_fine()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string mail = Answer(InReplyTo(_folders.Send()));
        _folders.Deliver("a.eml", mail);
        _folders.Deliver("b.eml", "Received: by another way\n" + mail);
        await TakesAsync(road, later);
    }

    [Fact]
    public async Task Two_answers_to_one_question_are_an_error_until_one_of_them_is_gone()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string inReplyTo = InReplyTo(_folders.Send());
        string first = _folders.Deliver("z.eml", Answer(inReplyTo), DateTime.UtcNow.AddMinutes(-1));
        string second = _folders.Deliver("a.eml", Answer(inReplyTo, Other));
        CmpException error = await FailsAsync(road, later, "CmpMail.TwoAnswers");
        Assert.Contains(first, error.Message);
        Assert.Contains(second, error.Message);
        File.Delete(second);
        await TakesAsync(road, later);
    }

    [Fact]
    public async Task A_good_answer_counts_whatever_else_came()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string inReplyTo = InReplyTo(_folders.Send());
        _folders.Deliver("a.eml", inReplyTo + "\n\nWe will see to it.\n", DateTime.UtcNow.AddMinutes(-3));
        await FailsAsync(road, later, "CmpMail.NoMessage");
        _folders.Deliver("b.eml", Answer(inReplyTo).Replace("base64", "8bit"), DateTime.UtcNow.AddMinutes(-2));
        await FailsAsync(road, later, "CmpMail.NoMessage");
        _folders.Deliver("c.eml", Answer(inReplyTo)[..^12], DateTime.UtcNow.AddMinutes(-1));
        _folders.Deliver("d.eml", Answer(inReplyTo));
        await TakesAsync(road, later);
    }

    [Fact]
    public async Task Words_in_answer_are_shown_escaped_and_their_mail_is_named()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string path = _folders.Deliver("a.eml", InReplyTo(_folders.Send()) + "\nSubject: Re: your \u001B[2Jrequest\n\nCall \u202Eus.\n");
        CmpException error = await FailsAsync(road, later, "CmpMail.NoMessage");
        Assert.Contains("Re: your \\u{001B}[2Jrequest / Call \\u{202E}us.", error.Message);
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public async Task Who_is_out_of_office_is_noted_and_not_more()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        string inReplyTo = InReplyTo(_folders.Send());
        _folders.Deliver("a.eml", inReplyTo + "\nAuto-Submitted: auto-replied\nSubject: Away\n\nBack on \u0007Monday\n");
        Assert.EndsWith("; a program answered: Away / Back on \\u{0007}Monday", (await WaitsAsync(road, later)).Reason, StringComparison.Ordinal);
        _folders.Deliver("b.eml", Answer(inReplyTo));
        await TakesAsync(road, later);
    }

    private static string Report(string action, string head, string fields = "") =>
        fields + "From: MAILER-DAEMON@example.org\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt did not arrive.\n--b\n"
        + $"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ca@example.com\nAction: {action}\nDiagnostic-Code: smtp; 550 unknown\n--b\n"
        + $"Content-Type: text/rfc822-headers\n\nSubject: y\nMessage-ID: {head}\n--b--\n";

    [Theory]
    [InlineData(true, "multipart/report")]
    [InlineData(false, "multipart/report")]
    [InlineData(false, "multipart/mixed")]
    public async Task A_mail_that_did_not_arrive_is_an_error_also_where_the_report_names_it_in_what_came_back_only(bool isInHead, string type)
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        MailHead head = _folders.Send();
        _folders.Deliver("a.eml", Report("failed", isInHead ? "<x@y>" : head.MessageId!, isInHead ? InReplyTo(head) + "\n" : string.Empty).Replace("multipart/report", type));
        CmpException error = await FailsAsync(road, later, "CmpMail.Bounced");
        Assert.Contains("ca@example.com", error.Message);
        Assert.Contains("550 unknown", error.Message);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
    }

    [Fact]
    public async Task A_mail_that_is_late_is_noted_and_one_of_others_is_not()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        MailHead head = _folders.Send();
        _folders.Deliver("a.eml", Report("failed", "<another@example.org>"));
        Assert.DoesNotContain("program", (await WaitsAsync(road, later)).Reason);
        _folders.Deliver("b.eml", Report("delayed", head.MessageId!));
        Assert.Contains("a program answered: It did not arrive.", (await WaitsAsync(road, later)).Reason);
    }

    [Fact]
    public async Task A_mail_with_parts_is_taken_only_where_that_is_allowed()
    {
        string Mixed(MailHead head) => InReplyTo(head) + "\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nHere.\n--b\n" + Answer("X: y") + "--b--\n";
        using MailTransport strict = Road();
        TransportReply.NotYet later = await AskAsync(strict);
        _folders.Deliver("a.eml", Mixed(_folders.Send()));
        CmpException error = await FailsAsync(strict, later, "CmpMail.SeveralParts");
        Assert.Contains("-Lenient", error.RecommendedAction);
        Assert.Contains("a.eml", error.Message);
        using MailTransport lenient = Road(settings => settings with { Lenient = true });
        Assert.NotNull((await TakesAsync(lenient, later)).Warning);
    }

    [Theory]
    [InlineData("CmpMessage.TooLarge", 4)]
    [InlineData("CmpMessage.TooLarge", 1)]
    public async Task Rule56_An_answer_has_its_bound(string errorId, int bound)
    {
        using MailTransport road = Road(settings => settings with { MaxResponseBytes = bound });
        TransportReply.NotYet later = await AskAsync(road);
        string inReplyTo = InReplyTo(_folders.Send());
        _folders.Deliver("a.eml", Answer(inReplyTo));
        await FailsAsync(road, later, errorId);
        _folders.Deliver("a.eml", Answer(inReplyTo) + new string('\n', 3 * MailHead.MaxBytes));
        await FailsAsync(road, later, errorId);
    }

    // looking

    [Theory]
    [InlineData("")]
    [InlineData("0A0B")]
    [InlineData("../../etc/passwd")]
    [InlineData("0A0B-001-0000000111223344/..")]
    [InlineData("0a0b-001-0000000111223344")]
    [InlineData("cmp.0A0B-001-0000000111223344")]
    public async Task Rule71_A_ticket_that_this_road_never_gave_is_unknown(string ticket)
    {
        using MailTransport road = Road();
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => road.CollectAsync(ticket, default))).ErrorId);
    }

    [Fact]
    public async Task It_is_looked_less_and_less_often()
    {
        using MailTransport road = Road();
        TransportReply.NotYet later = await AskAsync(road);
        TimeSpan before = later.NotBefore - _now;
        for (int i = 0; i < 20; i++)
        {
            _now = later.NotBefore;
            later = Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
            Assert.InRange(later.NotBefore - _now, before, TimeSpan.FromSeconds(5));
            before = later.NotBefore - _now;
        }
        Assert.Equal(TimeSpan.FromSeconds(5), before);
    }

    [Fact]
    public async Task A_large_inbox_is_read_in_rounds_newest_first_and_each_mail_once()
    {
        using MailTransport road = Road();
        await road.CheckAsync(default);
        for (int i = 0; i < 1200; i++)
            _folders.Deliver($"{i:0000}.eml", "Subject: other\n\n", DateTime.UtcNow.AddDays(-2));
        TransportReply.NotYet later = await AskAsync(road);
        string answer = Answer(InReplyTo(_folders.Send()));
        _folders.Deliver("old.eml", answer, DateTime.UtcNow.AddDays(-3));
        Assert.Equal(_now.AddMilliseconds(100), later.NotBefore);
        later = await WaitsAsync(road, later);
        Assert.Equal(_now.AddMilliseconds(100), later.NotBefore);
        await TakesAsync(road, later);
        // what was read is not read again: a file whose octets were changed, but neither size nor time, is as it was
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(_folders.Inbox, "old.eml"));
        _folders.Deliver("old.eml", answer.Replace("cmp.", "pmc."), written);
        await TakesAsync(road, later);
        _folders.Deliver("old.eml", answer.Replace("cmp.", "pmc."), written.AddSeconds(1));
        await WaitsAsync(road, later);
    }

    [Fact]
    public async Task Transactions_that_wait_at_once_share_a_look()
    {
        using MailTransport road = Road();
        TransportReply.NotYet first = await AskAsync(road), second = await AskAsync(road, Request() with { TransactionId = "0A0C" });
        _folders.Deliver("a.eml", Answer("Subject: [cmp." + first.Ticket + "]"));
        Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(first.Ticket, default));
        await TakesAsync(road, first);
        _folders.Deliver("b.eml", Answer("Subject: [cmp." + second.Ticket + "]"));
        Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(second.Ticket, default));
        await TakesAsync(road, second);
    }

    [Fact]
    public async Task Many_transactions_at_once_get_each_its_own()
    {
        using MailTransport road = Road();
        TransportReply.NotYet[] asked = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => AskAsync(road, Request() with { TransactionId = $"{i:X4}" })));
        for (int i = 0; i < asked.Length; i++)
            _folders.Deliver($"{i}.eml", Answer("Subject: [cmp." + asked[i].Ticket + "]", [0x30, 0x03, 0x02, 0x01, (byte)i]));
        _now += TimeSpan.FromSeconds(1);
        TransportReply[] replies = await Task.WhenAll(asked.Select(later => road.CollectAsync(later.Ticket, default)));
        Assert.Equal(Enumerable.Range(0, 50), replies.Select(reply => (int)((TransportReply.Octets)reply).Value.Span[4]));
    }

    [Fact]
    public async Task Who_has_had_enough_waits_for_nothing()
    {
        using MailTransport road = Road();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => road.ExchangeAsync(Request(), cancelled));
        Assert.Empty(_folders.Unsent);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => road.CollectAsync("0A0B-001-0000000111223344", cancelled));
    }
}
