using System;
using System.IO;
using System.Linq;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Messages are shown from wherever they are, and a long capture can be stopped at once.</summary>
[Collection("Commands")]
public sealed class ConvertFromCmpMessageTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _trace = Path.Combine(TestHome.CreateFolder(), "trace");

    public ConvertFromCmpMessageTests()
    {
        _ca["trace"] = _trace;
        _ca.Invoke("$null = New-CmpCertificateRequest 'CN=traced' -Server $ca -NoInstall -TracePath $trace").AssertSucceeded();
        _ca["request"] = Directory.GetFiles(_trace, "0001-*").Single();
        _ca["answer"] = Directory.GetFiles(_trace, "0002-*").Single();
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_file_is_shown()
    {
        _ca.Invoke("$message = ConvertFrom-CmpMessage $request").AssertSucceeded();
        Assert.Equal("Ir", Text("$message.Type"));
        Assert.Equal("CN=traced", Text("$message.Body.Items.Subject"));
        Assert.Equal("True", Text("$null -eq $message.Conversation"));
        Assert.Equal(_ca["request"], Text("$message.Source"));
    }

    [Fact]
    public void A_trace_is_one_conversation()
    {
        _ca.Invoke("$messages = ConvertFrom-CmpMessage $trace; $told = ConvertFrom-CmpMessage $trace -AsConversation").AssertSucceeded();
        Assert.Equal("Ir Ip", Text("\"$($messages[0].Type) $($messages[1].Type)\""));
        Assert.Equal(Text("$messages[0].Header.TransactionId"), Text("$messages[0].Conversation.Id"));
        Assert.Equal("True", Text("$messages[1].Conversation.Time -is [DateTimeOffset]"));
        Assert.Equal("Enrolled", Text("$told.Outcome"));
        Assert.Equal(Text("$messages.Count"), Text("$told.Messages.Count"));
    }

    [Theory]
    [InlineData("[IO.File]::ReadAllBytes($request) | ConvertFrom-CmpMessage", 1)]
    [InlineData(", [IO.File]::ReadAllBytes($request) | ConvertFrom-CmpMessage", 1)]
    [InlineData(", [IO.File]::ReadAllBytes($request), [IO.File]::ReadAllBytes($answer) | ConvertFrom-CmpMessage", 2)]
    [InlineData("[Convert]::ToBase64String([IO.File]::ReadAllBytes($request)) | ConvertFrom-CmpMessage", 1)]
    [InlineData("[Convert]::ToBase64String([IO.File]::ReadAllBytes($request), 'InsertLineBreaks') -split '\\r\\n' | ConvertFrom-CmpMessage", 1)]
    [InlineData("@('-----BEGIN CMP MESSAGE-----') + ([Convert]::ToBase64String([IO.File]::ReadAllBytes($request), 'InsertLineBreaks') -split '\\r\\n') + '-----END CMP MESSAGE-----', '' | ConvertFrom-CmpMessage", 1)]
    [InlineData("[BitConverter]::ToString([IO.File]::ReadAllBytes($request)), [BitConverter]::ToString([IO.File]::ReadAllBytes($answer)) | ConvertFrom-CmpMessage", 2)]
    [InlineData("[IO.FileInfo] $request, [IO.FileInfo] $answer | ConvertFrom-CmpMessage", 2)]
    [InlineData("[IO.DirectoryInfo] $trace | ConvertFrom-CmpMessage -AsConversation", 1)]
    [InlineData("ConvertFrom-CmpMessage $request, $answer -AsText", 2)]
    [InlineData("ConvertFrom-CmpMessage $request, $answer | ConvertFrom-CmpMessage -AsConversation", 1)]
    [InlineData("ConvertFrom-CmpMessage $trace -AsConversation | ConvertFrom-CmpMessage | ConvertFrom-CmpMessage -AsConversation", 1)]
    [InlineData("@([IO.File]::ReadAllBytes($request)) + '' + [IO.FileInfo] $answer | ConvertFrom-CmpMessage -ErrorAction Ignore", 2)]
    public void What_the_pipeline_brings_is_told_by_its_content(string script, int count) => Assert.Equal(count, _ca.Invoke(script).Output.Count);

    [Theory]
    [InlineData("1, 2, 3 | ConvertFrom-CmpMessage", "CmpMessage.NotAMessage")]
    [InlineData("'no message' | ConvertFrom-CmpMessage", "CmpMessage.NotAMessage")]
    [InlineData("$ca.RootCertificate.RawData | ConvertFrom-CmpMessage", "CmpMessage.NotAMessage")]
    [InlineData("$ca | ConvertFrom-CmpMessage", "CmpArgument.Message")]
    [InlineData("ConvertFrom-CmpMessage \"$trace/missing.der\"", "CmpArgument.Path")]
    [InlineData("ConvertFrom-CmpMessage -LiteralPath \"$trace/missing.der\"", "CmpStore.NotFound")]
    [InlineData("ConvertFrom-CmpMessage -CapturePath $request", "CmpCapture.NotACapture")]
    [InlineData("ConvertFrom-CmpMessage -CapturePath $trace", "CmpArgument.Path")]
    public void What_is_none_is_an_error_that_says_so(string script, string errorId) => _ca.Invoke(script).AssertError(errorId);

    [Fact]
    public void An_error_shows_the_octets_that_it_is_about()
    {
        _ca["octets"] = File.ReadAllBytes((string)_ca["request"]!).AsSpan(0, 60).ToArray();
        _ca.Invoke("try { Send-CmpMessage -Message $octets -Server http://127.0.0.1:1/ -ErrorAction Stop } catch { $failed = $_ }").AssertSucceeded();
        Assert.Equal("True", Text("$null -eq ($failed | ConvertFrom-CmpMessage).Type"));
    }

    [Fact]
    public void A_long_capture_is_stopped_at_once_and_shows_how_far_it_is()
    {
        _ca["capture"] = LongCapture();
        using RunningInvocation running = _ca.Session.Start("ConvertFrom-CmpMessage -CapturePath $capture");
        running.WaitUntil(streams => streams.Progress.Count > 2);
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void One_message_is_a_tree_and_several_are_lines()
    {
        string one = _ca.Session.Show("ConvertFrom-CmpMessage $request");
        Assert.Contains("asks for a certificate for CN=traced", one, StringComparison.Ordinal);
        Assert.Contains("pvno", one, StringComparison.Ordinal);
        string several = _ca.Session.Show("ConvertFrom-CmpMessage $trace");
        Assert.Matches(@"\d\d:\d\d:\d\d\.\d\d\d  client → server  ir        asks for a certificate", several);
        Assert.DoesNotContain("pvno", several, StringComparison.Ordinal);
        Assert.Contains("Transaction: ", several, StringComparison.Ordinal);
        Assert.All((one + several).Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 120));
    }

    [Fact]
    public void The_parts_of_a_message_have_views()
    {
        foreach (string part in new[] { "Header", "Body", "Protection", "Certificates", "Tree", "Body.Items", "Header.GeneralInfo" })
        {
            string shown = _ca.Session.Show($"(ConvertFrom-CmpMessage $answer).{part}");
            Assert.DoesNotContain("Cmp.Inspection", shown, StringComparison.Ordinal);
        }
        Assert.Matches(@"Kind +CertReqId Status +Text", _ca.Session.Show("(ConvertFrom-CmpMessage $answer).Body.Items"));
        Assert.Contains("CertificateResponse", _ca.Session.Show("(ConvertFrom-CmpMessage $answer).Body.Items"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'Ask again.'", "Conversation.ImplicitConfirm      7 It is refused. Ask again.")]
    [InlineData("$null", "Conversation.ImplicitConfirm      7 It is refused.")]
    public void A_finding_shows_what_can_be_done_about_it(string action, string shown)
    {
        string text = _ca.Session.Show($"[pscustomobject] @{{ PSTypeName = 'Cmp.Messages.Rules.Finding'; Severity = 'Error'; Rule = 'Conversation.ImplicitConfirm'; Offset = 7; Text = 'It is refused.'; RecommendedAction = {action} }}");
        Assert.Contains(text.Split('\n'), line => line.TrimEnd().EndsWith(shown, StringComparison.Ordinal));
    }

    [Fact]
    public void What_came_out_of_a_file_or_a_job_shows_too()
    {
        _ca.Invoke("function Travel($told) { [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($told, 4)) }").AssertSucceeded();
        Assert.Contains("asks for a certificate for CN=traced", _ca.Session.Show("Travel (ConvertFrom-CmpMessage $request)"), StringComparison.Ordinal);
        Assert.Contains("ir asks for a certificate for CN=traced", _ca.Session.Show("Travel (ConvertFrom-CmpMessage $trace)[0]"), StringComparison.Ordinal);
        Assert.Contains("client → server  ir        asks for a certificate", _ca.Session.Show("Travel (ConvertFrom-CmpMessage $trace -AsConversation)"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_is_a_certificate_and_octets_are_octets()
    {
        Assert.Equal("Cmp.Messages.Pkix.Certificate", Text("(ConvertFrom-CmpMessage $answer).Body.Items[0].Certificate.GetType().FullName"));
        Assert.Equal(File.ReadAllBytes((string)_ca["answer"]!), _ca.Invoke(", (ConvertFrom-CmpMessage $answer).Message").Single<byte[]>());
        Assert.Equal("CN=traced", _ca.Invoke("(ConvertFrom-CmpMessage $answer).Body.Items.Subject").Single<string>());
    }

    private string Text(string script) => _ca.Invoke(script).Single().ToString();

    /// <summary>A capture of 16 GiB that says nothing, of which the disk holds next to nothing.</summary>
    private static string LongCapture()
    {
        const int Packets = 16 * 1024, Octets = 1 << 20;
        string path = Path.Combine(TestHome.CreateFolder(), "long.pcap");
        using FileStream stream = File.Create(path);
        using var writer = new BinaryWriter(stream);
        writer.Write([0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0]);
        for (int i = 0; i < Packets; i++)
        {
            foreach (int number in new[] { i, 0, Octets, Octets })
                writer.Write(number);
            writer.Flush();
            stream.Seek(Octets, SeekOrigin.Current);
        }
        stream.SetLength(stream.Position);
        return path;
    }
}
