using System;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>-RevocationMode Online: CRLs are fetched that may speak against an announcement, for what is valid otherwise (rules 69 and 73).</summary>
public class FetchedCrlTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static ServerSettings Online(MadeCertificate root) => new() { TrustAnchor = [root.Certificate], RevocationMode = RevocationMode.Online };

    private static async Task ServeAsync(ScriptedConnection connection, Func<byte[]> crl)
    {
        await connection.ReceiveAsync();
        await connection.SendAsync(Some.Answer(crl(), string.Empty, "200 OK", "application/pkix-crl"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule73_The_CRLs_that_the_old_root_names_are_asked(bool isRevoked)
    {
        byte[] octets = [];
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => octets));
        MadeCertificate old = MadeCertificate.Root("CN=Old and new", Shape.CA with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        MadeCertificate next = MadeCertificate.Root("CN=Old and new", Herald.NewShape);
        octets = new HandmadeCrl { Signer = old, Revoked = isRevoked ? [old.Certificate] : [] }.Octets;
        byte[] said = Herald.Say(new CaKeyUpdContent(new RootCaKeyUpdateContent(next.Certificate, old.Certify(next.Key.PublicKey, "CN=Old and new", Shape.CA))), old);
        if (isRevoked)
            Assert.Null((await Herald.RefusesAsync(said, "CmpRootUpdate.OldRevoked", Online(old))).RootUpdate);
        else
            await Herald.BelievesAsync(said, Online(old));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule69_The_CRLs_that_the_speaker_names_are_asked(bool isRevoked)
    {
        byte[] octets = [];
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => octets));
        MadeCertificate root = MadeCertificate.Root("CN=Root");
        MadeCertificate speaker = root.Issue("CN=Speaker", Shape.Server with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        octets = new HandmadeCrl { Signer = root, Revoked = isRevoked ? [speaker.Certificate] : [] }.Octets;
        byte[] said = Herald.Say(Herald.RevocationOf(root.Issue("CN=router7").Certificate), speaker);
        if (isRevoked)
            await Herald.RefusesAsync(said, "CmpTrust.Revoked", Online(root));
        else
            await Herald.BelievesAsync(said, Online(root));
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Rule69_What_is_public_makes_us_fetch_only_where_somebody_vouches_for_it(bool isVouchedFor, bool isKeyUpdate)
    {
        byte[] octets = [];
        await using var server = new ScriptedServer(connection => ServeAsync(connection, () => octets));
        MadeCertificate root = MadeCertificate.Root("CN=Root", isKeyUpdate ? Shape.CA with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] } : Shape.CA);
        MadeCertificate next = MadeCertificate.Root("CN=Root", Herald.NewShape);
        MadeCertificate issued = root.Issue("CN=router7", Shape.Leaf with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        octets = new HandmadeCrl { Signer = root }.Octets;
        PkiBody content = isKeyUpdate
            ? new CaKeyUpdContent(new RootCaKeyUpdateContent(next.Certificate, root.Certify(next.Key.PublicKey, "CN=Root", Shape.CA)))
            : new CertAnnContent(issued.Certificate);
        if (isVouchedFor)
            await Herald.BelievesAsync(Herald.Say(content, root), Online(root));
        else
            await Herald.RefusesAsync(Herald.Say(content, Herald.Stranger), "CmpTrust.NoPath", Online(root));
        Assert.Equal(isVouchedFor ? 1 : 0, server.Accepted);
    }

    [Fact]
    public async Task Rule69_Strangers_make_us_fetch_nothing()
    {
        await using var server = new ScriptedServer();
        MadeCertificate root = MadeCertificate.Root("CN=Root");
        MadeCertificate stranger = Herald.Stranger.Issue("CN=Speaker", Shape.Server with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        MadeCertificate issued = Herald.Stranger.Issue("CN=router7", Shape.Leaf with { Extensions = [HandmadeCrl.Point(server.Uri.OriginalString)] });
        await Herald.RefusesAsync(Herald.Say(new CertAnnContent(issued.Certificate), stranger), ["CmpTrust.NoPath", "CmpTrust.NoPath"], Online(root));
        Assert.Equal(0, server.Accepted);
    }
}
