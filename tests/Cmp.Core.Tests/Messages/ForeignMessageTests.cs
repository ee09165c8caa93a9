using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
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
        // made since these tests began, however long they take
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Assert.InRange(header.MessageTime!.Value, self.StartTime.ToUniversalTime().AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
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
    public void Bodies_of_OpenSSL_that_are_no_enrolment_are_read_as_it_means_them()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        var rr = (RevReqContent)Message("rr: rr").Body;
        RevDetails details = Assert.Single(rr.Details);
        Assert.Equal(RevocationReason.KeyCompromise, details.Reason);
        Assert.Null(details.InvalidityDate);
        Assert.True(details.CertDetails.Issuer!.IsSameAs(Name.Parse("CN=Test Root, O=Cmp tests")));
        Assert.Equal(details.Encoded.ToArray(), RevDetails.Of(details.CertDetails.Issuer!, details.CertDetails.SerialNumber!.Value, RevocationReason.KeyCompromise).Encoded.ToArray());
        var rp = (RevRepContent)Message("rr: rp").Body;
        Assert.Equal(PkiStatus.Accepted, Assert.Single(rp.Statuses).Status);
        Assert.Equal(details.CertDetails.SerialNumber.Value.ToArray(), Assert.Single(rp.RevCerts).SerialNumber.ToArray());
        Assert.Equal(InfoTypes.SignKeyPairTypes().Encoded.ToArray(), Assert.Single(((GenMsgContent)Message("genm: genm").Body).Items).Encoded.ToArray());
        Assert.Equal("signKeyPairTypes", Assert.Single(((GenRepContent)Message("genm: genp").Body).Items).ToString()); // its mock server sends back what came
        PopoPrivKey later = Assert.IsType<PopoPrivKey>(Request("ir keyEncipherment: ir").Popo);
        Assert.Equal(SubsequentMessage.EncrCert, later.Subsequent);
        Assert.Equal(later.Encoded.ToArray(), PopoPrivKey.Later(false, SubsequentMessage.EncrCert).Encoded.ToArray());
    }

    [SkippableFact]
    public void What_Insta_tells_of_itself_is_read_as_it_means_it()
    {
        // RFC 9810 D.5: an empty question, and an answer of all that there is to know
        Assert.Empty(((GenMsgContent)RecordedMessage("insta/GenM_Insta.der").Body).Items);
        IReadOnlyList<InfoTypeAndValue> items = ((GenRepContent)RecordedMessage("insta/GenP_Insta.der").Body).Items;
        Assert.Equal(["signKeyPairTypes", "encKeyPairTypes", "preferredSymmAlg"], items.Select(item => item.ToString()));
        Assert.Equal([Oids.RsaEncryption, Oids.EcPublicKey], InfoTypes.ReadSignKeyPairTypes(items[0]).Select(algorithm => algorithm.Oid));
        Assert.Equal([Oids.RsaEncryption, Oids.EcPublicKey], InfoTypes.ReadEncKeyPairTypes(items[1]).Select(algorithm => algorithm.Oid));
        Assert.Equal("1.2.840.113549.3.7", InfoTypes.ReadPreferredSymmAlg(items[2])!.Oid); // 3-DES
    }

    [SkippableFact]
    public void What_Siemens_says_of_keys_is_read_as_it_means_it()
    {
        Assert.Null(InfoTypes.ReadKemCiphertextInfo(Assert.Single(((GenMsgContent)RecordedMessage("foreign/0014.req.der").Body).Items)));
        KemCiphertextInfo kem = InfoTypes.ReadKemCiphertextInfo(Assert.Single(((GenRepContent)RecordedMessage("foreign/0015.rsp.der").Body).Items))!;
        Assert.Equal(Oids.MLKem768, kem.Kem.Oid);
        Assert.Equal(1088, kem.Ct.Length);
        var challenge = Assert.IsType<PopoPrivKey>(((CertReqMessages)RecordedMessage("foreign/challenge-x25519.q.der").Body).Requests[0].Popo);
        Assert.Equal(SubsequentMessage.ChallengeResp, challenge.Subsequent);
        PkiMessage encrypted = RecordedMessage("foreign/encrcert-mlkem.r.der");
        CertifiedKeyPair pair = ((CertRepMessage)encrypted.Body).Responses.Single().CertifiedKeyPair!;
        Assert.Equal(0x30, EncryptedKey.Decode(pair.EncryptedCert!.Value).EnvelopedData!.Value.Span[0]);
        Assert.True(encrypted.Body.NeedsPvno3);
        Assert.Equal(3, encrypted.Header.Pvno);
        Pbmac1Params pbmac1 = Pbmac1Params.Decode(RecordedMessage("foreign/pbmac1-ir.q.der").Header.ProtectionAlg!.Parameters!.Value);
        Assert.True(pbmac1.ReadPbkdf2()!.IterationCount > 0);
        foreach (PkiMessage message in ForeignMessages.RecordedNames.Select(RecordedMessage))
        {
            if (message.Header.ProtectionAlg is { Oid: Oids.KemBasedMac, Parameters: { } parameters })
                Assert.Equal(parameters.ToArray(), (KemBMParameter.Decode(parameters) with { }).Encoded.ToArray());
            if (message.Header.ProtectionAlg is { Oid: Oids.DhBasedMac, Parameters: { } dh })
                Assert.Equal(dh.ToArray(), (DhbmParameter.Decode(dh) with { }).Encoded.ToArray());
        }
    }

    [SkippableFact]
    public void Nested_messages_of_Siemens_keep_the_octets_of_each()
    {
        var batch = (NestedMessageContent)RecordedMessage("foreign/0002.req.der").Body;
        Assert.Equal([PkiBodyType.Ir, PkiBodyType.Ir], batch.Messages.Select(message => message.Body.Type));
        Assert.Equal([PkiBodyType.Ip, PkiBodyType.Ip], ((NestedMessageContent)RecordedMessage("foreign/0003.rsp.der").Body).Messages.Select(message => message.Body.Type));
        PkiMessage inner = Assert.Single(((NestedMessageContent)RecordedMessage("foreign/0008.req.der").Body).Messages);
        Assert.Equal(PkiBodyType.Ir, inner.Body.Type);
        Assert.Equal(inner.Encoded.ToArray(), PkiMessage.Decode(inner.Encoded).Encoded.ToArray());
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

    private static PkiMessage RecordedMessage(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        return PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, name)));
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
            Assert.IsNotType<RawBody>(message.Body);
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
