using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Messages;
using Cmp.Protection;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Protection;

/// <summary>MACs of others, over the octets that they sent: Insta Certifier, Siemens' mock CA and its test suite, OpenSSL.</summary>
public class ForeignMacTests
{
    /// <summary>Recorded messages under a shared secret.</summary>
    public static TheoryData<string, string, ProtectionKind> Recorded => new()
    {
        { "foreign/pbmac1-ir.q.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/pbmac1-ir.r.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/mldsa-ir.q.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/mldsa-ir.r.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/0007.verify_pkimessage_protection.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/0009.rsp.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/0010.verify_pkimessage_protection.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/0012.rsp.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/0013.verify_pkimessage_protection.der", "SiemensIT", ProtectionKind.Pbmac1 },
        { "foreign/hmac-ir.q.der", "SiemensIT", ProtectionKind.Hmac },
        { "foreign/hmac-ir.r.der", "SiemensIT", ProtectionKind.PasswordBasedMac },
        { "foreign/challenge-x25519.q.der", "SiemensIT", ProtectionKind.PasswordBasedMac },
        { "foreign/challenge-x25519.r.der", "SiemensIT", ProtectionKind.PasswordBasedMac },
        { "foreign/encrcert-mlkem.q.der", "SiemensIT", ProtectionKind.PasswordBasedMac },
        { "foreign/encrcert-mlkem.r.der", "SiemensIT", ProtectionKind.PasswordBasedMac },
        { "insta/CR_Insta.der", "insta", ProtectionKind.PasswordBasedMac },
        { "insta/CP_Insta.der", "insta", ProtectionKind.PasswordBasedMac },
        { "insta/GenM_Insta.der", "insta", ProtectionKind.PasswordBasedMac },
        { "insta/PollReq_Insta.der", "insta", ProtectionKind.PasswordBasedMac },
        { "insta/PollRep_Insta.der", "insta", ProtectionKind.PasswordBasedMac },
    };

    [SkippableTheory]
    [MemberData(nameof(Recorded))]
    public void Rule20_Recorded_messages_verify_over_the_octets_that_arrived(string name, string secret, ProtectionKind kind)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        PkiMessage message = PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, name)));
        Assert.Equal(kind, ProtectionKinds.Of(message.Header.ProtectionAlg));
        using SharedSecret right = Secret(secret), wrong = Secret(secret + "x");
        var trust = new TrustSettings { AllowPbmSha1 = true };
        VerifiedAnswer verified = new AnswerVerifier(trust, right, ProtectionKind.Pbmac1).Verify(message, [], DateTimeOffset.UtcNow);
        Assert.Equal(kind, verified.Kind);
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => new AnswerVerifier(trust, wrong, kind).Verify(message, [], DateTimeOffset.UtcNow)).ErrorId);
        // rule 68: what is SHA-1 is taken only where somebody says so
        if (name.StartsWith("insta", StringComparison.Ordinal))
            Assert.Equal("CmpProtection.Algorithm", Assert.Throws<CmpException>(() => new AnswerVerifier(new TrustSettings(), right, kind).Verify(message, [], DateTimeOffset.UtcNow)).ErrorId);
    }

    [SkippableFact]
    public void Rule20_One_octet_of_a_MAC_that_Siemens_suite_changed_is_seen()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        PkiMessage message = PkiMessage.Decode(File.ReadAllBytes(Path.Combine(Repository.Data!, "foreign/0006.verify_pkimessage_protection.der")));
        using SharedSecret secret = Secret("SiemensIT");
        Assert.Equal("CmpProtection.Invalid", Assert.Throws<CmpException>(() => new AnswerVerifier(new TrustSettings(), secret, ProtectionKind.Pbmac1).Verify(message, [], DateTimeOffset.UtcNow)).ErrorId);
        byte[] repaired = message.Protection!.Value.ToArray();
        repaired[0] = 0xC0;
        Assert.True(new AnswerVerifier(new TrustSettings(), secret, ProtectionKind.Pbmac1).Verify(message with { Protection = repaired }, [], DateTimeOffset.UtcNow).IsAuthenticated);
    }

    [SkippableFact]
    public void Rule20_So_do_those_of_OpenSSL_requests_and_answers()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using SharedSecret secret = Secret("only a test's");
        var kinds = new HashSet<string>();
        foreach ((string name, byte[] octets) in ForeignMessages.OfOpenSsl.Where(message => message.Name.Contains("mac", StringComparison.Ordinal)))
        {
            PkiMessage message = PkiMessage.Decode(octets);
            VerifiedAnswer verified = new AnswerVerifier(new TrustSettings { AllowPbmSha1 = true }, secret, ProtectionKind.PasswordBasedMac).Verify(message, [], DateTimeOffset.UtcNow);
            Assert.True(verified.Kind == ProtectionKind.PasswordBasedMac, name);
            kinds.Add(message.Body.Type.ToString());
        }
        Assert.Contains("Ir", kinds);
        Assert.Contains("Ip", kinds);
    }

    private static SharedSecret Secret(string secret) => new(Encoding.UTF8.GetBytes("any"), Encoding.UTF8.GetBytes(secret));
}
