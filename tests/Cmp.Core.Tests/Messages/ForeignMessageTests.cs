using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>The wire, proven: messages of code that is not ours decode, and come out again as they came in.</summary>
public class ForeignMessageTests
{
    /// <summary>One nameless row where nothing is recorded, so that the test can say why it is skipped.</summary>
    public static TheoryData<string> Recorded => [.. ForeignMessages.RecordedNames.DefaultIfEmpty(string.Empty)];

    [SkippableTheory]
    [MemberData(nameof(Recorded))]
    public void Recorded_messages_come_out_as_they_came_in(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        InAndOut(name, File.ReadAllBytes(Path.Combine(Repository.Data!, name)));
    }

    [SkippableFact]
    public void Captured_messages_come_out_as_they_came_in()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        Assert.Equal(10, ForeignMessages.Captured.Count);
        foreach ((string name, byte[] octets) in ForeignMessages.Captured)
            InAndOut(name, octets);
    }

    [SkippableFact]
    public void Messages_of_OpenSSL_come_out_as_they_came_in()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        var findings = new List<Finding>();
        foreach ((string name, byte[] octets) in ForeignMessages.OfOpenSsl)
            findings.AddRange(InAndOut(name, octets));
        Assert.Empty(findings);
        string[] kinds = [.. ForeignMessages.OfOpenSsl.Select(m => m.Name.Split(": ")[1]).Distinct().Order(StringComparer.Ordinal)];
        string[] expected = ["certConf", "cp", "cr", "error", "genm", "genp", "ip", "ir", "kup", "kur", "p10cr", "pkiconf", "pollRep", "pollReq", "rp", "rr"];
        Assert.Equal(expected, kinds);
    }

    [SkippableFact]
    public void What_OpenSSL_says_is_read_as_it_means_it()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        CertRequest ir = Request("ir mac: ir").CertReq;
        Assert.Equal(0, ir.CertReqId);
        Assert.True(ir.CertTemplate.Subject!.IsSameAs(Name.Parse("O=Cmp tests, CN=router7")));
        Assert.Equal(30, (ir.CertTemplate.NotAfter!.Value - ir.CertTemplate.NotBefore!.Value).Days);
        Extension san = Assert.Single(ir.CertTemplate.Extensions);
        Assert.Equal("router7.example.com", GeneralName.DecodeList(san.Value).Single().ToString());
        Assert.Equal(Oids.Sha256WithRsa, Assert.IsType<PopoSigningKey>(Request("ir mac: ir").Popo).Algorithm.Oid);
        Assert.IsType<RaVerified>(Request("ir raVerified: ir").Popo);
        Assert.Null(Request("ir without proof: ir").Popo);
        Assert.False(Assert.IsType<PopoPrivKey>(Request("ir keyEncipherment: ir").Popo).IsKeyAgreement);
        Assert.Equal("A203810100", Hex.Of(Request("ir keyEncipherment: ir").Popo!.Encoded.Span));

        PkiHeader header = Message("ir mac: ir").Header;
        Assert.Equal(2, header.Pvno);
        Assert.Equal("router7"u8.ToArray(), header.SenderKid!.Value.ToArray());
        Assert.Equal(Oids.PasswordBasedMac, header.ProtectionAlg!.Oid);
        Assert.Equal(500, PbmParameter.Decode(header.ProtectionAlg.Parameters!.Value).IterationCount);
        Assert.Equal(16, header.TransactionId!.Value.Length);
        Assert.Null(header.RecipNonce);
        Assert.InRange(DateTimeOffset.UtcNow - header.MessageTime!.Value, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(10));
        PkiMessage implicitIr = Message("ir implicit: ir"), implicitIp = Message("ir implicit: ip");
        Assert.Equal("0500", Hex.Of(implicitIr.Header.FindInfo(Oids.ImplicitConfirm)!.InfoValue!.Value.Span));
        Assert.NotNull(implicitIp.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal("020300DDD5", Hex.Of(implicitIr.Header.FindInfo("1.2.3.4")!.InfoValue!.Value.Span));
        Assert.Equal(implicitIr.Header.SenderNonce!.Value.ToArray(), implicitIp.Header.RecipNonce!.Value.ToArray());

        var ip = (CertRepMessage)Message("ir signed: ip").Body;
        CertResponse response = Assert.Single(ip.Responses);
        Assert.Equal(PkiStatus.Accepted, response.Status.Status);
        Assert.Equal("CN=router7, O=Cmp tests", response.CertifiedKeyPair!.Certificate!.Subject.ToString());
        Assert.Single(ip.CaPubs);
        Assert.NotEmpty(Message("ir signed: ip").ExtraCerts);
        Assert.Equal(-1, ((CertRepMessage)Message("p10cr mac: cp").Body).Responses.Single().CertReqId);
        Assert.Equal("router7.example.com", GeneralName.DecodeList(((P10crBody)Message("p10cr mac: p10cr").Body).Request.Extensions.Single().Value).Single().ToString());

        CertId old = Controls.ReadOldCertId(Request("kur signed: kur").CertReq.FindControl(Oids.OldCertId)!);
        Assert.True(old.Issuer.DirectoryName!.IsSameAs(response.CertifiedKeyPair.Certificate.Issuer));
        Assert.Equal(response.CertifiedKeyPair.Certificate.SerialNumber.ToArray(), old.SerialNumber.ToArray());

        var confirm = (CertConfirmContent)Message("ir signed: certConf").Body;
        Assert.Equal(32, confirm.Statuses.Single().CertHash.Length);
        Assert.Equal(System.Security.Cryptography.SHA256.HashData(response.CertifiedKeyPair.Certificate.Encoded.Span), confirm.Statuses.Single().CertHash.ToArray());

        Assert.Equal(PkiStatus.Waiting, ((CertRepMessage)Message("polling: ip").Body).Responses.Single().Status.Status);
        Assert.Equal([0], ((PollReqContent)Message("polling: pollReq").Body).CertReqIds);
        Assert.Equal(1, ((PollRepContent)Message("polling: pollRep").Body).Entries.Single().CheckAfter);

        var error = (ErrorMsgContent)Message("error: error").Body;
        Assert.Equal(PkiStatus.Rejection, error.Status.Status);
        Assert.Equal(FailInfo.BadRequest, error.Status.FailInfo);
        Assert.NotNull(error.ErrorCode);
        Assert.NotEmpty(error.ErrorDetails!.Texts);
        Assert.Null(Message("unprotected error: error").Protection);
        Assert.Null(Message("unprotected error: error").Header.ProtectionAlg);
        PkiStatusInfo rejection = ((CertRepMessage)Message("rejection: cp").Body).Responses.Single().Status;
        Assert.Equal(PkiStatus.Rejection, rejection.Status);
        Assert.Equal((FailInfo)0x07FFFFFF, rejection.FailInfo);
        Assert.Equal(["no, says OpenSSL"], rejection.StatusString!.Texts);
        Assert.Equal(PkiStatus.GrantedWithMods, ((CertRepMessage)Message("grantedWithMods: cp").Body).Responses.Single().Status.Status);
    }

    [SkippableFact]
    public void OpenSSL_serves_OpenSSL()
    {
        // the fixture itself: a server process that tests of other rooms stand on
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        string folder;
        using (MockServer server = MockServer.Start(new MockServerOptions { GrantImplicitConfirm = true }))
        {
            folder = Path.GetDirectoryName(server.Write("ca", server.Ca.Certificate).Certificate)!;
            (string certificate, string key) = server.Write("client", server.Issued, server.Issued.GetECDsaPrivateKey());
            string[] common = ["cmp", "-config", "", "-batch", "-server", $"127.0.0.1:{server.Port}/pkix/", "-cmd", "ir", "-newkey", key, "-subject", "/CN=router7", "-implicit_confirm", "-certout", Path.Combine(folder, "out.pem")];
            OpenSsl.Require([.. common, "-ref", server.Reference, "-secret", "env:CMP_SECRET", "-recipient", "/CN=Test Root"], environment: new Dictionary<string, string> { ["CMP_SECRET"] = server.Secret });
            OpenSsl.Require([.. common, "-cert", certificate, "-key", key, "-trusted", Path.Combine(folder, "ca.pem")]);
            ProgramResult refused = OpenSsl.Run([.. common, "-ref", server.Reference, "-secret", "env:CMP_SECRET", "-recipient", "/CN=Test Root"], environment: new Dictionary<string, string> { ["CMP_SECRET"] = "wrong" });
            Assert.NotEqual(0, refused.ExitCode);
            server.WaitToSay("CMP");
        }
        Assert.False(Directory.Exists(folder));
    }

    private static PkiMessage Message(string name) => PkiMessage.Decode(ForeignMessages.OfOpenSsl.First(m => m.Name == name).Octets);

    private static CertReqMsg Request(string name) => ((CertReqMessages)Message(name).Body).Requests.Single();

    private static List<Finding> InAndOut(string name, byte[] octets)
    {
        try
        {
            var findings = new List<Finding>();
            PkiMessage message = PkiMessage.Decode(octets, new DecodeOptions(CmpLimits.Default, findings));
            Assert.Equal(octets, message.Encoded.ToArray());
            Touch.All(message);
            PkiMessage rebuilt = Rebuilt.From(message);
            if (findings.Count == 0)
                Assert.Equal(octets, rebuilt.Encoded.ToArray());
            Assert.Equal(rebuilt.Encoded.ToArray(), Rebuilt.From(PkiMessage.Decode(rebuilt.Encoded)).Encoded.ToArray());
            return findings;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(name, e);
        }
    }
}
