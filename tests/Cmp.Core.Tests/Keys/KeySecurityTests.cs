using System;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Cng;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>Who may use a key of Windows: SIDs, access lists, and how they are passed on.</summary>
public sealed class KeySecurityTests
{
    /// <summary>D:PAI(A;;0x1f019b;;;SY)(A;;0x1f019b;;;BA), with owner and group, as Windows gives it for a key of the computer.</summary>
    internal static readonly byte[] Machine = Hex.Parse(
        "01000494" + "48000000" + "58000000" + "00000000" + "14000000" +
        "02003400" + "02000000" + "0000" + "1400" + "9B011F00" + "010100000000000512000000" + "0000" + "1800" + "9B011F00" + "01020000000000052000000020020000" +
        "01020000000000052000000020020000" + "010100000000000512000000");

    [Theory]
    [InlineData("S-1-5-18", "010100000000000512000000")]
    [InlineData("s-1-5-32-544", "01020000000000052000000020020000")]
    [InlineData("S-1-5-21-3623811015-3361044348-30300820-1013", "010500000000000515000000C7F7FED77C7755C8945ACE01F5030000")]
    public void A_SID_is_read_and_written(string text, string octets)
    {
        Sid sid = Sid.Parse(text)!;
        Assert.Equal(octets, Hex.Of(sid.ToArray()), ignoreCase: true);
        Assert.Equal(text.ToUpperInvariant(), sid.ToString());
        Assert.Equal(sid, Sid.Read(sid.ToArray(), 0, sid.ToArray().Length));
    }

    [Theory]
    [InlineData("S-1-5")]
    [InlineData("S-2-5-18")]
    [InlineData("S-1-5-4294967296")]
    [InlineData("S-1-5--1")]
    [InlineData("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16")]
    [InlineData("NETWORK SERVICE")]
    public void What_is_none_is_no_SID(string text) => Assert.Null(Sid.Parse(text));

    [Theory]
    [InlineData("NETWORK SERVICE", "S-1-5-20")]
    [InlineData(@"NT AUTHORITY\Network Service", "S-1-5-20")]
    [InlineData(@"BUILTIN\Administrators", "S-1-5-32-544")]
    [InlineData("IIS_IUSRS", "S-1-5-32-568")]
    [InlineData(@"BUILTIN\Users", "S-1-5-32-545")]
    [InlineData(@"NT SERVICE\ALL SERVICES", "S-1-5-80-0")]
    // a service that is called so, and not those accounts
    [InlineData(@"NT SERVICE\Users", null)]
    [InlineData(@"NT SERVICE\SYSTEM", null)]
    [InlineData(@"NT AUTHORITY\Administrators", null)]
    [InlineData(@"PC7\Administrators", null)]
    [InlineData(@"BUILTIN\SYSTEM", null)]
    [InlineData("Somebody", null)]
    [InlineData(@"NT SERVICE\MSSQLSERVER", null)]
    public void Accounts_that_every_Windows_has_are_known_without_asking_it(string name, string? sid) => Assert.Equal(sid, Sid.OfWellKnown(name)?.ToString());

    [Fact]
    public void A_domain_that_does_not_answer_is_one_error()
    {
        CmpException error = Expect.Error("CmpKey.Reader", () => new KeyReaders(new FakeCng(), new Silent()).Resolve(["CORP\\web"]));
        Assert.Contains("SID", error.RecommendedAction, StringComparison.Ordinal);
    }

    private sealed class Silent : IAccounts
    {
        public string? SidOf(string name) => throw new InvalidOperationException("The trust relationship failed.");
    }

    [Fact]
    public void A_reader_is_added_and_who_was_there_stays()
    {
        KeySecurity before = KeySecurity.Decode(Machine);
        Sid service = Sid.Parse("S-1-5-20")!;
        Assert.False(before.Allows(service));
        byte[] encoded = before.With([service, service]).Encode();
        KeySecurity after = KeySecurity.Decode(encoded);
        Assert.True(after.Allows(service));
        Assert.True(after.Allows(Sid.Parse("S-1-5-18")!));
        Assert.Equal(
            "01000494" + "00000000" + "00000000" + "00000000" + "14000000" +
            "02004800" + "03000000" + "00001400" + "9B011F00" + "010100000000000512000000" + "00001800" + "9B011F00" + "01020000000000052000000020020000" +
            "00001400" + "89001280" + "010100000000000514000000",
            Hex.Of(encoded), ignoreCase: true);
        // once is enough, and a right that a file system keeps without its generic bit counts
        Assert.Equal(encoded, after.With([service]).Encode());
        Assert.Equal(KeySecurity.Decode(Machine).Encode(), before.With([Sid.Parse("S-1-5-18")!]).Encode());
    }

    /// <summary>SYSTEM with READ_CONTROL alone sees who may use the key, and may not use it.</summary>
    [Fact]
    public void Who_may_do_less_than_use_the_key_is_let_use_it()
    {
        byte[] less = (byte[])Machine.Clone();
        Hex.Parse("00000200").CopyTo(less, 32);
        Sid system = Sid.Parse("S-1-5-18")!;
        KeySecurity before = KeySecurity.Decode(less);
        Assert.False(before.Allows(system));
        Assert.True(KeySecurity.Decode(before.With([system]).Encode()).Allows(system));
        Assert.True(KeySecurity.Decode(Machine).Allows(system));
    }

