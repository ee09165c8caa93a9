using System;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Messages;

public class PkiStatusInfoTests
{
    /// <summary>RFC 9810 5.2.3, in the order of its bits.</summary>
    private const string Names = "badAlg badMessageCheck badRequest badTime badCertId badDataFormat wrongAuthority incorrectData missingTimeStamp badPOP certRevoked certConfirmed wrongIntegrity badRecipientNonce timeNotAvailable unacceptedPolicy unacceptedExtension addInfoNotAvailable badSenderNonce badCertTemplate signerNotTrusted transactionIdInUse unsupportedVersion notAuthorized systemUnavail systemFailure duplicateCertReq";

    [Fact]
    public void Each_failure_bit_has_the_name_of_the_RFC()
    {
        string[] names = Names.Split(' ');
        Assert.Equal(27, names.Length);
        for (int bit = 0; bit < 27; bit++)
            Assert.Equal([names[bit]], FailInfoNames.Of((FailInfo)(1 << bit)));
        Assert.Equal(names, FailInfoNames.Of((FailInfo)0x07FFFFFF));
        Assert.Equal(["bit27", "bit31"], FailInfoNames.Of((FailInfo)((1 << 27) | (1 << 31))));
        Assert.Empty(FailInfoNames.Of(FailInfo.None));
        Assert.Equal(28, Enum.GetValues(typeof(FailInfo)).Length);
    }

    [Theory]
    [InlineData("3003020100", PkiStatus.Accepted, null)]
    [InlineData("3007020102030206" + "40", PkiStatus.Rejection, FailInfo.BadMessageCheck)]
    [InlineData("3008020102030306" + "0040", PkiStatus.Rejection, FailInfo.BadPOP)]
    [InlineData("300A0201020305" + "0500000020", PkiStatus.Rejection, FailInfo.DuplicateCertReq)]
    [InlineData("3006020102030100", PkiStatus.Rejection, FailInfo.None)]
    [InlineData("3003020107", (PkiStatus)7, null)]
    public void Status_and_bits_go_there_and_back(string octets, PkiStatus status, FailInfo? failInfo)
    {
        PkiStatusInfo info = Expect.Read(Hex.Parse(octets), PkiStatusInfo.Read);
        Assert.Equal(status, info.Status);
        Assert.Equal(failInfo, info.FailInfo);
        Assert.Null(info.StatusString);
        Assert.Equal(octets, Hex.Of((info with { }).Encoded.Span));
    }

    [Fact]
    public void Texts_and_bits_are_shown()
    {
        Assert.Equal("rejection (badPOP, duplicateCertReq)", Samples.Refusal.ToString());
        Assert.Equal("accepted", new PkiStatusInfo(PkiStatus.Accepted).ToString());
        PkiStatusInfo refusal = PkiStatusInfo.Rejection(FailInfo.BadAlg, "no");
        Assert.Equal("no", refusal.StatusString!.Texts.Single());
        Assert.Null(PkiStatusInfo.Rejection(FailInfo.BadAlg).StatusString);
    }

    [Fact]
    public void Rule70_Free_text_is_shown_bounded_and_escaped()
    {
        var limits = new CmpLimits { MaxTexts = 2, MaxTextLength = 5 };
        Assert.Equal("a\\u{001B}… 12345… …", new PkiFreeText(["a\u001Bbc", "1234567", "third"]).Show(limits));
        Assert.Equal("one two", new PkiFreeText(["one", "two"]).Show(CmpLimits.Default));
    }

    [Fact]
    public void Rule70_A_language_tag_of_old_is_no_secret_writing() =>
        Assert.Equal("\\u{E0001}\\u{E0065}\\u{E006E}hello", new PkiFreeText(["\U000E0001\U000E0065\U000E006Ehello"]).Show(CmpLimits.Default));

    [Fact]
    public void A_refusal_carries_the_servers_own_words_as_they_came()
    {
        var error = new CmpServerException(CmpErrorKind.Server, "CmpServer.badPOP", "refused", Samples.Refusal, isAuthenticated: true) { ErrorCode = -7 };
        Assert.Equal(CmpErrorKind.Server, error.Kind);
        Assert.Equal(PkiStatus.Rejection, error.Status);
        Assert.Equal(FailInfo.BadPOP | FailInfo.DuplicateCertReq, error.FailInfo);
        Assert.Equal(["no", "nein"], error.StatusText);
        var unauthenticated = new CmpServerException(CmpErrorKind.Protection, "CmpProtection.UnauthenticatedAnswer", "refused", new PkiStatusInfo(PkiStatus.Rejection), isAuthenticated: false);
        Assert.Equal(CmpErrorKind.Protection, unauthenticated.Kind);
        Assert.Equal(FailInfo.None, unauthenticated.FailInfo);
        Assert.Empty(unauthenticated.StatusText);
    }

    [Fact]
    public void Text_that_is_no_Utf8_does_not_hide_the_refusal()
    {
        PkiStatusInfo info = Expect.Read(Hex.Parse("30 0C 02 01 02 30 03 0C 01 E4 03 02 06 40"), PkiStatusInfo.Read);
        Assert.Equal(FailInfo.BadMessageCheck, info.FailInfo);
        Assert.Equal(["\uFFFD"], info.StatusString!.Texts);
    }
}
