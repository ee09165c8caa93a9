using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography.Paths;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Client;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Whether a path leads from who signs to an anchor, offline, and what CRLs say of it.</summary>
public class SignerCheckTests
{
    private static readonly PkiBody Body = new PkiConfirmContent();

    private static CheckSettings Anchored => new() { Anchors = [CheckScene.Pki.Root.Certificate] };

    private static MessageCheck Chain(PkiMessage message, CheckSettings settings) => CheckScene.Check(message, settings).Of(CheckKind.SignerChain);

    [Fact]
    public void A_signer_leads_to_an_anchor()
    {
        MessageCheck check = Chain(CheckScene.Signed(Body), Anchored);
        Assert.Equal((CheckResult.Verified, "CN=Client, O=Cmp tests"), (check.Result, check.Subject));
        Assert.Contains("CN=Test Root", check.Reason);
        // what stands between may be given
        Assert.Equal(CheckResult.Failed, Chain(CheckScene.Signed(Body, extraCerts: [CheckScene.Pki.Client.Certificate]), Anchored).Result);
        Assert.Equal(CheckResult.Verified, Chain(CheckScene.Signed(Body, extraCerts: []), Anchored with { Certificates = [CheckScene.Pki.Client.Certificate, CheckScene.Pki.Issuing.Certificate] }).Result);
    }

    [Fact]
    public void Without_an_anchor_nobody_knows_who_signed()
    {
        IReadOnlyList<MessageCheck> checks = CheckScene.Check(CheckScene.Signed(Body));
        Assert.Equal(CheckResult.Verified, checks.Of(CheckKind.Protection).Result);
        MessageCheck check = checks.Of(CheckKind.SignerChain);
        Assert.Equal((CheckResult.NotChecked, false), (check.Result, check.Passed));
        Assert.Equal(CheckResult.Failed, Chain(CheckScene.Signed(Body), new CheckSettings { Anchors = [MadeCertificate.Root("CN=Another Root").Certificate] }).Result);
    }

    [Fact]
    public void A_signer_may_be_trusted_itself()
    {
        MessageCheck check = Chain(CheckScene.Signed(Body), new CheckSettings { Anchors = [CheckScene.Pki.Client.Certificate] });
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("is a trust anchor itself", check.Reason);
    }

    [Fact]
    public void Another_certificate_of_the_key_does_not_hide_the_one_that_is_trusted()
    {
        // anybody can add to extraCerts: one of the same name and key, of a CA that nobody knows
        MadeCertificate client = CheckScene.Pki.Client;
        Certificate spoiled = MadeCertificate.Root("CN=nobody").Certify(client.Key.PublicKey, "CN=Client, O=Cmp tests");
        MessageCheck check = Chain(CheckScene.Signed(Body, extraCerts: [spoiled, client.Certificate, CheckScene.Pki.Issuing.Certificate]), Anchored);
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Equal(CheckResult.Failed, Chain(CheckScene.Signed(Body, extraCerts: [spoiled, CheckScene.Pki.Issuing.Certificate]), Anchored).Result);
    }

    [Fact]
    public void Certificates_count_at_the_time_of_the_message_or_at_the_one_that_is_said()
    {
        MadeCertificate old = CheckScene.Pki.Issuing.Issue("CN=old", Shape.Leaf with { NotAfter = Peer.Now.AddDays(-10) });
        PkiMessage then = CheckScene.Signed(Body, old, header => header with { MessageTime = Peer.Now.AddDays(-20) });
        Assert.Equal(CheckResult.Verified, Chain(then, Anchored).Result);
        Assert.Equal(CheckResult.Failed, Chain(then, Anchored with { Time = Peer.Now }).Result);
        Assert.Equal(CheckResult.Failed, Chain(CheckScene.Signed(Body, old), Anchored).Result);
        // a message without a time is of now
        PkiMessage timeless = CheckScene.Signed(Body, old, header => header with { MessageTime = null });
        Assert.Equal(CheckResult.Failed, Chain(timeless, Anchored).Result);
        Assert.Equal(CheckResult.Verified, new MessageChecker(Anchored).Check(timeless, Peer.Now.AddDays(-20)).Of(CheckKind.SignerChain).Result);
    }

    [Fact]
    public void Rule27_A_key_that_is_not_for_signing_signs_nothing()
    {
        MadeCertificate wrong = CheckScene.Pki.Issuing.Issue("CN=wrong", Shape.Leaf with { KeyUsage = KeyUsages.KeyEncipherment });
        MessageCheck check = Chain(CheckScene.Signed(Body, wrong), Anchored);
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("key usage", check.Reason);
    }

    [Fact]
    public void Rule69_CRLs_that_are_given_say_whether_it_is_revoked()
    {
        MadeCertificate bad = CheckScene.Pki.Issuing.Issue("CN=bad"), good = CheckScene.Pki.Issuing.Issue("CN=good");
        CertificateList root = MadeCrl.Write(CheckScene.Pki.Root, CheckScene.Pki.Root.Certificate.Subject);
        CertificateList issuing = MadeCrl.Write(CheckScene.Pki.Issuing, CheckScene.Pki.Issuing.Certificate.Subject, bad.Certificate);
        CheckSettings settings = Anchored with { Crls = [root, issuing] };
        IReadOnlyList<MessageCheck> checks = CheckScene.Check(CheckScene.Signed(Body, good), settings);
        Assert.Equal(CheckResult.Verified, checks.Of(CheckKind.SignerChain).Result);
        Assert.Equal(CheckResult.Verified, checks.Of(CheckKind.Revocation).Result);
        MessageCheck revoked = Chain(CheckScene.Signed(Body, bad), settings);
        Assert.Equal(CheckResult.Failed, revoked.Result);
        Assert.Contains("revoked", revoked.Reason);
        // what no CRL covers is not known
        MessageCheck unknown = CheckScene.Check(CheckScene.Signed(Body, good), settings with { Crls = [root] }).Of(CheckKind.Revocation);
        Assert.Equal((CheckResult.NotChecked, false), (unknown.Result, unknown.Passed));
        Assert.Contains("CN=good", unknown.Reason);
        Assert.DoesNotContain(CheckScene.Check(CheckScene.Signed(Body, good), Anchored), check => check.Check == CheckKind.Revocation);
    }
}