    [Fact]
    public void A_reader_stands_before_what_is_inherited()
    {
        byte[] inherited = (byte[])Machine.Clone();
        inherited[20 + 8 + 0x14 + 1] = 0x10;
        byte[] encoded = KeySecurity.Decode(inherited).With([Sid.Parse("S-1-5-20")!]).Encode();
        Assert.Equal(0x10, encoded[20 + 8 + 0x14 + 0x14 + 1]);
    }

    [Fact]
    public void Where_everybody_may_nothing_is_added()
    {
        byte[] none = new byte[20];
        none[0] = 1;
        none[3] = 0x80;
        KeySecurity security = KeySecurity.Decode(none);
        Assert.True(security.Allows(Sid.Parse("S-1-5-20")!));
        Assert.Equal(none, security.With([Sid.Parse("S-1-5-20")!]).Encode());
    }

    [Fact]
    public void What_is_cut_or_changed_anywhere_is_an_error_or_another_list_and_never_more()
    {
        for (int length = 0; length < 72; length++)
            Assert.Throws<FormatException>(() => KeySecurity.Decode(Machine.AsSpan(0, length).ToArray()));
        for (int at = 0; at < Machine.Length; at++)
        {
            foreach (byte value in new byte[] { 0, 1, 0x7F, 0x80, 0xFF })
            {
                byte[] changed = (byte[])Machine.Clone();
                changed[at] = value;
                try
                {
                    KeySecurity.Decode(changed).With([Sid.Parse("S-1-5-20")!]).Encode();
                }
                catch (FormatException)
                {
                    // that is the one exception
                }
            }
        }
    }

    [Fact]
    public void Readers_are_found_by_name_and_SID_and_refused_off_Windows()
    {
        var readers = new KeyReaders(new FakeCng(), new Accounts());
        Assert.Equal(["S-1-5-20", "S-1-5-21-1-2-3-1001", "S-1-5-82-1"], readers.Resolve(["NETWORK SERVICE", @"DOMAIN\web", "S-1-5-82-1"]).Select(sid => sid.ToString()));
        CmpException error = Expect.Error("CmpKey.Reader", () => readers.Resolve(["Nobody"]));
        Assert.Contains("Nobody", error.Message, StringComparison.Ordinal);
        Assert.Equal(CmpErrorKind.Platform, Expect.Error("CmpPlatform.NotSupported", () => new KeyReaders(null, null).Resolve(["NETWORK SERVICE"])).Kind);
        Assert.Empty(new KeyReaders(null, null).Resolve([]));
    }

    [Fact]
    public void Who_may_use_the_old_key_may_use_the_new_one_and_those_who_are_named()
    {
        var cng = new FakeCng();
        var readers = new KeyReaders(cng, new Accounts());
        X509Certificate2 old = Tied(cng, Machine), renewed = Tied(cng, KeySecurity.Decode(Machine).With([Sid.Parse("S-1-1-0")!]).Encode());
        Assert.True(readers.Grant(old, null, readers.Resolve(["NETWORK SERVICE"])));
        Assert.True(readers.Grant(renewed, readers.Of(old), readers.Resolve([@"DOMAIN\web"])));
        KeySecurity after = readers.Of(renewed)!;
        Assert.True(after.Allows(Sid.Parse("S-1-5-20")!));
        Assert.True(after.Allows(Sid.Parse("S-1-5-21-1-2-3-1001")!));
        // the old list takes the place of the new one's own
        Assert.False(after.Allows(Sid.Parse("S-1-1-0")!));
    }

    [Fact]
    public void What_the_provider_refuses_is_told()
    {
        var cng = new FakeCng();
        var readers = new KeyReaders(cng, new Accounts());
        X509Certificate2 certificate = Tied(cng, new byte[3]);
        Expect.Error("CmpKey.Permissions", () => readers.Of(certificate));
        cng.Refusal = CngErrors.AccessDenied;
        Expect.Error("CmpKey.AccessDenied", () => readers.Of(certificate));
        cng.Refusal = CngErrors.NotSupported;
        Expect.Error("CmpKey.Permissions", () => readers.Of(certificate));
        using X509Certificate2 bare = X509CertificateLoader.LoadCertificate(Peer.Shared.Root.Certificate.Encoded.Span);
        Assert.Null(readers.Of(bare));
        Assert.False(readers.Grant(bare, null, readers.Resolve(["SYSTEM"])));
    }

    internal static X509Certificate2 Tied(FakeCng cng, byte[] descriptor)
    {
        using KeyHandle handle = new CngKeys(cng).Get(CngKeysTests.Request("ECDSA_P256"));
        cng.Set(CngReference.Read(handle.Reference!), "Security Descr", descriptor);
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(Peer.Shared.Certify(handle.Key.PublicKey).Encoded.Span);
        return handle.Key.AttachTo(certificate);
    }

    internal sealed class Accounts : IAccounts
    {
        public string? SidOf(string name) => name == @"DOMAIN\web" ? "S-1-5-21-1-2-3-1001" : null;
    }
}
