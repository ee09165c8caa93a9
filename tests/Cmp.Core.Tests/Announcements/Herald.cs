using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>A root with two CAs below it, which say what they are told to say, and somebody who judges it.</summary>
internal sealed class Herald
{
    private static readonly Lazy<Herald> One = new(() => new Herald());

    private Herald()
    {
        Root = MadeCertificate.Root("CN=Root of heralds");
        NewRoot = MadeCertificate.Root("CN=Root of heralds", NewShape);
        Issuing = Root.Issue("CN=Issuing CA", Shape.CA);
        Other = Root.Issue("CN=Another CA", Shape.CA);
        RootSpeaker = Root.Issue("CN=Speaks for the root", Shape.Server);
        Speaker = Issuing.Issue("CN=Speaks for the CA", Shape.Server);
        OtherSpeaker = Other.Issue("CN=Speaks for another CA", Shape.Server);
        CrlIssuer = Root.Issue("CN=CRL issuer", Shape.Leaf with { KeyUsage = KeyUsages.DigitalSignature | KeyUsages.CrlSign });
        Leaf = Issuing.Issue("CN=router7", Shape.Leaf with { Extensions = [HandmadeCrl.Point("http://crl.example/", CrlIssuer.Certificate.Subject)] });
        Stranger = MadeCertificate.Root("CN=Root of strangers");
    }

    /// <summary>One for all tests: nothing in it can be changed.</summary>
    internal static Herald Shared => One.Value;

    internal static DateTimeOffset Now => Peer.Now;

    /// <summary>A root that lives longer than the old one.</summary>
    internal static Shape NewShape { get; } = Shape.CA with { NotAfter = Peer.Now.AddDays(3000) };

    internal MadeCertificate Root { get; }

    /// <summary>The next root: same name, another key.</summary>
    internal MadeCertificate NewRoot { get; }

    internal MadeCertificate Issuing { get; }

    internal MadeCertificate Other { get; }

    /// <summary>cmcRA under the root, under the CA, and under the other CA.</summary>
    internal MadeCertificate RootSpeaker { get; }

    internal MadeCertificate Speaker { get; }

    internal MadeCertificate OtherSpeaker { get; }

    /// <summary>No CA: the certificate of the router names it as issuer of its CRLs.</summary>
    internal MadeCertificate CrlIssuer { get; }

    /// <summary>What the issuing CA issued.</summary>
    internal MadeCertificate Leaf { get; }

    /// <summary>A root of another PKI.</summary>
    internal MadeCertificate Stranger { get; }

    internal ServerSettings Settings => new() { TrustAnchor = [Root.Certificate], IterationCount = 100 };

    internal ServerSettings WithSecret => Settings with { Secret = Cmp.Tests.Client.Desk.Secret() };

    internal Certificate NewWithOld => Root.Certify(NewRoot.Key.PublicKey, "CN=Root of heralds", Shape.CA);

    internal Certificate OldWithNew => NewRoot.Certify(Root.Key.PublicKey, "CN=Root of heralds", Shape.CA);

    internal RootCaKeyUpdateContent Update => new(NewRoot.Certificate, NewWithOld, OldWithNew);

    internal CaKeyUpdContent KeyUpdate => new(Update);

    internal RevAnnContent Revocation => RevocationOf(Leaf.Certificate);

    internal CrlAnnContent Crls => new([new HandmadeCrl { Signer = Issuing }.Crl]);

    internal static RevAnnContent RevocationOf(Certificate certificate, PkiStatus status = PkiStatus.RevocationWarning) =>
        new(status, CertId.Of(certificate), Now.AddDays(1), Now.AddDays(-1), []);

    /// <summary>A message of somebody, made now and with what leads from it to the root, where nothing else is said.</summary>
    internal byte[] Say(PkiBody content, MadeCertificate signer, DateTimeOffset? time = null, IReadOnlyList<Certificate>? extraCerts = null) =>
        AnnouncementWriter.Write(content, signer.Certificate.Subject, Peer.Signature(signer), time ?? Now, extraCerts: extraCerts ?? [signer.Certificate, Issuing.Certificate, Other.Certificate]).Encoded.ToArray();

    /// <summary>A message of somebody whose header, or what is changed after it was protected, differs.</summary>
    internal byte[] Say(PkiBody content, MessageProtector protector, Name sender, Func<PkiHeader, PkiHeader>? header = null, Func<PkiMessage, PkiMessage>? message = null)
    {
        var plain = new PkiHeader(content.NeedsPvno3 ? 3 : 2, GeneralName.FromName(sender), GeneralName.NullDn)
        {
            MessageTime = Now,
            SenderKid = protector.SenderKid,
            TransactionId = new byte[16],
            SenderNonce = new byte[16],
        };
        PkiMessage said = protector.Protect(header?.Invoke(plain) ?? plain, content, [Speaker.Certificate, Issuing.Certificate]);
        return (message?.Invoke(said) ?? said).Encoded.ToArray();
    }

    /// <summary>A message under the secret.</summary>
    internal byte[] SayUnderMac(PkiBody content, string secret = "correct horse") => Say(content, Peer.Mac(secret), Name.FromCommonName(Peer.Reference));

    internal async Task<Announcement> JudgeAsync(byte[] octets, ServerSettings? settings = null, JudgeSettings? how = null, AnnouncementMemory? memory = null)
    {
        using var client = CmpClient.ByHand(settings ?? Settings);
        Announcement announcement = Assert.Single(await new AnnouncementJudge(client, memory, Timed(how)).JudgeAsync(octets, AnnouncementSource.Push, "203.0.113.7"));
        Assert.NotEmpty(announcement.Reasons);
        Assert.All(announcement.Reasons, reason => Assert.True(reason.Text.Length > 0 && PeerText.Escape(reason.Text, int.MaxValue) == reason.Text));
        return announcement;
    }

    /// <summary>It is believed.</summary>
    internal async Task<Announcement> BelievesAsync(byte[] octets, ServerSettings? settings = null, JudgeSettings? how = null, AnnouncementMemory? memory = null)
    {
        Announcement announcement = await JudgeAsync(octets, settings, how, memory);
        Assert.True(announcement.Verified, announcement.Problem?.ToString());
        return announcement;
    }

    /// <summary>It is not believed, for these reasons and no others.</summary>
    internal async Task<Announcement> RefusesAsync(byte[] octets, string[] ids, ServerSettings? settings = null, JudgeSettings? how = null, AnnouncementMemory? memory = null)
    {
        Announcement announcement = await JudgeAsync(octets, settings, how, memory);
        Assert.False(announcement.Verified);
        Assert.Equal(ids, announcement.Reasons.Where(reason => !reason.Holds).Select(reason => reason.Id));
        return announcement;
    }

    internal Task<Announcement> RefusesAsync(byte[] octets, string id, ServerSettings? settings = null, JudgeSettings? how = null, AnnouncementMemory? memory = null) =>
        RefusesAsync(octets, [id], settings, how, memory);

    internal static JudgeSettings Timed(JudgeSettings? how) => how is { Clock: not null } ? how : (how ?? new JudgeSettings()) with { Clock = () => Now };

    /// <summary>An extension that gives a CRL its number.</summary>
    internal static Extension Number(long number)
    {
        var writer = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        writer.WriteInteger(number);
        return new Extension(Oids.CrlNumber, false, writer.Encode());
    }
}
