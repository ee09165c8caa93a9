using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.MailFolders;

namespace Cmp.Tests.Transports;

public sealed class CmpMailListenerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly byte[] Reply = [0x30, 0x03, 0x02, 0x01, 0x07];

    private readonly MailFolders _folders = new();
    private readonly ConcurrentQueue<TransportRequest> _heard = new();
    private readonly ConcurrentQueue<CmpException> _refused = new();
    private readonly ConcurrentQueue<Exception> _failed = new();

    public void Dispose() => _folders.Dispose();

    private CmpMailListener Start(
        Func<TransportRequest, CancellationToken, Task<TransportReply>>? handler = null,
        Func<MailListenerSettings, MailListenerSettings>? change = null,
        Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        var settings = new MailListenerSettings { Folder = _folders.Path, Address = "ca@example.com", Pause = TimeSpan.FromMilliseconds(50), Refused = _refused.Enqueue, HandlerFailed = _failed.Enqueue };
        return CmpMailListener.Start(
            change is null ? settings : change(settings),
            (request, token) =>
            {
                _heard.Enqueue(request);
                return (handler ?? ((_, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Reply))))(request, token);
            },
            collect);
    }

    private MailTransport Road() => new(_folders.Settings());

    private static async Task<TransportReply> EndAsync(MailTransport road, TransportReply reply)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (reply is TransportReply.NotYet later)
        {
            TimeSpan rest = later.NotBefore - DateTimeOffset.UtcNow;
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, limit.Token);
            reply = await road.CollectAsync(later.Ticket, limit.Token);
        }
        return reply;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    private string[] Answers => [.. Directory.GetFiles(_folders.Inbox).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task A_client_and_a_listener_meet_in_a_folder()
    {
        await using CmpMailListener listener = Start();
        Assert.Equal("mailto:ca@example.com", listener.Uri.OriginalString);
        using MailTransport road = Road();
        TransportReply reply = await EndAsync(road, await road.ExchangeAsync(Request(), default));
        Assert.Equal(Reply, Assert.IsType<TransportReply.Octets>(reply).Value.ToArray());
        TransportRequest heard = Assert.Single(_heard);
        Assert.Equal("0A0B", heard.TransactionId);
        Assert.Equal(Octets, heard.Octets.ToArray());
        await UntilAsync(() => _folders.Unsent.Length == 0);
        byte[] mail = File.ReadAllBytes(Assert.Single(Answers));
        MailHead head = MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail)));
        Assert.Equal("ca@example.com", head.First("From"));
        Assert.Equal("ra@example.org", head.First("To"));
        Assert.Equal("Re: CMP request [cmp.0A0B-001-0000000111223344]", head.Subject);
        Assert.Equal("<cmp.0A0B-001-0000000111223344@example.org>", head.First("In-Reply-To"));
        Assert.True(head.IsAutomatic);
        Assert.Empty(_failed);
        Assert.Empty(_refused);
    }

    [Theory]
    [InlineData("outbox")]
    [InlineData("inbox")]
    [InlineData("")]
    public async Task They_meet_in_maildirs_too(string maildir)
    {
        _folders.MakeMaildir(Path.Combine(_folders.Path, maildir));
        await using CmpMailListener listener = Start();
        using MailTransport road = Road();
        for (int number = 1; number <= 3; number++)
            Assert.IsType<TransportReply.Octets>(await EndAsync(road, await road.ExchangeAsync(Request(number), default)));
        Assert.Equal(3, _heard.Count);
    }

    [Fact]
    public async Task Each_request_is_answered_once_also_by_the_next_listener()
    {
        using MailTransport road = Road();
        await road.ExchangeAsync(Request(), default);
        byte[] request = File.ReadAllBytes(Assert.Single(_folders.Unsent));
        string path = _folders.Unsent[0];
        await using (CmpMailListener listener = Start())
            await UntilAsync(() => _folders.Unsent.Length == 0);
        // as if it had died between the answer and the end of the request
        File.WriteAllBytes(path, request);
        await using (CmpMailListener listener = Start())
        {
            await UntilAsync(() => _folders.Unsent.Length == 0);
            await road.ExchangeAsync(Request(2), default);
            await UntilAsync(() => _heard.Count == 2 && _folders.Unsent.Length == 0);
        }
        Assert.Equal(2, Answers.Length);
    }

    [Fact]
    public async Task A_request_that_needs_no_answer_just_goes()
    {
        await using CmpMailListener listener = Start((_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing()));
        using MailTransport road = Road();
        Assert.IsType<TransportReply.Nothing>(await road.ExchangeAsync(Request() with { IsAnswerDue = false }, default));
        await UntilAsync(() => _folders.Unsent.Length == 0);
        Assert.Empty(Answers);
        Assert.Single(_heard);
    }

    [Fact]
    public async Task An_answer_that_is_put_off_is_asked_for_when_its_time_has_come()
    {
        await using CmpMailListener listener = Start(
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", DateTimeOffset.UtcNow)),
            collect: (ticket, _) => Task.FromResult<TransportReply>(ticket == "one" ? new TransportReply.NotYet("two", DateTimeOffset.UtcNow) : new TransportReply.Octets(Reply)));
        using MailTransport road = Road();
        Assert.IsType<TransportReply.Octets>(await EndAsync(road, await road.ExchangeAsync(Request(), default)));
        Assert.Single(_heard);
    }

    [Fact]
    public async Task A_mail_of_another_program_is_answered_by_what_it_is_called()
    {
        await using CmpMailListener listener = Start();
        string path = Path.Combine(_folders.Outbox, "mail from somewhere.eml");
        File.WriteAllText(path, Answer("From: \"R\u00E4uber\" <ee@example.net>\nReply-To: answers@example.net\nMessage-ID: <1@example.net>\nSubject: =?utf-8?Q?Bitte_=0A_sehr?="));
        await UntilAsync(() => !File.Exists(path));
        byte[] mail = File.ReadAllBytes(Assert.Single(Answers));
        MailHead head = MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail)));
        Assert.Equal("answers@example.net", head.First("To"));
        Assert.Equal("<1@example.net>", head.First("In-Reply-To"));
        Assert.Equal("Re: Bitte  sehr", head.Subject);
        Assert.Null(Assert.Single(_heard).TransactionId);
    }

    [Theory]
    [InlineData("CmpMail.NoMessage", "Subject: hello\n\nhello\n")]
    [InlineData("CmpMail.SeveralParts", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/pkixcmp\n\n--b--\n")]
    [InlineData("CmpMail.Encoding", "Content-Type: application/pkixcmp\n\nx\n")]
    [InlineData("CmpMessage.Malformed", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nAAAA\n")]
    public async Task What_is_no_request_is_told_once_and_left_alone(string errorId, string mail)
    {
        await using CmpMailListener listener = Start();
        string path = Path.Combine(_folders.Outbox, "bad.eml");
        File.WriteAllText(path, mail);
        await UntilAsync(() => !_refused.IsEmpty);
        using MailTransport road = Road();
        Assert.IsType<TransportReply.Octets>(await EndAsync(road, await road.ExchangeAsync(Request(), default)));
        Assert.True(File.Exists(path));
        Assert.Equal(errorId, Assert.Single(_refused).ErrorId);
    }

    [Fact]
    public async Task A_request_that_is_being_written_is_waited_for_but_not_for_ever()
    {
        await using CmpMailListener listener = Start(change: settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        string path = Path.Combine(_folders.Outbox, "half.eml");
        string mail = Answer("Message-ID: <1@x>");
        File.WriteAllText(path, mail[..^10]);
        await UntilAsync(() => !_refused.IsEmpty);
        Assert.Equal("CmpMail.Incomplete", Assert.Single(_refused).ErrorId);
        File.WriteAllText(path, mail);
        await UntilAsync(() => !File.Exists(path));
        Assert.Single(_heard);
    }

    [Fact]
    public async Task A_handler_that_fails_answers_nothing_and_is_told()
    {
        await using CmpMailListener listener = Start((_, _) => throw new InvalidOperationException("inside"));
        using MailTransport road = Road();
        await road.ExchangeAsync(Request(), default);
        await UntilAsync(() => !_failed.IsEmpty);
        Assert.Equal("inside", Assert.Single(_failed).Message);
        Assert.Empty(Answers);
        Assert.Single(_folders.Unsent);
    }

    [Fact]
    public async Task Who_stops_lets_go_of_what_is_under_way()
    {
        var begun = new TaskCompletionSource();
        CmpMailListener listener = Start(async (_, token) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        });
        using MailTransport road = Road();
        await road.ExchangeAsync(Request(), default);
        await begun.Task.WaitAsync(Limit);
        await listener.StopAsync().WaitAsync(Limit);
        Assert.Single(_folders.Unsent);
        Assert.Empty(_failed);
    }

    [Theory]
    [InlineData("CmpTransport.ListenFailed", "nowhere", "ca@example.com", 1)]
    [InlineData("CmpTransport.InvalidSetting", "mail", "ca", 1)]
    [InlineData("CmpTransport.InvalidSetting", "mail", "ca@x\r\nBcc: y@z", 1)]
    [InlineData("CmpTransport.InvalidSetting", "mail", "ca@example.com", 0)]
    public void What_cannot_hold_is_refused(string errorId, string folder, string address, int atOnce) => Assert.Equal(
        errorId,
        Assert.Throws<CmpException>(() => Start(change: settings => settings with { Folder = Path.Combine(Path.GetDirectoryName(_folders.Path)!, folder), Address = address, MaxAtOnce = atOnce })).ErrorId);
}
