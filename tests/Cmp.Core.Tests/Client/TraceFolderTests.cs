using System;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

public class TraceFolderTests
{
    private static PkiMessage Request(params AttributeTypeAndValue[] controls)
    {
        var request = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router7") }, controls);
        return Peer.Mac().Protect(new PkiHeader(2, GeneralName.NullDn, GeneralName.NullDn), new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(request, null, [])]), []);
    }

    [Fact]
    public void Every_message_is_a_numbered_file_and_the_log_names_it()
    {
        using var folder = new TestFolder();
        PkiMessage message = Request();
        var trace = new TraceFolder(folder.Path);
        trace.Message(TraceDirection.Sent, message.Encoded, "ir", TimeSpan.Zero);
        trace.Message(TraceDirection.Received, message.Encoded, "ip (accepted)", TimeSpan.FromMilliseconds(12));
        trace.Warning("something");
        Assert.Equal(message.Encoded.ToArray(), File.ReadAllBytes(folder.PathOf("0001-sent-ir.der")));
        Assert.True(File.Exists(folder.PathOf("0002-received-ip.der")));
        string[] log = File.ReadAllLines(folder.PathOf("log.txt"));
        Assert.Equal(3, log.Length);
        Assert.EndsWith("warning: something", log[2]);
        Assert.DoesNotContain(log, line => line.Contains("overwritten"));
    }

    [Fact]
    public void What_was_kept_is_found_again_with_its_times()
    {
        using var folder = new TestFolder();
        var trace = new TraceFolder(folder.Path);
        trace.Message(TraceDirection.Sent, Request().Encoded, "ir", TimeSpan.Zero);
        trace.Note("a word");
        trace.Message(TraceDirection.Received, Request().Encoded, "ip (accepted)", TimeSpan.Zero);
        folder.Write("0003-said-ip.der", []);
        folder.Write("other.der", []);
        TracedMessage[] found = [.. TraceFolder.Read(folder.Path)];
        Assert.Equal([(1, TraceDirection.Sent), (2, TraceDirection.Received)], found.Select(message => (message.Number, message.Direction)));
        Assert.All(found, message => Assert.InRange(DateTimeOffset.UtcNow - message.Time!.Value, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(10)));
        Assert.Equal(folder.PathOf("0002-received-ip.der"), found[1].Path);
        File.Delete(folder.PathOf("log.txt"));
        Assert.All(TraceFolder.Read(folder.Path), message => Assert.Null(message.Time));
    }

    [Fact]
    public void A_folder_of_something_else_has_no_trace()
    {
        using var folder = new TestFolder();
        folder.Write("cert.der", []);
        Assert.Empty(TraceFolder.Read(folder.Path));
        Assert.Equal("CmpStore.AccessDenied", Assert.Throws<CmpException>(() => TraceFolder.Read(folder.PathOf("missing"))).ErrorId);
    }

    [Fact]
    public void Another_process_goes_on_where_the_last_one_ended()
    {
        using var folder = new TestFolder();
        folder.Write("0041-sent-ir.der", []);
        new TraceFolder(folder.Path).Message(TraceDirection.Sent, Request().Encoded, "ir", TimeSpan.Zero);
        Assert.True(File.Exists(folder.PathOf("0042-sent-ir.der")));
    }

    [Fact]
    public void Tokens_and_authenticators_are_overwritten_with_zeros_of_the_same_length()
    {
        using var folder = new TestFolder();
        PkiMessage message = Request(Controls.RegToken("one-time-token"), Controls.Authenticator("mother's name"));
        new TraceFolder(folder.Path).Message(TraceDirection.Sent, message.Encoded, "ir", TimeSpan.Zero);
        byte[] kept = File.ReadAllBytes(folder.PathOf("0001-sent-ir.der"));
        string text = Encoding.UTF8.GetString(kept);
        Assert.Equal(message.Encoded.Length, kept.Length);
        Assert.DoesNotContain("one-time", text);
        Assert.DoesNotContain("mother", text);
        Assert.Contains("no longer verifies", File.ReadAllText(folder.PathOf("log.txt")));
        Assert.Contains("one-time-token", Encoding.UTF8.GetString(message.Encoded.ToArray()));
        Assert.Equal(27, kept.Zip(message.Encoded.ToArray(), (left, right) => left != right).Count(differs => differs));
    }

    [Theory]
    [InlineData("../../../x")]
    [InlineData("<html>")]
    [InlineData("")]
    public void Rule71_Words_of_a_peer_make_no_path(string summary)
    {
        using var folder = new TestFolder();
        new TraceFolder(folder.Path).Message(TraceDirection.Received, new byte[] { 1, 2 }, summary, TimeSpan.Zero);
        Assert.True(File.Exists(folder.PathOf("0001-received-message.der")));
    }

    [Fact]
    public void What_is_no_message_is_kept_as_it_came()
    {
        byte[] kept = TraceFolder.WithoutSecrets(new byte[] { 0x30, 1, 2 }, out bool isChanged);
        Assert.Equal([0x30, 1, 2], kept);
        Assert.False(isChanged);
    }
}
