using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public sealed class FileTransportTests : IDisposable
{
    private static readonly byte[] Octets = [0x30, 0x03, 0x02, 0x01, 0x05];

    private readonly Folder _folder = new();
    private DateTimeOffset _now = DateTimeOffset.UtcNow;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_message_becomes_a_file_that_is_exactly_its_octets()
    {
        TransportReply.NotYet later = await AskAsync(Request());
        Assert.Equal("0A0B-001-0011223344556677", later.Ticket);
        Assert.Equal(_now.AddMilliseconds(100), later.NotBefore);
        Assert.Contains(Answer(later), later.Reason, StringComparison.Ordinal);
        string file = Assert.Single(_folder.Files);
        Assert.Equal("0A0B-001-0011223344556677.request.pki", Path.GetFileName(file));
        Assert.Equal(Octets, File.ReadAllBytes(file));
    }

    [Fact]
    public async Task An_answer_is_picked_up_whole_also_by_another_process()
    {
        TransportReply.NotYet later = await AskAsync(Request());
        File.WriteAllBytes(Answer(later), Octets);
        using FileTransport another = Road();
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await another.CollectAsync(later.Ticket, default));
        Assert.Equal(Octets, reply.Value.ToArray());
        Assert.Null(reply.HttpStatus);
        // a process that dies over it finds it again
        Assert.IsType<TransportReply.Octets>(await another.CollectAsync(later.Ticket, default));
        Assert.Equal(2, _folder.Files.Length);
    }

    [Fact]
    public async Task A_courier_may_take_the_request_away()
    {
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        File.Delete(Assert.Single(_folder.Files));
        Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
        File.WriteAllBytes(Answer(later), Octets);
        Assert.IsType<TransportReply.Octets>(await road.CollectAsync(later.Ticket, default));
    }

    [Fact]
    public async Task Answers_are_told_apart_by_their_names()
    {
        using FileTransport road = Road();
        TransportReply.NotYet first = await AskAsync(Request(), road);
        File.WriteAllBytes(Answer(first), Octets);
        TransportReply.NotYet second = await AskAsync(Request() with { MessageId = "1111111111111111", Number = 2 }, road);
        TransportReply.NotYet other = await AskAsync(Request() with { TransactionId = "0A0C" }, road);
        Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(second.Ticket, default));
        Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(other.Ticket, default));
        Assert.IsType<TransportReply.Octets>(await road.CollectAsync(first.Ticket, default));
        Assert.Equal(
            ["0A0B-001-0011223344556677.request.pki", "0A0B-001-0011223344556677.response.pki", "0A0B-002-1111111111111111.request.pki", "0A0C-001-0011223344556677.request.pki"],
            _folder.Files.Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rule50_What_is_said_again_takes_the_place_of_what_was_said_before()
    {
        await AskAsync(Request());
        byte[] later = [0x30, 0x03, 0x02, 0x01, 0x06];
        await AskAsync(Request() with { Octets = later });
        Assert.Equal(later, File.ReadAllBytes(Assert.Single(_folder.Files)));
    }

    [Fact]
    public async Task Rule50_What_was_answered_is_not_asked_again()
    {
        TransportReply.NotYet first = await AskAsync(Request());
        File.Delete(Assert.Single(_folder.Files));
        File.WriteAllBytes(Answer(first), Octets);
        TransportReply.NotYet again = await AskAsync(Request());
        Assert.Equal(first.Ticket, again.Ticket);
        Assert.EndsWith(".response.pki", Assert.Single(_folder.Files), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_process_left_that_died_over_a_message_goes_with_the_next_attempt()
    {
        string staged = _folder.Write($".0A0B-001-0011223344556677.request.pki.{Guid.NewGuid():N}.tmp", [0x30]);
        await AskAsync(Request());
        Assert.False(File.Exists(staged));
        Assert.EndsWith(".request.pki", Assert.Single(_folder.Files), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule57_Where_no_answer_is_due_none_is_waited_for()
    {
        using FileTransport road = Road();
        Assert.IsType<TransportReply.Nothing>(await road.ExchangeAsync(Request() with { IsAnswerDue = false }, default));
        Assert.Equal(Octets, File.ReadAllBytes(Assert.Single(_folder.Files)));
    }

    [Fact]
    public async Task Rule57_An_empty_file_of_that_name_says_that_there_is_no_message()
    {
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        _folder.Write(later.Ticket + ".nothing", []);
        Assert.IsType<TransportReply.Nothing>(await road.CollectAsync(later.Ticket, default));
        // a message says more
        File.WriteAllBytes(Answer(later), Octets);
        Assert.IsType<TransportReply.Octets>(await road.CollectAsync(later.Ticket, default));
    }

    [Fact]
    public async Task What_was_not_answered_can_be_taken_back()
    {
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        Assert.True(await road.RecallAsync(later.Ticket, default));
        Assert.Empty(_folder.Files);
        Assert.False(await road.RecallAsync(later.Ticket, default));

        await AskAsync(Request(), road);
        File.WriteAllBytes(Answer(later), Octets);
        Assert.False(await road.RecallAsync(later.Ticket, default));
        Assert.Equal(2, _folder.Files.Length);
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => road.RecallAsync("../" + later.Ticket, default))).ErrorId);
        Assert.Equal("CmpStore.NotFound", (await Assert.ThrowsAsync<CmpException>(() => Road(_folder.PathOf("missing")).RecallAsync(later.Ticket, default))).ErrorId);
    }

    // an answer that is being written

    [Fact]
    public async Task An_answer_that_is_being_written_is_waited_for_at_each_octet_of_it()
    {
        byte[] answer = [0x30, 0x82, 0x01, 0x00, .. Enumerable.Range(0, 256).Select(i => (byte)i)];
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        using (var writer = new FileStream(Answer(later), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 1))
        {
            for (int octet = 0; octet < answer.Length; octet++)
            {
                _now += TimeSpan.FromSeconds(5);
                TransportReply.NotYet wait = Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
                Assert.EndsWith(
                    octet == 0 ? "nothing is in it" : octet < 4 ? $"but {octet} octets are there" : $"but {octet} of {answer.Length} octets are there", wait.Reason, StringComparison.Ordinal);
                Assert.Equal(_now.AddMilliseconds(100), wait.NotBefore);
                writer.WriteByte(answer[octet]);
                writer.Flush();
            }
        }
        Assert.Equal(answer, Assert.IsType<TransportReply.Octets>(await road.CollectAsync(later.Ticket, default)).Value.ToArray());
    }

    [Fact]
    public async Task A_writer_that_dies_at_any_octet_ends_in_one_error_and_another_answer_is_taken()
    {
        byte[] answer = [0x30, 0x82, 0x01, 0x00, .. new byte[256]];
        using FileTransport road = Road();
        for (int octets = 0; octets < answer.Length; octets++)
        {
            TransportReply.NotYet later = await AskAsync(Request() with { Number = octets + 1 }, road);
            File.WriteAllBytes(Answer(later), answer[..octets]);
            File.SetLastWriteTimeUtc(Answer(later), _now.UtcDateTime);
            Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
            _now += TimeSpan.FromSeconds(119);
            Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
            _now += TimeSpan.FromSeconds(1);
            CmpException error = await Assert.ThrowsAsync<CmpException>(() => road.CollectAsync(later.Ticket, default));
            Assert.Equal("CmpFile.Incomplete", error.ErrorId);
            Assert.Equal(CmpErrorKind.Timeout, error.Kind);
            Assert.Contains(Answer(later), error.Message, StringComparison.Ordinal);
            File.WriteAllBytes(Answer(later), answer);
            Assert.IsType<TransportReply.Octets>(await road.CollectAsync(later.Ticket, default));
        }
    }

    [Fact]
    public async Task An_answer_whose_writer_died_long_ago_is_an_error_to_who_looks_once()
    {
        TransportReply.NotYet later = await AskAsync(Request());
        File.WriteAllBytes(Answer(later), [0x30, 0x03]);
        File.SetLastWriteTimeUtc(Answer(later), _now.UtcDateTime.AddHours(-2));
        Assert.Equal("CmpFile.Incomplete", (await FailsAsync(later)).ErrorId);
    }

    [Fact]
    public async Task Room_that_is_reserved_is_no_answer_yet()
    {
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        File.WriteAllBytes(Answer(later), new byte[5000]);
        TransportReply.NotYet wait = Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default));
        Assert.EndsWith("nothing is in it", wait.Reason, StringComparison.Ordinal);
        _now += TimeSpan.FromSeconds(120);
        Assert.Equal("CmpFile.Incomplete", (await Assert.ThrowsAsync<CmpException>(() => road.CollectAsync(later.Ticket, default))).ErrorId);
    }

    [Fact]
    public async Task An_answer_that_its_writer_has_locked_is_waited_for()
    {
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        File.WriteAllBytes(Answer(later), Octets);
        using (new FileStream(Answer(later), FileMode.Open, FileAccess.Write, FileShare.None))
        {
            // on Unix a lock is advice, and what is whole is whole
            TransportReply reply = await road.CollectAsync(later.Ticket, default);
            if (OperatingSystem.IsWindows())
                Assert.Contains("it cannot be read", Assert.IsType<TransportReply.NotYet>(reply).Reason, StringComparison.Ordinal);
            else
                Assert.IsType<TransportReply.Octets>(reply);
        }
        Assert.IsType<TransportReply.Octets>(await road.CollectAsync(later.Ticket, default));
    }

    [SkippableFact]
    public async Task An_answer_that_may_not_be_read_yet_is_waited_for_and_then_an_error()
    {
        UnixMode.OrSkip();
        Skip.If(Environment.UserName == "root", "root may read everything");
        using FileTransport road = Road();
        TransportReply.NotYet later = await AskAsync(Request(), road);
        File.WriteAllBytes(Answer(later), Octets);
        UnixMode.Set(Answer(later), 0);
        Assert.EndsWith("but it may not be read", Assert.IsType<TransportReply.NotYet>(await road.CollectAsync(later.Ticket, default)).Reason, StringComparison.Ordinal);
        _now += TimeSpan.FromSeconds(120);
        Assert.Equal("CmpFile.Incomplete", (await Assert.ThrowsAsync<CmpException>(() => road.CollectAsync(later.Ticket, default))).ErrorId);
    }

    // what is no answer

    [Theory]
    [InlineData("00", "CmpFile.Incomplete")]
    [InlineData("3C68746D6C3E", "CmpMessage.Malformed")]
    [InlineData("2D2D2D2D2D424547494E", "CmpMessage.Malformed")]
    [InlineData("3080", "CmpMessage.Malformed")]
    [InlineData("308500000000", "CmpMessage.Malformed")]
    [InlineData("300302010500", "CmpMessage.Malformed")]
    [InlineData("30030201050D0A", "CmpMessage.Malformed")]
    [InlineData("3084FFFFFFFF", "CmpMessage.TooLarge")]
    [InlineData("3083100000", "CmpMessage.TooLarge")]
    public async Task Rule56_What_can_never_be_an_answer_is_one_typed_error(string octets, string errorId)
    {
        TransportReply.NotYet later = await AskAsync(Request());
        File.WriteAllBytes(Answer(later), Convert.FromHexString(octets));
        File.SetLastWriteTimeUtc(Answer(later), _now.UtcDateTime.AddHours(-2));
        CmpException error = await FailsAsync(later);
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(Answer(later), error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
        // another one may take its place
        File.WriteAllBytes(Answer(later), Octets);
        Assert.IsType<TransportReply.Octets>(await Road().CollectAsync(later.Ticket, default));
    }

    [Fact]
    public async Task Rule56_Of_a_huge_file_no_more_is_read_than_is_borne()
    {
        TransportReply.NotYet later = await AskAsync(Request());
        using (FileStream huge = File.Create(Answer(later)))
        {
            huge.Write([0x30, 0x84, 0x40, 0x00, 0x00, 0x00]);
            huge.SetLength(1L << 30);
        }
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("CmpMessage.TooLarge", Assert.Throws<CmpException>(() => MessageFile.Read(Answer(later), 1 << 20)).ErrorId);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal("CmpMessage.TooLarge", (await FailsAsync(later)).ErrorId);
    }

    [Fact]
    public async Task Rule56_An_answer_as_large_as_is_borne_is_taken()
    {
        byte[] answer = [0x30, 0x83, 0x0F, 0xFF, 0xFB, .. new byte[0xFFFFB]];
        TransportReply.NotYet later = await AskAsync(Request());
        File.WriteAllBytes(Answer(later), answer);
        Assert.Equal(1 << 20, Assert.IsType<TransportReply.Octets>(await Road().CollectAsync(later.Ticket, default)).Value.Length);
    }

    [SkippableFact]
    public async Task Rule71_A_link_is_not_followed()
    {
        Skip.If(OperatingSystem.IsWindows(), "links are the administrator's there");
        TransportReply.NotYet later = await AskAsync(Request());
        File.CreateSymbolicLink(Answer(later), _folder.Write("elsewhere", Octets));
        CmpException error = await FailsAsync(later);
        Assert.Equal("CmpFile.NotPlain", error.ErrorId);
        Assert.Contains("a link", error.Message, StringComparison.Ordinal);
        File.Delete(Answer(later));
        File.CreateSymbolicLink(Answer(later), _folder.PathOf("nowhere"));
        Assert.Equal("CmpFile.NotPlain", (await FailsAsync(later)).ErrorId);
    }

    [Fact]
    public async Task A_folder_is_no_answer()
    {
        TransportReply.NotYet later = await AskAsync(Request());
        Directory.CreateDirectory(Answer(later));
        CmpException error = await FailsAsync(later);
        Assert.Equal("CmpFile.NotPlain", error.ErrorId);
        Assert.Contains("a folder", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_pipe_is_no_answer_and_its_writer_is_not_waited_for()
    {
        Skip.If(Programs.Find("mkfifo") is null, "mkfifo is not installed");
        TransportReply.NotYet later = await AskAsync(Request());
        Assert.Equal(0, Programs.Run(Programs.Find("mkfifo")!, [Answer(later)]).ExitCode);
        Task<CmpException> failed = FailsAsync(later);
        Assert.Same(failed, await Task.WhenAny(failed, Task.Delay(TimeSpan.FromSeconds(60))));
        Assert.Equal("CmpFile.NotPlain", (await failed).ErrorId);
        Assert.Contains("a pipe", (await failed).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_socket_is_no_answer()
    {
        Skip.If(OperatingSystem.IsWindows(), "sockets in folders are of Unix");
        TransportReply.NotYet later = await AskAsync(Request());
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Answer(later)));
        Assert.Equal("CmpFile.NotPlain", (await FailsAsync(later)).ErrorId);
    }

    // tickets, folders, time

    [Theory]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("0A0B-001-0011223344556677.request")]
    [InlineData("0a0b-001-0011223344556677")]
    [InlineData("17")]
    public async Task A_ticket_that_this_road_did_not_give_is_unknown(string ticket)
    {
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => Road().CollectAsync(ticket, default));
        Assert.Equal("CmpTransport.UnknownTicket", error.ErrorId);
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_said_before_anything_is_made()
    {
        using FileTransport road = Road(_folder.PathOf("missing"));
        await NotFoundAsync(() => road.CheckAsync(default));
        await NotFoundAsync(() => road.ExchangeAsync(Request(), default));
        await NotFoundAsync(() => road.CollectAsync("0A0B-001-0011223344556677", default));
        Assert.Empty(_folder.Files);
        Directory.CreateDirectory(_folder.PathOf("missing"));
        await road.CheckAsync(default);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.PathOf("missing")));

        static async Task NotFoundAsync(Func<Task> act)
        {
            CmpException error = await Assert.ThrowsAsync<CmpException>(act);
            Assert.Equal("CmpStore.NotFound", error.ErrorId);
            Assert.Equal("Make the folder first.", error.RecommendedAction);
        }
    }

    [SkippableFact]
    public async Task A_folder_that_may_not_be_written_to_is_said_before_anything_is_made()
    {
        UnixMode.OrSkip();
        Skip.If(Environment.UserName == "root", "root may write everywhere");
        string path = Directory.CreateDirectory(_folder.PathOf("closed")).FullName;
        UnixMode.Set(path, 0x16D);
        using FileTransport road = Road(path);
        Assert.Equal("CmpStore.AccessDenied", (await Assert.ThrowsAsync<CmpException>(() => road.CheckAsync(default))).ErrorId);
        Assert.Equal("CmpStore.AccessDenied", (await Assert.ThrowsAsync<CmpException>(() => road.ExchangeAsync(Request(), default))).ErrorId);
        UnixMode.Set(path, 0x1FF);
    }

    [Fact]
    public void What_is_no_folder_or_no_setting_is_said_at_once()
    {
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => new FileTransport(new FileTransportSettings { Uri = new Uri("http://ca.example/") })).ErrorId);
        Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new FileTransport(new FileTransportSettings { Uri = FolderAddress.Of(_folder.PathOf("")), MaxResponseBytes = 0 })).ErrorId);
    }

    [Fact]
    public async Task Who_has_had_enough_is_not_kept()
    {
        using FileTransport road = Road();
        using var enough = new CancellationTokenSource();
        enough.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => road.ExchangeAsync(Request(), enough.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => road.CollectAsync("0A0B-001-0011223344556677", enough.Token));
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public async Task Many_messages_at_once_are_many_files()
    {
        using FileTransport road = Road();
        await Task.WhenAll(Enumerable.Range(1, 100).Select(number => road.ExchangeAsync(Request() with { TransactionId = number.ToString("X4", System.Globalization.CultureInfo.InvariantCulture) }, default)));
        Assert.Equal(100, _folder.Files.Length);
        Assert.All(_folder.Files, file => Assert.Equal(Octets, File.ReadAllBytes(file)));
    }

    private static TransportRequest Request() => new(Octets, CmpOperation.Initialization, First: true, Last: false)
    {
        TransactionId = "0a0b",
        MessageId = "00112233445566778899AABBCCDDEEFF",
        Number = 1,
    };

    private FileTransport Road(string? folder = null) => new(new FileTransportSettings { Uri = FolderAddress.Of(folder ?? _folder.PathOf("")) }, () => _now);

    private string Answer(TransportReply.NotYet ticket) => _folder.PathOf(ticket.Ticket + ".response.pki");

    private async Task<TransportReply.NotYet> AskAsync(TransportRequest request, FileTransport? road = null) => Assert.IsType<TransportReply.NotYet>(await (road ?? Road()).ExchangeAsync(request, default));

    private Task<CmpException> FailsAsync(TransportReply.NotYet ticket) => Assert.ThrowsAsync<CmpException>(() => Road().CollectAsync(ticket.Ticket, default));
}
