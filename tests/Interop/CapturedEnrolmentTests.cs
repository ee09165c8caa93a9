using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Tests;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Interop;

/// <summary>OpenSSL's client at OpenSSL's server, captured by Wireshark's dumpcap: none of our code said or carried any of it, and we tell what it was.</summary>
public sealed class CapturedEnrolmentTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(".pcapng")]
    [InlineData(".pcap")]
    public void An_enrolment_is_told_as_it_was(string extension)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using LoopbackCapture capture = LoopbackCapture.Start(server.Port, extension);
        byte[][] said = Enrol(server, server.Secret, "/CN=web01", expectSuccess: true);
        CmpConversation told = Tell(capture, 4);

        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Equal(PkiBodyType.Ir, told.Operation);
        Assert.Equal([PkiBodyType.Ir, PkiBodyType.Ip, PkiBodyType.CertConf, PkiBodyType.Pkiconf], told.Messages.Select(message => message.Type!.Value));
        // what openssl wrote to files is what was on the wire
        Assert.Equal(said, told.Messages.Select(message => message.GetOctets()));
        Assert.Equal(server.Issued.RawData, told.Messages[1].Body.Items[0].GetCertificate()!.Encoded.ToArray());
        Assert.Equal(server.Issued.SerialNumber, told.SerialNumber);
        Assert.Equal(server.Reference, told.Messages[0].Protection.Reference);
        Assert.Equal("CN=web01", told.Messages[0].Body.Items[0].Subject);
        Assert.Equal(CaptureRoad.Http, told.Road);
        Assert.EndsWith(":" + server.Port, told.Server, StringComparison.Ordinal);
        Assert.Contains(told.Story, line => line.Contains("client → server  ir        asks for a certificate for CN=web01", StringComparison.Ordinal));
        Assert.EndsWith("confirmed.", told.OutcomeText, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Polling_is_told_as_it_was()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start(new MockServerOptions { PollCount = 3, CheckAfter = 1 });
        using LoopbackCapture capture = LoopbackCapture.Start(server.Port);
        Enrol(server, server.Secret, "/CN=web01", expectSuccess: true);
        CmpConversation told = Tell(capture, 10);
        Assert.Equal(ConversationOutcome.Enrolled, told.Outcome);
        Assert.Contains("after 3 questions for it", told.OutcomeText, StringComparison.Ordinal);
        Assert.InRange(told.Duration!.Value.TotalSeconds, 2, 60);
    }

    [SkippableFact]
    public void A_wrong_secret_is_a_refusal_with_the_servers_words()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        using LoopbackCapture capture = LoopbackCapture.Start(server.Port);
        Enrol(server, "another", "/CN=web02", expectSuccess: false);
        CmpConversation told = Tell(capture, 2);
        Assert.Equal(ConversationOutcome.Refused, told.Outcome);
        Assert.Equal(PkiStatus.Rejection, told.Status);
        Assert.Contains("wrong pbm value", told.OutcomeText, StringComparison.Ordinal);
        Assert.Equal("CN=web02", told.Subject);
    }

    private CmpConversation Tell(LoopbackCapture capture, int messages)
    {
        var collector = new ConversationCollector();
        var told = new List<CmpConversation>();
        foreach ((CapturedItem item, CmpMessage? message) in capture.Read(messages))
            told.AddRange(collector.Add(item, message));
        told.AddRange(collector.End());
        CmpConversation conversation = Assert.Single(told);
        output.WriteLine(conversation.GetText());
        return conversation;
    }

    /// <summary>OpenSSL's client asks for the certificate that the server has, and keeps what was said.</summary>
    private static byte[][] Enrol(MockServer server, string secret, string subject, bool expectSuccess)
    {
        using var folder = new TestFolder();
        using ECDsa key = server.Issued.GetECDsaPrivateKey()!;
        string keyFile = folder.Write("ee.key", TestCa.Pem(key));
        string[] requests = [.. Enumerable.Range(1, 2).Select(i => folder.PathOf($"req{i}.der"))], responses = [.. Enumerable.Range(1, 2).Select(i => folder.PathOf($"rsp{i}.der"))];
        string[] kept = expectSuccess ? ["-reqout", string.Join(',', requests), "-rspout", string.Join(',', responses)] : [];
        ProgramResult result = OpenSsl.Run(
            ["cmp", "-config", string.Empty, "-batch", "-cmd", "ir", "-server", $"127.0.0.1:{server.Port}/pkix/", "-recipient", "/CN=Test Root", "-ref", server.Reference, "-secret", "env:CMP_SECRET", "-newkey", keyFile, "-subject", subject, "-certout", folder.PathOf("out.pem"), .. kept],
            environment: new Dictionary<string, string> { ["CMP_SECRET"] = secret });
        Assert.True(result.ExitCode == 0 == expectSuccess, result.Error);
        return expectSuccess && File.Exists(requests[1]) ? [.. requests.Zip(responses).SelectMany(pair => new[] { File.ReadAllBytes(pair.First), File.ReadAllBytes(pair.Second) })] : [];
    }
}
