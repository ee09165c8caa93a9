using System;
using Cmp.Keys;
using Cmp.Keys.Pkcs11;
using Cmp.Messages.Asn1;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>Names of tokens and keys as RFC 7512 has them.</summary>
public sealed class Pkcs11UriTests
{
    [Fact]
    public void All_that_names_a_key_is_read()
    {
        Pkcs11Uri uri = Pkcs11Uri.Parse("pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;serial=02;slot-id=5;object=my-certificate;type=private;id=%69%95%3E%5C?module-path=/usr/lib/libpkcs11.so");
        Assert.Equal("The Software PKCS#11 Softtoken", uri.Token);
        Assert.Equal("Snake Oil, Inc.", uri.Manufacturer);
        Assert.Equal("1.0", uri.Model);
        Assert.Equal("02", uri.Serial);
        Assert.Equal(5UL, uri.SlotId);
        Assert.Equal("my-certificate", uri.Object);
        Assert.Equal("69953E5C", Hex.Of(uri.Id!.Value.Span));
        Assert.Equal("/usr/lib/libpkcs11.so", uri.ModulePath);
        Assert.True(uri.NamesKey);
    }

    [Theory]
    [InlineData("pkcs11:")]
    [InlineData("PKCS11:token=a")]
    [InlineData("pkcs11:token=a;id=%00%01")]
    [InlineData("pkcs11:token=%C3%A4%3B%3F%26?module-name=softhsm2")]
    [InlineData("pkcs11:;token=a;?")]
    [InlineData("pkcs11:token=a?pin-source=file:/etc/my%20pin")]
    public void What_is_written_reads_the_same(string text)
    {
        Pkcs11Uri uri = Pkcs11Uri.Parse(text);
        Pkcs11Uri again = Pkcs11Uri.Parse(uri.ToString());
        Assert.Equal(uri.ToString(), again.ToString());
        Assert.Equal(uri with { Id = null }, again with { Id = null });
    }

    [Fact]
    public void What_is_no_plain_character_is_encoded()
    {
        var uri = new Pkcs11Uri { Token = "ä;?&=%\u0007", Id = new byte[] { 0x41, 0xFF }, ModuleName = "a" };
        Assert.Equal("pkcs11:token=%C3%A4%3B%3F%26%3D%25%07;id=%41%FF;type=private?module-name=a", uri.ToString());
    }

    [Fact]
    public void Another_librarys_reader_reads_what_is_written_here()
    {
        var uri = new Pkcs11Uri { Token = "ä;?&=% /:", Serial = "0 1", Manufacturer = "M", Model = "m,1", Object = "web (1)", Id = new byte[] { 0, 0x41, 0xFF }, ModulePath = "/usr/lib/my lib.so", PinSource = "/etc/my pin" };
        var read = new Net.Pkcs11Interop.Common.Pkcs11Uri(uri.ToString());
        Assert.Equal((uri.Token, uri.Serial, uri.Manufacturer, uri.Model, uri.Object, uri.ModulePath), (read.Token, read.Serial, read.Manufacturer, read.Model, read.Object, read.ModulePath));
        Assert.Equal(uri.Id!.Value.ToArray(), read.Id);
        Assert.Equal("file:/etc/my pin", read.PinSource);
    }

