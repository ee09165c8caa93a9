using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What each preset changes: what is sent, taken or refused under it, and not without it.</summary>
public class PresetTests
{
    [Fact]
    public void The_presets_are_these_and_each_resolves()
    {
        Assert.Equal(["Rfc9483", "Ejbca", "Insta", "Cryptlib", "Siemens", "OpenSslMock", "Ts33310", "UnisigSubset137", "Cmp1999"], Presets.Names);
        Assert.All(Presets.Names, name => new ServerSettings { Preset = name.ToUpperInvariant() }.Resolve());
    }

    [Theory]
    [InlineData("Rfc9483", null)]
    [InlineData("Cryptlib", TcpMessageStyle.Version10)]
    [InlineData("Cmp1999", TcpMessageStyle.Rfc2510)]
    public void Rule62_Who_speaks_one_style_of_TCP_Messages_is_spoken_to_in_no_other(string preset, TcpMessageStyle? style) =>
        Assert.Equal(style, new ServerSettings { Preset = preset }.Resolve().TcpStyle);

    // Ejbca

    [Theory]
    [InlineData("http://ca.example", null, "http://ca.example/ejbca/publicweb/cmp")]
    [InlineData("http://ca.example/", "devices", "http://ca.example/ejbca/publicweb/cmp/devices")]
    [InlineData("https://ca.example:8443", "a b/c", "https://ca.example:8443/ejbca/publicweb/cmp/a%20b%2Fc")]
    [InlineData("http://ca.example/ejbca/publicweb/cmp/mine", "devices", "http://ca.example/ejbca/publicweb/cmp/mine")]
    public void Rule60_The_alias_of_Ejbca_is_the_certificate_profile(string written, string? profile, string expected)
    {
        ServerSettings said = new() { CertificateProfile = profile };
        Assert.Equal(expected, Roads.WithPath(new Uri(written), (said with { Preset = "Ejbca" }).Resolve()).OriginalString);
        Assert.Equal(written, Roads.WithPath(new Uri(written), said.Resolve()).OriginalString);
    }

