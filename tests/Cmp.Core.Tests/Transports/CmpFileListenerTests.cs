using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public sealed class CmpFileListenerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Folder _folder = new();
    private readonly ConcurrentQueue<TransportRequest> _heard = new();
    private readonly ConcurrentQueue<CmpException> _refused = new();
    private readonly ConcurrentQueue<Exception> _failed = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_client_and_a_listener_meet_in_a_folder()
    {
        await using CmpFileListener listener = Start(Echo);
        using FileTransport road = Road(listener.Uri);
        TransportReply reply = await EndAsync(road, await road.ExchangeAsync(Message("0A0B"), default));
        Assert.Equal(Message("0A0B").Octets.ToArray(), Assert.IsType<TransportReply.Octets>(reply).Value.ToArray());
        TransportRequest heard = Assert.Single(_heard);
        Assert.Equal("0A0B", heard.TransactionId);
        Assert.Equal(CmpOperation.General, heard.Operation);
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task Nothing_is_said_by_an_empty_file_that_is_no_message()
    {
        await using CmpFileListener listener = Start((_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing()));
        using FileTransport road = Road(listener.Uri);
        Assert.IsType<TransportReply.Nothing>(await EndAsync(road, await road.ExchangeAsync(Message("0A0B"), default)));
        Assert.Empty(Directory.GetFiles(_folder.PathOf(""), "*.response.pki"));
    }

    [Fact]
    public async Task What_has_an_answer_is_done_also_for_the_next_listener()
    {
        Write("one.request.pki", 1);
        await using (CmpFileListener listener = Start(Echo))
            await ThereAsync("one.response.pki");
        await using (CmpFileListener listener = Start(Echo))
        {
            Write("two.request.pki", 2);
            await ThereAsync("two.response.pki");
        }
        Assert.Equal([1, 2], _heard.Select(request => request.Octets.Span[4]));
        Assert.All(_heard, request => Assert.Null(request.TransactionId));
    }

    [Fact]
    public async Task Requests_are_taken_in_the_order_in_which_they_were_written()
    {
        for (byte i = 1; i <= 20; i++)
            File.SetLastWriteTimeUtc(Write($"{20 - i:00}.request.pki", i), DateTime.UtcNow.AddMinutes(i - 30));
        await using CmpFileListener listener = Start(Echo, settings => settings with { MaxAtOnce = 1 });
        await ThereAsync("00.response.pki");
        Assert.Equal(Enumerable.Range(1, 20), _heard.Select(request => (int)request.Octets.Span[4]));
    }

    [Fact]
    public async Task Of_one_transaction_one_is_taken_after_the_other_and_others_meanwhile()
    {
        var gate = new TaskCompletionSource();
        int running = 0, most = 0;
        File.SetLastWriteTimeUtc(Write("0A0B-001-0000000000000000.request.pki", 1), DateTime.UtcNow.AddMinutes(-2));
        File.SetLastWriteTimeUtc(Write("0A0B-002-0000000000000000.request.pki", 2), DateTime.UtcNow.AddMinutes(-1));
        Write("0A0C-001-0000000000000000.request.pki", 3);
        await using CmpFileListener listener = Start(async (request, token) =>
        {
            if (request.TransactionId == "0A0B")
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                await gate.Task.WaitAsync(Limit, token);
                Interlocked.Decrement(ref running);
            }
            return await Echo(request, token);
        });
        await ThereAsync("0A0C-001-0000000000000000.response.pki");
        Assert.Empty(Directory.GetFiles(_folder.PathOf(""), "0A0B*.response.pki"));
        gate.SetResult();
        await ThereAsync("0A0B-001-0000000000000000.response.pki");
        await ThereAsync("0A0B-002-0000000000000000.response.pki");
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_request_that_is_being_written_is_not_taken_before_it_is_whole()
    {
        byte[] octets = Message("0A0B").Octets.ToArray();
        await using CmpFileListener listener = Start(Echo);
        using (var writer = new FileStream(_folder.PathOf("slow.request.pki"), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1))
        {
            for (int octet = 0; octet < octets.Length; octet++)
            {
                // one after it is answered: the folder was looked through since
                Write($"{octet}.request.pki", 7);
                await ThereAsync($"{octet}.response.pki");
                Assert.False(File.Exists(_folder.PathOf("slow.response.pki")));
                writer.WriteByte(octets[octet]);
                writer.Flush();
            }
        }
        await ThereAsync("slow.response.pki");
        Assert.Empty(_refused);
    }

    [Theory]
    [InlineData("3C68746D6C3E", "CmpMessage.Malformed")]
    [InlineData("300302010500", "CmpMessage.Malformed")]
    [InlineData("3084FFFFFFFF", "CmpMessage.TooLarge")]
    [InlineData("3003", "CmpFile.Incomplete")]
    [InlineData("", "CmpFile.Incomplete")]
    public async Task What_is_no_request_is_told_once_and_hinders_nobody(string octets, string errorId)
    {
        File.SetLastWriteTimeUtc(_folder.Write("bad.request.pki", Convert.FromHexString(octets)), DateTime.UtcNow.AddDays(-1));
        await using CmpFileListener listener = Start(Echo);
        for (byte i = 0; i < 3; i++)
        {
            Write($"{i}.request.pki", i);
            await ThereAsync($"{i}.response.pki");
        }
        Assert.Equal(errorId, Assert.Single(_refused).ErrorId);
        Assert.False(File.Exists(_folder.PathOf("bad.response.pki")));
        // a better one in its place is taken
        Write("bad.request.pki", 9);
        await ThereAsync("bad.response.pki");
    }

    [SkippableFact]
    public async Task Rule71_Links_folders_and_pipes_are_no_requests()
    {
        Skip.If(Programs.Find("mkfifo") is null, "mkfifo is not installed");
        File.CreateSymbolicLink(_folder.PathOf("link.request.pki"), Write("elsewhere", 1));
        Directory.CreateDirectory(_folder.PathOf("folder.request.pki"));
        Assert.Equal(0, Programs.Run(Programs.Find("mkfifo")!, [_folder.PathOf("pipe.request.pki")]).ExitCode);
        await using CmpFileListener listener = Start(Echo);
        Write("good.request.pki", 1);
        await ThereAsync("good.response.pki");
        Assert.Equal(2, _refused.Count);
        Assert.All(_refused, error => Assert.Equal("CmpFile.NotPlain", error.ErrorId));
    }

    [Fact]
    public async Task What_is_still_called_otherwise_is_nobodys_request()
    {
        Write(".0A0B.request.pki.0123.tmp", 1);
        Write(".request.pki", 1);
        Write(".hidden.request.pki", 1);
        Write("letter.pki", 1);
        Write("0A0B.response.pki", 1);
        await using CmpFileListener listener = Start(Echo);
        Write("good.request.pki", 2);
        await ThereAsync("good.response.pki");
        Assert.Equal(2, Assert.Single(_heard).Octets.Span[4]);
    }

    [Fact]
    public async Task A_handler_that_fails_is_heard_of_once_and_the_next_listener_tries_again()
    {
        Write("one.request.pki", 1);
        await using (CmpFileListener listener = Start((request, token) => request.Octets.Span[4] == 1 ? throw new InvalidOperationException("inside") : Echo(request, token)))
        {
            for (byte i = 2; i < 5; i++)
            {
                Write($"{i}.request.pki", i);
                await ThereAsync($"{i}.response.pki");
            }
        }
        Assert.Equal("inside", Assert.Single(_failed).Message);
        Assert.False(File.Exists(_folder.PathOf("one.response.pki")));
        await using (CmpFileListener listener = Start(Echo))
            await ThereAsync("one.response.pki");
    }

    [Fact]
    public async Task An_answer_that_is_late_is_collected_when_its_time_has_come()
    {
        int asked = 0;
        var settings = new FileListenerSettings { Folder = _folder.PathOf(""), MaxAtOnce = 1, HandlerFailed = _failed.Enqueue };
        await using CmpFileListener listener = CmpFileListener.Start(
            settings,
            (request, _) => Task.FromResult<TransportReply>(request.Octets.Span[4] == 1 ? new TransportReply.NotYet("17", DateTimeOffset.UtcNow.AddMilliseconds(50)) : new TransportReply.Octets(request.Octets)),
            (ticket, _) => Task.FromResult<TransportReply>(++asked < 3 ? new TransportReply.NotYet(ticket, DateTimeOffset.UtcNow) : new TransportReply.Octets(Message(ticket, 17).Octets)));
        Write("late.request.pki", 1);
        Write("soon.request.pki", 2);
        await ThereAsync("soon.response.pki");
        await ThereAsync("late.response.pki");
        Assert.Equal(17, File.ReadAllBytes(_folder.PathOf("late.response.pki"))[4]);
        Assert.Empty(_failed);
    }

    [Fact]
    public async Task Where_somebody_else_answered_first_that_stays()
    {
        await using CmpFileListener listener = Start((request, _) =>
        {
            _folder.Write("one.response.pki", [1, 2, 3]);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));
        });
        Write("one.request.pki", 1);
        await ThereAsync("one.response.pki");
        await listener.StopAsync();
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder.PathOf("one.response.pki")));
        Assert.Empty(_failed);
        Assert.Equal(2, _folder.Files.Length);
    }

    [Fact]
    public async Task It_looks_at_so_many_files_and_no_more()
    {
        for (int i = 0; i < 10; i++)
            Write($"{i}.request.pki", 1);
        await using CmpFileListener listener = Start(Echo, settings => settings with { MaxFiles = 4, Pause = TimeSpan.FromMilliseconds(50) });
        while (_heard.Count < 2)
            await Task.Yield();
        await listener.StopAsync();
        Assert.InRange(_heard.Count, 2, 4);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_said_at_once()
    {
        CmpException error = Assert.Throws<CmpException>(() => CmpFileListener.Start(new FileListenerSettings { Folder = _folder.PathOf("missing") }, Echo));
        Assert.Equal("CmpTransport.ListenFailed", error.ErrorId);
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => CmpFileListener.Start(new FileListenerSettings { Folder = _folder.PathOf(""), MaxAtOnce = 0 }, Echo)).ErrorId);
    }

    [Fact]
    public async Task It_stops_at_once_also_while_a_handler_waits()
    {
        var began = new TaskCompletionSource();
        CmpFileListener listener = Start(async (_, token) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return new TransportReply.Nothing();
        });
        Write("one.request.pki", 1);
        await began.Task.WaitAsync(Limit);
        await listener.StopAsync().WaitAsync(Limit);
        Assert.Empty(_failed);
        Assert.Single(_folder.Files);
    }

    private static TransportRequest Message(string transactionId, byte octet = 5) => new(new byte[] { 0x30, 0x03, 0x02, 0x01, octet }, CmpOperation.Initialization, First: true, Last: false)
    {
        TransactionId = transactionId,
        MessageId = "00112233445566778899AABBCCDDEEFF",
        Number = 1,
    };

    private static FileTransport Road(Uri uri) => new(new FileTransportSettings { Uri = uri });

    private static async Task<TransportReply> EndAsync(FileTransport road, TransportReply reply)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (reply is TransportReply.NotYet later)
        {
            await Task.Delay(10, limit.Token);
            reply = await road.CollectAsync(later.Ticket, limit.Token);
        }
        return reply;
    }

    private Task<TransportReply> Echo(TransportRequest request, CancellationToken cancellationToken)
    {
        _heard.Enqueue(request);
        return Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));
    }

    private CmpFileListener Start(Func<TransportRequest, CancellationToken, Task<TransportReply>> handler, Func<FileListenerSettings, FileListenerSettings>? adjust = null)
    {
        var settings = new FileListenerSettings { Folder = _folder.PathOf(""), Pause = TimeSpan.FromMilliseconds(100), Refused = _refused.Enqueue, HandlerFailed = _failed.Enqueue };
        return CmpFileListener.Start(adjust?.Invoke(settings) ?? settings, handler);
    }

    private string Write(string name, byte octet)
    {
        string staged = _folder.Write("." + name + ".staged", Message("00", octet).Octets.ToArray());
        File.Move(staged, _folder.PathOf(name), overwrite: true);
        return _folder.PathOf(name);
    }

    private async Task ThereAsync(string name)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!File.Exists(_folder.PathOf(name)))
            await Task.Delay(10, limit.Token);
    }
}