    [Theory]
    [InlineData("pkcs11:token=a?pin-value=1234")]
    [InlineData("pkcs11:token=a;pin-value=1234")]
    [InlineData("pkcs11:token=a;pin-source=file:/1234")]
    [InlineData("pkcs11:token=a?pin-source=1234")]
    [InlineData("pkcs11:token=a?pin-source=/1234")]
    [InlineData("pkcs11:token=a?pin-source=file:1234")]
    [InlineData("pkcs11:token=a?pin-source=file:")]
    [InlineData("pkcs11:token=a?pin-source=file:/")]
    [InlineData("pkcs11:token=a?pin-source=file://host/1234")]
    [InlineData("pkcs11:token=a?pin-source=https:/1234")]
    [InlineData("pkcs11:token=a?pin-source=%7C/usr/bin/1234")]
    [InlineData("pkcs11:token=a?pin-source=|/usr/bin/1234")]
    [InlineData("pkcs11:token=a?pin-source=file:/1234&pin-source=file:/1234")]
    [InlineData("pkcs11:token=a?pin-source=file:/a&pin-value=1234")]
    [InlineData("pkcs11:token=a?pin-valeu=1234")]
    [InlineData("pkcs11:token=a?module-path=/x?pin-value=1234")]
    [InlineData("pkcs11:token=a;token=1234")]
    [InlineData("pkcs11:token=%1234%")]
    [InlineData("pkcs11:token=a b1234")]
    [InlineData("pkcs11:token=%FF1234")]
    [InlineData("pkcs11:token=%001234")]
    [InlineData("pkcs11:token=")]
    [InlineData("pkcs11:1234")]
    [InlineData("pkcs11:id=")]
    [InlineData("pkcs11:slot-id=-1234")]
    [InlineData("pkcs11:slot-id=1234x")]
    [InlineData("pkcs11:type=cert")]
    [InlineData("pkcs11:x-vendor=1234")]
    [InlineData("pkcs11:library-description=1234")]
    [InlineData("pkcs11:token=a?module-path=libx1234.so")]
    [InlineData("pkcs11:token=a?module-path=../1234.so")]
    [InlineData("pkcs11:token=a?module-name=../x1234")]
    [InlineData("token=1234")]
    public void What_does_not_read_or_holds_a_PIN_is_refused_and_not_shown(string text)
    {
        CmpException error = Expect.Error("CmpKey.Uri", () => Pkcs11Uri.Parse(text));
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        Assert.DoesNotContain("1234", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pkcs11:token=a", true)]
    [InlineData(" PKCS11:", true)]
    [InlineData("key.pem", false)]
    [InlineData(@"C:\pkcs11\key.pem", false)]
    [InlineData("pkcs11", false)]
    [InlineData(null, false)]
    public void A_uri_is_told_from_a_file(string? text, bool isOne) => Assert.Equal(isOne, Pkcs11Uri.IsOne(text));

    [SkippableTheory]
    [InlineData("file:/etc/cmp/pin", "/etc/cmp/pin")]
    [InlineData("file:///etc/cmp/pin", "/etc/cmp/pin")]
    [InlineData("FILE:/etc/cmp/pin", "/etc/cmp/pin")]
    [InlineData("file:/etc/my%20%25pin", "/etc/my %pin")]
    [InlineData("file%3A%2Fetc%2Fcmp%2Fpin", "/etc/cmp/pin")]
    public void The_file_of_the_PIN_is_named(string source, string path)
    {
        UnixMode.OrSkip();
        Pkcs11Uri uri = Pkcs11Uri.Parse("pkcs11:token=a;object=b?module-name=x&pin-source=" + source);
        Assert.Equal(path, uri.PinSource);
        Assert.Equal(path, uri.TokenOnly.PinSource);
        Assert.Equal(path, Pkcs11Uri.Parse(uri.ToString()).PinSource);
    }

    [Theory]
    [InlineData("pkcs11:token=a", "pkcs11:token=a;serial=1;object=k?module-path=/x", true)]
    [InlineData("pkcs11:serial=1", "pkcs11:token=a;serial=1", true)]
    [InlineData("pkcs11:token=a?pin-source=file:/a", "pkcs11:token=a?pin-source=file:/b", true)]
    [InlineData("pkcs11:token=a", "pkcs11:token=b", false)]
    [InlineData("pkcs11:token=a;serial=1", "pkcs11:token=a;serial=2", false)]
    [InlineData("pkcs11:token=a?module-path=/x", "pkcs11:token=a?module-path=/y", false)]
    [InlineData("pkcs11:model=m", "pkcs11:token=a;model=m", false)]
    [InlineData("pkcs11:", "pkcs11:", false)]
    [InlineData("key.pem", "pkcs11:token=a", false)]
    [InlineData("pkcs11:token=a", "Microsoft Smart Card Key Storage Provider", false)]
    public void What_may_be_in_one_token_is_known(string left, string right, bool isOne)
    {
        Assert.Equal(isOne, Cmp.Keys.KeyProviders.MayBeInOneToken(left, right));
        Assert.Equal(isOne, Cmp.Keys.KeyProviders.MayBeInOneToken(right, left));
    }

    [Theory]
    [InlineData("pkcs11:token=a?pin-source=file:/a", "pkcs11:token=a", true)]
    [InlineData("pkcs11:token=a", "pkcs11:token=b", false)]
    [InlineData("pkcs11:token=a", null, false)]
    [InlineData(null, null, true)]
    [InlineData("Microsoft Platform Crypto Provider", "MICROSOFT Platform Crypto Provider", true)]
    [InlineData("Microsoft Platform Crypto Provider", "pkcs11:token=a", false)]
    public void Where_the_PIN_comes_from_makes_no_other_provider(string? left, string? right, bool areSame) => Assert.Equal(areSame, Cmp.Keys.KeyProviders.AreSame(left, right));

    [SkippableTheory]
    [InlineData("pkcs11:token=a;object=k;type=private", "pkcs11:token=a?pin-source=file:/new", "pkcs11:token=a;object=k;type=private?pin-source=file:/new")]
    [InlineData("pkcs11:token=a;object=k;type=private?pin-source=file:/old", "pkcs11:token=a?pin-source=file:/new", "pkcs11:token=a;object=k;type=private?pin-source=file:/new")]
    [InlineData("pkcs11:token=a;object=k?pin-source=file:/old", "pkcs11:token=b?pin-source=file:/new", "pkcs11:token=a;object=k?pin-source=file:/old")]
    [InlineData("pkcs11:token=a;object=k?pin-source=file:/old", "pkcs11:token=a", "pkcs11:token=a;object=k?pin-source=file:/old")]
    [InlineData("pkcs11:token=a;object=k?pin-source=file:/old", null, "pkcs11:token=a;object=k?pin-source=file:/old")]
    public void The_next_ones_PIN_opens_the_old_one_in_the_same_token(string uri, string? provider, string expected)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        Assert.Equal(expected, Cmp.Keys.KeyProviders.WithPinOf(uri, provider));
    }

    [Fact]
    public void A_uri_is_bounded() => Expect.Error("CmpKey.Uri", () => Pkcs11Uri.Parse("pkcs11:token=" + new string('a', 5000)));

    [Theory]
    [InlineData(@"C:\Program Files\token.dll", true)]
    [InlineData("c:/token.dll", true)]
    [InlineData("C:token.dll", false)]
    [InlineData(@"\token.dll", false)]
    [InlineData(@"\\server\share\token.dll", false)]
    [InlineData("token.dll", false)]
    public void On_Windows_a_library_is_named_by_drive_and_folder(string path, bool isFull) => Assert.Equal(isFull, Pkcs11Uri.IsFullWindowsPath(path));

    [Theory]
    [InlineData("pkcs11:token=t;object=a?module-path=/tmp/mine.so", false)]
    [InlineData("pkcs11:token=t;object=a?module-name=softhsm2", true)]
    [InlineData("pkcs11:token=t;object=a?pin-source=file:/etc/cmp/pin", false)]
    [InlineData("pkcs11:token=t;object=a", true)]
    [InlineData("/tmp/key.pem", true)]
    public void Data_chooses_no_library(string path, bool isTaken)
    {
        if (isTaken)
            KeyProviders.EnsureChoosesNoLibrary(path);
        else
            Expect.Error("CmpKey.Uri", () => KeyProviders.EnsureChoosesNoLibrary(path));
    }

    [Theory]
    [InlineData("pkcs11:token=t;serial=1", "pkcs11:token=t;serial=1;id=%01", true)]
    [InlineData("pkcs11:token=t;serial=1", "pkcs11:token=t;serial=2", false)]
    [InlineData("pkcs11:token=t;serial=1;model=a", "pkcs11:token=t;serial=1;model=b", false)]
    [InlineData("pkcs11:token=t", "pkcs11:token=t", false)]
    [InlineData("key.pem", "pkcs11:token=t;serial=1", false)]
    public void A_token_is_the_same_only_where_both_say_all_of_it(string one, string other, bool isOne) => Assert.Equal(isOne, KeyProviders.AreInOneToken(one, other));
}