    [Theory]
    [InlineData("Ejbca", "CmpServer.badPOP")]
    [InlineData(null, "CmpProtection.UnauthenticatedAnswer")]
    public async Task Rule33_Ejbcas_errors_count_without_protection(string? preset, string errorId)
    {
        Desk desk = Under(preset, request => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP), Reply.Unprotected));
        Assert.Equal(errorId, (await desk.FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData("Ejbca", 0)]
    [InlineData(null, 1)]
    public async Task Rule66_Ejbcas_signatures_for_MACs_draw_no_warning(string? preset, int warnings)
    {
        var signed = new Reply { Protector = Peer.Signature(Peer.Shared.Signer), ExtraCerts = [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate] };
        Desk desk = Under(preset, request => Desk.Good(request, signed), request => Peer.Shared.Answer(request, new PkiConfirmContent(), signed));
        Assert.Equal(warnings, (await desk.EnrollAsync()).Warnings.Count);
    }

    [Theory]
    [InlineData("Ejbca")]
    [InlineData("Insta")]
    [InlineData("Cmp1999")]
    public async Task Rule3_A_reference_is_needed(string preset)
    {
        Desk desk = Nameless(preset);
        Assert.Equal("CmpArgument.Reference", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Sent);

        Desk elsewhere = Nameless(null);
        await elsewhere.EnrollAsync();

        static Desk Nameless(string? preset) => Under(preset, settings => settings with { Secret = new ReferenceAndSecret(string.Empty, Desk.Secret().Secret) }, Desk.Good, Desk.PkiConf);
    }

    [Theory]
    [InlineData("Ejbca", RevocationReason.Unspecified)]
    [InlineData("Siemens", RevocationReason.Unspecified)]
    [InlineData("Rfc9483", RevocationReason.Unspecified)]
    [InlineData("OpenSslMock", null)]
    public void Rule15_Some_servers_demand_a_reason_of_a_revocation(string preset, RevocationReason? reason) =>
        Assert.Equal(reason, new ServerSettings { Preset = preset }.Resolve().DefaultRevocationReason);

    // MACs

    [Theory]
    [InlineData(null, Oids.Sha256, Oids.HmacWithSha256, 10_000, 16)]
    [InlineData("Insta", Oids.Sha256, Oids.HmacSha1, 1024, 16)]
    [InlineData("Cryptlib", Oids.Sha1, Oids.HmacSha1, 500, 16)]
    [InlineData("Cmp1999", Oids.Sha1, Oids.HmacSha1, 1024, 4)]
    public async Task Rule18_PasswordBasedMac_is_made_as_the_server_takes_it(string? preset, string owf, string mac, int iterations, int salt)
    {
        PkiMessage sent = await FirstAsync(preset);
        PbmParameter made = PbmParameter.Decode(sent.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal((owf, mac, iterations, salt), (made.Owf.Oid, made.Mac.Oid, (int)made.IterationCount, made.Salt.Length));
    }

    [Fact]
    public async Task Rule18_What_the_user_says_stands_over_that()
    {
        PkiMessage sent = await FirstAsync("Cryptlib", settings => Known(settings) with { HashAlgorithm = "SHA512", MacAlgorithm = "HMAC-SHA384", IterationCount = 700 });
        PbmParameter made = PbmParameter.Decode(sent.Header.ProtectionAlg!.Parameters!.Value);
        Assert.Equal((Oids.Sha512, Oids.HmacWithSha384, 700), (made.Owf.Oid, made.Mac.Oid, (int)made.IterationCount));
    }

    [Fact]
    public async Task The_digest_of_MACs_is_none_of_signatures()
    {
        PkiMessage sent = await FirstAsync("Cryptlib", settings => Signing(settings), request => request with { Operation = EnrollmentOperation.Certification });
        Assert.NotEqual(Oids.Sha1, SignatureAlgorithms.DigestOid(sent.Header.ProtectionAlg!));
    }

    [Theory]
    [InlineData("Insta", true)]
    [InlineData("Cryptlib", true)]
    [InlineData("Cmp1999", true)]
    [InlineData("Ejbca", false)]
    [InlineData("Siemens", false)]
    [InlineData(null, false)]
    public async Task Rule68_SHA1_in_MACs_is_taken_where_the_server_has_nothing_else(string? preset, bool isTaken)
    {
        var weak = new Reply
        {
            Protector = MessageProtector.PasswordBasedMac(Peer.Secret(), new PbmOptions { Iterations = 500, Owf = Oids.Sha1, Mac = Oids.HmacSha1 }),
            Header = header => header with { Pvno = preset == "Cmp1999" ? 1 : 2 },
        };
        Desk desk = Under(preset, Known, request => Desk.Good(request, weak), request => Peer.Shared.Answer(request, new PkiConfirmContent(), weak));
        if (isTaken)
            await desk.EnrollAsync();
        else
            Assert.Equal("CmpProtection.Algorithm", (await desk.FailsAsync()).ErrorId);
    }

    // Cryptlib

    [Fact]
    public async Task Cryptlibs_user_IDs_are_decoded_for_Cryptlib_alone()
    {
        byte[] id = [1, 2, 3, 4, 5, 6, 7, 8, 0xE0], password = [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0xF0];
        ServerSettings Of(ServerSettings settings) => settings with { Secret = new ReferenceAndSecret(Encode(id).ToLowerInvariant(), Secure(Encode(password))) };
        var reply = new Reply { Protector = MessageProtector.PasswordBasedMac(new SharedSecret(id, (byte[])password.Clone()), new PbmOptions { Iterations = 500 }) };
        Desk desk = Under("Cryptlib", Of, request => Desk.Good(request, reply), request => Peer.Shared.Answer(request, new PkiConfirmContent(), reply));
        Assert.True((await desk.EnrollAsync()).Confirmed);
        Assert.Equal(Hex.Of(id), Hex.Of(desk.Road.Sent[0].Header.SenderKid!.Value.Span));

        PkiMessage elsewhere = await FirstAsync("Insta", Of);
        Assert.Equal(Encode(id).ToLowerInvariant(), Encoding.ASCII.GetString(elsewhere.Header.SenderKid!.Value.ToArray()));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(12)]
    public void A_user_ID_is_the_octets_that_were_encoded(int length)
    {
        for (int seed = 0; seed < 200; seed++)
        {
            byte[] octets = new byte[length];
            new Random(seed).NextBytes(octets);
            octets[^1] &= (byte)(length == 9 ? 0xE0 : 0xF0);
            string text = Encode(octets);
            Assert.Equal(length == 9 ? 17 : 23, text.Length);
            Assert.Equal(Hex.Of(octets), Hex.Of(CryptlibUserId.Decode(Encoding.ASCII.GetBytes(text), "reference")));
            // no sign can be exchanged for another one unseen, but for some that the checksum does not tell apart
            char[] changed = text.ToCharArray();
            changed[^1] = 'I';
            Assert.Equal("CmpArgument.UserId", Assert.Throws<CmpException>(() => CryptlibUserId.Decode(Encoding.ASCII.GetBytes(changed), "reference")).ErrorId);
        }
    }

    [Fact]
    public void A_user_ID_that_is_mistyped_is_found_before_any_traffic()
    {
        string text = Encode([1, 2, 3, 4, 5, 6, 7, 8, 0xE0]);
        string mistyped = text[0] + (text[1] == 'A' ? "B" : "A") + text[2..];
        CmpException error = Assert.Throws<CmpException>(() => CryptlibUserId.Decode(Encoding.ASCII.GetBytes(mistyped), "secret"));
        Assert.Equal(("CmpArgument.UserId", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        Assert.DoesNotContain(mistyped, error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAA-AAAAA")]
    [InlineData("AAAAA-AAAAA-AAAAA-")]
    [InlineData("AAAAAAAAAAAAAAAAA")]
    [InlineData("AAAA-AAAAAA-AAAAA")]
    [InlineData("AAAAA-AAAAA-AAAA*")]
    [InlineData("AAAAA-AAAAA-AAAAA-AAAAA-AAAAA")]
    public void Another_form_stands_for_itself(string text) => Assert.Null(CryptlibUserId.Decode(Encoding.ASCII.GetBytes(text), "reference"));

    [Theory]
    [InlineData("ref-1", "CmpArgument.Reference")]
    [InlineData("12345678", null)]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901234", null)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", "CmpArgument.Reference")]
    public async Task Cryptlibs_references_have_8_to_64_octets(string reference, string? errorId)
    {
        Desk desk = Under("Cryptlib", settings => settings with { Secret = new ReferenceAndSecret(reference, Desk.Secret().Secret) }, Desk.Good, Desk.PkiConf);
        if (errorId is null)
        {
            await desk.EnrollAsync();
            return;
        }
        Assert.Equal(errorId, (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Sent);
    }

    [Theory]
    [InlineData("Cryptlib", true)]
    [InlineData("OpenSslMock", false)]
    public async Task Rule18_A_MAC_without_parameters_is_the_one_before_for_Cryptlib(string preset, bool isTaken)
    {
        var options = new PbmOptions { Iterations = 500 };
        MessageProtector whole = MessageProtector.PasswordBasedMac(Peer.Secret(), options);
        Desk desk = Under(preset, Known, request => Desk.Good(request, new Reply { Protector = whole }), request => AsBefore(request, whole));
        if (isTaken)
        {
            Assert.True((await desk.EnrollAsync()).Confirmed);
        }
        else
        {
            Assert.Equal("CmpProtection.UnauthenticatedAnswer", (await Assert.ThrowsAnyAsync<CmpException>(() => desk.RunAsync())).ErrorId);
        }
    }

    [Fact]
    public async Task Rule18_Before_the_first_answer_there_is_no_MAC_that_it_could_be()
    {
        MessageProtector whole = MessageProtector.PasswordBasedMac(Peer.Secret(), new PbmOptions { Iterations = 500 });
        Desk desk = Under("Cryptlib", Known, request => AsBefore(request, whole, Desk.Response(request, Peer.Shared.Certify(Desk.KeyOf(request)))), Desk.PkiConf);
        Assert.Equal("CmpMessage.Malformed", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Cryptlib_finds_the_signer_by_its_hashes()
    {
        PkiMessage sent = await FirstAsync("Cryptlib", settings => Signing(settings), request => request with { Operation = EnrollmentOperation.Certification });
        byte[] signer = Peer.Shared.Client.Certificate.Encoded.ToArray();
        Assert.Equal("311C301A30183016" + "0414" + Hex.Of(Digests.Compute(Oids.Sha1, signer)), Hex.Of(sent.Header.FindInfo("1.2.840.113549.1.9.16.2.12")!.InfoValue!.Value.Span));
        Assert.Equal("3128302630243022" + "0420" + Hex.Of(Digests.Compute(Oids.Sha256, signer)), Hex.Of(sent.Header.FindInfo("1.2.840.113549.1.9.16.2.47")!.InfoValue!.Value.Span));

        Assert.Null((await FirstAsync("Cryptlib")).Header.FindInfo(Oids.SigningCertificate));
        Assert.Null((await FirstAsync("Ejbca", settings => Signing(settings))).Header.FindInfo(Oids.SigningCertificate));
    }

    [Theory]
    [InlineData("Cryptlib", true)]
    [InlineData("Ejbca", false)]
    public async Task Cryptlibs_CA_signs_without_digitalSignature(string preset, bool isTaken)
    {
        MadeCertificate ca = MadeCertificate.Root("CN=Cryptlib CA", Shape.CA with { KeyUsage = KeyUsages.KeyCertSign | KeyUsages.CrlSign });
        ReadOnlyMemory<byte> Refuse(PkiMessage request) => Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP), new Reply
        {
            Protector = Peer.Signature(ca),
            ExtraCerts = [],
            Header = header => header with { Sender = GeneralName.FromName(ca.Certificate.Subject), SenderKid = request.Header.SenderKid },
        });
        Desk desk = Under(preset, settings => Known(settings) with { TrustAnchor = [ca.Certificate], AllowUnprotectedErrors = false }, Refuse);
        Assert.Equal(isTaken ? "CmpServer.badPOP" : "CmpProtection.UnauthenticatedAnswer", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task A_leaf_without_digitalSignature_signs_for_nobody()
    {
        MadeCertificate leaf = Peer.Shared.Root.Issue("CN=Leaf", Shape.Server with { KeyUsage = KeyUsages.KeyCertSign });
        Desk desk = Under("Cryptlib", Known, request => Peer.Shared.Answer(request, Peer.Error(), new Reply { Protector = Peer.Signature(leaf), ExtraCerts = [leaf.Certificate], Header = header => header with { Sender = GeneralName.FromName(leaf.Certificate.Subject) } }));
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpTrust.KeyUsage", Assert.IsType<CmpException>(error.InnerException).ErrorId);
    }

    [Theory]
    [InlineData("Cryptlib", true)]
    [InlineData("Insta", false)]
    public async Task Rule68_Old_Cryptlib_signs_messages_over_SHA1(string preset, bool isTaken)
    {
        Desk desk = Under(preset, Known, request =>
        {
            PkiMessage strong = PkiMessage.Decode(Peer.Shared.Answer(request, Peer.Error(FailInfo.BadPOP), new Reply { Protector = Peer.Signature(Peer.Shared.Signer) }));
            var algorithm = new AlgorithmIdentifier("1.2.840.10045.4.1"); // ecdsa-with-SHA1
            var weak = new PkiMessage(strong.Header with { ProtectionAlg = algorithm }, strong.Body) { ExtraCerts = [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate] };
            return (weak with { Protection = Peer.Shared.Signer.Key.Sign(weak.ProtectedPart, algorithm) }).Encoded;
        });
        CmpException error = await desk.FailsAsync();
        Assert.Equal(isTaken ? "CmpServer.badPOP" : "CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        if (!isTaken)
            Assert.Equal("CmpTrust.Algorithm", Assert.IsType<CmpException>(error.InnerException).ErrorId);
    }

    [Fact]
    public void Rule68_No_certificate_is_believed_over_SHA1_for_that()
    {
        using var client = new CmpClient(new ServerSettings { Preset = "Cryptlib", Secret = Desk.Secret() }, FakeRoad.ToNobody());
        TrustSettings trust = client.TransactionSettings(new EnrollmentRequest { Destination = new FakeDestination() }, Identity.Nobody, null).Trust;
        Assert.True(trust.AllowSha1Messages);
        Assert.False(trust.Algorithms.AllowSha1Signatures);
    }

    [Fact]
    public async Task Cryptlib_takes_no_p10cr_and_no_signed_ir()
    {
        using PrivateKey key = MadeCertificate.NewKey();
        EnrollmentRequest P10(EnrollmentRequest request) => request with { Operation = EnrollmentOperation.Pkcs10, Pkcs10 = MadeCertificate.Pkcs10(key, "CN=router7"), Key = null };
        Desk pkcs10 = Under("Cryptlib", Known, P10);
        Assert.Equal("CmpArgument.NotTaken", (await pkcs10.FailsAsync()).ErrorId);
        Assert.Empty(pkcs10.Road.Sent);
        Desk signed = Under("Cryptlib", settings => Signing(settings));
        Assert.Equal("CmpArgument.NotTaken", (await signed.FailsAsync()).ErrorId);
        Assert.Empty(signed.Road.Sent);

        Assert.IsType<P10crBody>((await FirstAsync("Ejbca", null, P10)).Body);
        Assert.Equal(PkiBodyType.Ir, (await FirstAsync("Ejbca", settings => Signing(settings))).Body.Type);
    }

    [Fact]
    public void Cryptlibs_transaction_lives_on_one_connection()
    {
        Assert.Equal(KeepAliveMode.Require, new ServerSettings { Preset = "Cryptlib" }.Resolve().KeepAlive);
        Assert.All(Presets.Names.Where(name => name != "Cryptlib"), name => Assert.Equal(KeepAliveMode.Prefer, new ServerSettings { Preset = name }.Resolve().KeepAlive));
    }

    // Siemens, and what is lenient

    [Theory]
    [InlineData("Siemens", null, true)]
    [InlineData(null, true, true)]
    [InlineData(null, null, false)]
    [InlineData("Ejbca", null, false)]
    public void Rule22_PBMAC1_is_read_leniently_for_Siemens_and_where_the_user_is_lenient(string? preset, bool? lenient, bool isLenient)
    {
        using var client = new CmpClient(new ServerSettings { Preset = preset, Lenient = lenient, Secret = Desk.Secret() }, FakeRoad.ToNobody());
        Assert.Equal(isLenient, client.TransactionSettings(new EnrollmentRequest { Destination = new FakeDestination() }, Identity.Nobody, null).Trust.LenientPbmac1);
    }

    [Fact]
    public async Task Siemens_gets_what_RFC_9483_says()
    {
        PkiMessage sent = await FirstAsync("Siemens", null, request => request with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")] });
        CertReqMsg asked = Assert.Single(Assert.IsType<CertReqMessages>(sent.Body).Requests);
        Assert.True(asked.CertReq.CertTemplate.Subject!.IsEmpty);
        Assert.Null(Assert.IsType<PopoSigningKey>(asked.Popo).PoposkInput);
        Assert.Equal("CN=reference 1", sent.Header.Sender.DirectoryName!.ToString());
        Assert.Equal("reference 1", Encoding.UTF8.GetString(sent.Header.SenderKid!.Value.ToArray()));
    }

    // Ts33310 and UnisigSubset137

    [Theory]
    [InlineData("Ts33310")]
    [InlineData("UnisigSubset137")]
    public async Task Stations_and_trains_sign_and_confirm(string preset)
    {
        PkiMessage sent = await FirstAsync(preset, settings => Signing(settings) with { Secret = Desk.Secret(), ClientChain = [Peer.Shared.Issuing.Certificate] }, request => request with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")] });
        Assert.Null(sent.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal("CN=Client, O=Cmp tests", sent.Header.Sender.DirectoryName!.ToString());
        Assert.Equal([Peer.Shared.Client.Certificate.Thumbprint, Peer.Shared.Issuing.Certificate.Thumbprint], sent.ExtraCerts.Select(certificate => certificate.Thumbprint));
        CertReqMsg asked = Assert.Single(Assert.IsType<CertReqMessages>(sent.Body).Requests);
        Assert.Null(asked.CertReq.CertTemplate.Subject);
        PopoSigningKeyInput input = Assert.IsType<PopoSigningKeyInput>(Assert.IsType<PopoSigningKey>(asked.Popo).PoposkInput);
        Assert.True(input.Sender!.DirectoryName!.IsSameAs(Peer.Shared.Client.Certificate.Subject));

        PkiMessage usual = await FirstAsync(null, settings => Signing(settings) with { Secret = Desk.Secret() });
        Assert.NotNull(usual.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Equal(Oids.PasswordBasedMac, usual.Header.ProtectionAlg!.Oid);
    }

    [Fact]
    public async Task Rule32_A_station_may_get_its_operators_root_from_the_answer()
    {
        var reply = new Reply { Protector = Peer.Signature(Peer.Shared.Signer), ExtraCerts = [Peer.Shared.Root.Certificate, Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate] };
        ServerSettings Station(ServerSettings settings) => Signing(settings) with { TrustAnchor = null, TrustExtraCerts = [ServerSettings.FirstUse] };
        Desk desk = Under("Ts33310", Station, request => Desk.Good(request, reply), request => Peer.Shared.Answer(request, new PkiConfirmContent(), reply));
        Assert.True((await desk.EnrollAsync()).Confirmed);
        Assert.Equal(["ir", "certConf"], desk.Road.Kinds);

        Desk strict = Under("Ts33310", settings => Station(settings) with { TrustExtraCerts = null }, request => Desk.Good(request, reply));
        Assert.Equal("CmpTrust.NoAnchor", (await strict.FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData("Ts33310")]
    [InlineData("UnisigSubset137")]
    public async Task Without_a_certificate_they_have_nothing_to_sign_with(string preset)
    {
        Desk desk = Under(preset, settings => settings);
        Assert.Equal("CmpArgument.NoCredential", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Sent);
    }

    [Theory]
    [InlineData("UnisigSubset137", false, 1)]
    [InlineData("UnisigSubset137", true, 0)]
    [InlineData("Ts33310", false, 0)]
    public async Task A_train_expects_the_CAs_certificates(string preset, bool haveCome, int warnings)
    {
        Desk desk = Under(
            preset,
            settings => Signing(settings),
            request => Peer.Shared.Answer(request, Desk.Response(request, Peer.Shared.Certify(Desk.KeyOf(request))) with { CaPubs = haveCome ? [Peer.Shared.Root.Certificate] : [] }),
            Desk.PkiConf);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(warnings, enrolled.Warnings.Count(warning => warning.Contains("caPubs")));
        Assert.Equal(haveCome ? 1 : 0, enrolled.CaPubs.Count);
        Assert.Null(Assert.Single(Assert.IsType<CertConfirmContent>(desk.Road.Sent[1].Body).Statuses).StatusInfo);
    }

    // who names no subject

    [Theory]
    [InlineData(null, true, false)]
    [InlineData("Siemens", true, false)]
    [InlineData("Insta", false, false)]
    [InlineData("Cryptlib", false, false)]
    [InlineData("OpenSslMock", false, false)]
    [InlineData("Cmp1999", false, true)]
    public async Task Rule11_Where_no_subject_is_named_each_has_its_way(string? preset, bool hasNullDn, bool hasMacOverKey)
    {
        PkiMessage sent = await FirstAsync(preset, Known, request => request with { Subject = null, SubjectAltNames = [GeneralName.FromText(GeneralNameType.DnsName, "router7.example")] });
        CertReqMsg asked = Assert.Single(Assert.IsType<CertReqMessages>(sent.Body).Requests);
        Assert.Equal(hasNullDn, asked.CertReq.CertTemplate.Subject is { IsEmpty: true });
        Assert.Equal(hasMacOverKey, Assert.IsType<PopoSigningKey>(asked.Popo).PoposkInput?.PublicKeyMac is not null);
    }

    private static string Encode(byte[] octets)
    {
        byte checksum = 1;
        foreach (byte octet in octets)
            checksum += octet;
        string bits = string.Concat(octets.Prepend(checksum).Select(octet => Convert.ToString(octet, 2).PadLeft(8, '0')));
        int groups = octets.Length == 9 ? 3 : 4;
        return string.Join("-", Enumerable.Range(0, groups).Select(group => string.Concat(Enumerable.Range(group * 5, 5).Select(i => "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"[Convert.ToInt32(bits.Substring(5 * i, 5), 2)]))));
    }

    private static System.Security.SecureString Secure(string text) => new NetworkCredential(string.Empty, text).SecurePassword;

    /// <summary>A pkiConf, or another body, whose protectionAlg says "as before" by NULL parameters.</summary>
    private static ReadOnlyMemory<byte> AsBefore(PkiMessage request, MessageProtector whole, PkiBody? body = null)
    {
        PkiMessage answer = PkiMessage.Decode(Peer.Shared.Answer(request, body ?? new PkiConfirmContent(), new Reply { Protector = whole }));
        var bare = new PkiMessage(answer.Header with { ProtectionAlg = AlgorithmIdentifier.WithNull(Oids.PasswordBasedMac) }, answer.Body);
        PbmParameter parameters = PbmParameter.Decode(whole.Algorithm!.Parameters!.Value);
        byte[] key = PasswordBasedMacKey.Derive(Encoding.UTF8.GetBytes("correct horse"), parameters.Salt, parameters.Owf.Oid, (int)parameters.IterationCount);
        return (bare with { Protection = Macs.Compute(parameters.Mac, key, bare.ProtectedPart) }).Encoded;
    }

    private static ServerSettings Signing(ServerSettings settings) => settings with
    {
        Secret = null,
        ClientCertificate = Cryptography.TestCertificate.Load(Peer.Shared.Client.Certificate.Encoded.ToArray()),
        ClientKey = Peer.Shared.Client.Key,
    };

    /// <summary>A reference as long as the pickiest server wants it.</summary>
    private static ServerSettings Known(ServerSettings settings) => settings with { Secret = new ReferenceAndSecret("reference 1", Desk.Secret().Secret) };

    private static Desk Under(string? preset, params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) => Under(preset, settings => settings, script);

    private static Desk Under(string? preset, Func<ServerSettings, ServerSettings> settings, params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) => Under(preset, settings, request => request, script);

    private static Desk Under(string? preset, Func<ServerSettings, ServerSettings> settings, Func<EnrollmentRequest, EnrollmentRequest> request, params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) => new(FakeRoad.Of(script))
    {
        Settings = said => settings(said with { IterationCount = null, Preset = preset }),
        Request = request,
    };

    private static async Task<PkiMessage> FirstAsync(string? preset, Func<ServerSettings, ServerSettings>? settings = null, Func<EnrollmentRequest, EnrollmentRequest>? request = null)
    {
        Desk desk = Under(preset, settings ?? Known, request ?? (same => same), asked => Peer.Shared.Answer(asked, Peer.Error(), new Reply { Header = header => header with { Pvno = asked.Header.Pvno } }));
        await Assert.ThrowsAnyAsync<CmpException>(() => desk.RunAsync());
        return desk.Road.Sent[0];
    }
}
