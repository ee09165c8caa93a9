using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

/// <summary>What announcements are asked for by, as the examples of draft-ietf-pkix-cmp-transport-protocols-11 3.7.2 have it, and what is none of it.</summary>
public class AnnouncementTargetTests
{
    private const string Key = "303C8014BE911E711EDB685BF94D9B176A1BC715CE51D794A119A4173015311330110603550403130A4578616D706C652043418209008F8B7E383D88327C";
    private const string Issuer = "3015311330110603550403130A4578616D706C65204341";

    [Fact]
    public void The_examples_of_the_draft_are_written_octet_by_octet()
    {
        Assert.Equal("CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + Key, new AnnouncementTarget.CaKeyUpdate(Hex.Parse(Key)).ToString());
        // 6699 is 1A2B
        Assert.Equal($"RevAnn.PKI?issuer={Issuer}&serialNumber=1A2B", new AnnouncementTarget.Revocation(Hex.Parse(Issuer), new byte[] { 6699 >> 8, 6699 & 0xFF }).ToString());
        Assert.Equal("CRLAnn.PKI?issuer=" + Issuer, new AnnouncementTarget.Crl(Hex.Parse(Issuer)).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/cmp/")]
    [InlineData("/.well-known/cmp/p/name/")]
    public void The_examples_are_read_whatever_path_stands_before_them(string path)
    {
        Assert.Equal(Key, Hex.Of(Assert.IsType<AnnouncementTarget.CaKeyUpdate>(AnnouncementTarget.Read(path + "CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + Key)).AuthorityKeyIdentifier.Span));
        AnnouncementTarget.Revocation revocation = Assert.IsType<AnnouncementTarget.Revocation>(AnnouncementTarget.Read($"{path}RevAnn.PKI?issuer={Issuer}&serialNumber=1A2B"));
        Assert.Equal((Issuer, "1A2B"), (Hex.Of(revocation.Issuer.Span), Hex.Of(revocation.SerialNumber.Span)));
        Assert.Equal(Issuer, Hex.Of(Assert.IsType<AnnouncementTarget.Crl>(AnnouncementTarget.Read(path + "CRLAnn.PKI?issuer=" + Issuer)).Issuer.Span));
    }

    [Fact]
    public void Digits_may_be_small_and_arguments_stand_in_any_order_with_others_between()
    {
        AnnouncementTarget.Revocation revocation = Assert.IsType<AnnouncementTarget.Revocation>(AnnouncementTarget.Read("/RevAnn.PKI?serialNumber=1a2b&format=xml&&issuer=" + Issuer.ToLowerInvariant()));
        Assert.Equal((Issuer, "1A2B"), (Hex.Of(revocation.Issuer.Span), Hex.Of(revocation.SerialNumber.Span)));
    }

    [Theory]
    [InlineData("1A2B", "1A2B")]
    [InlineData("0", "00")]
    [InlineData("A", "0A")]
    [InlineData("12B", "012B")]
    [InlineData("008F8B7E383D88327C", "8F8B7E383D88327C")]
    [InlineData("00000001", "01")]
    public void A_serial_number_is_a_number(string written, string read) =>
        Assert.Equal(read, Hex.Of(((AnnouncementTarget.Revocation)AnnouncementTarget.Read($"RevAnn.PKI?issuer=3000&serialNumber={written}")!).SerialNumber.Span));

    [Theory]
    [InlineData("008F8B7E383D88327C", "8F8B7E383D88327C")]
    [InlineData("00", "00")]
    [InlineData("7F", "7F")]
    public void Of_an_INTEGER_only_what_counts_is_written(string content, string written) =>
        Assert.Equal("RevAnn.PKI?issuer=3000&serialNumber=" + written, new AnnouncementTarget.Revocation(new byte[] { 0x30, 0 }, Hex.Parse(content)).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/pkix/")]
    [InlineData("/CertAnn.PKI?issuer=3000")]
    [InlineData("/crlann.pki?issuer=3000")]
    [InlineData("/CRLAnn.PKI/?issuer=3000")]
    [InlineData("/xCRLAnn.PKI?issuer=3000")]
    [InlineData("/pkix?file=/CRLAnn.PKI")]
    public void What_names_no_announcement_is_none(string target) => Assert.Null(AnnouncementTarget.Read(target));

    [Theory]
    [InlineData("CRLAnn.PKI")]
    [InlineData("CRLAnn.PKI?")]
    [InlineData("CRLAnn.PKI?issuer")]
    [InlineData("CRLAnn.PKI?issuer=")]
    [InlineData("CRLAnn.PKI?Issuer=3000")]
    [InlineData("CRLAnn.PKI?issuer=300")]
    [InlineData("CRLAnn.PKI?issuer=30 00")]
    [InlineData("CRLAnn.PKI?issuer=30:00")]
    [InlineData("CRLAnn.PKI?issuer=0x3000")]
    [InlineData("CRLAnn.PKI?issuer=3G00")]
    [InlineData("CRLAnn.PKI?issuer=%33000")]
    [InlineData("CRLAnn.PKI?issuer=3000?")]
    [InlineData("CRLAnn.PKI?issuer=\u0663000")]
    [InlineData("CRLAnn.PKI?issuer=3000&issuer=3000")]
    [InlineData("RevAnn.PKI?issuer=3000")]
    [InlineData("RevAnn.PKI?serialNumber=1A2B")]
    [InlineData("RevAnn.PKI?issuer=3000&serialNumber=-1")]
    [InlineData("RevAnn.PKI?issuer=3000&serialNumber=")]
    [InlineData("CAKeyUpdAnn.PKI?issuer=3000")]
    public void What_names_one_and_does_not_say_which_is_refused(string target)
    {
        CmpException error = Assert.Throws<CmpException>(() => AnnouncementTarget.Read(target));
        Assert.Equal(("CmpHttp.AnnouncementTarget", CmpErrorKind.Malformed), (error.ErrorId, error.Kind));
        Assert.All(error.Message, c => Assert.InRange(c, ' ', '~'));
    }

    [Fact]
    public void Whatever_anybody_asks_for_is_read_or_refused()
    {
        var random = new Random(6712);
        string[] seeds = ["/p/CAKeyUpdAnn.PKI?AuthorityKeyIdentifier=" + Key, $"RevAnn.PKI?issuer={Issuer}&serialNumber=1A2B", "CRLAnn.PKI?issuer=" + Issuer];
        int read = 0, refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            char[] target = seeds[i % seeds.Length].ToCharArray();
            for (int change = random.Next(3); change >= 0; change--)
                target[random.Next(target.Length)] = "0Af?&=/.%\u0000\uFFFFg"[random.Next(12)];
            string text = new string(target).Substring(0, random.Next(target.Length + 1));
            try
            {
                // what is read is written so that the same is read again
                if (AnnouncementTarget.Read(text) is not { } known)
                    continue;
                Assert.Equal(known.ToString(), AnnouncementTarget.Read(known.ToString())!.ToString());
                read++;
            }
            catch (CmpException e) when (e.ErrorId == "CmpHttp.AnnouncementTarget")
            {
                refused++;
            }
        }
        Assert.True(read > 100 && refused > 100, $"{read} read, {refused} refused");
    }

    [Fact]
    public void No_value_is_longer_than_lines_may_be()
    {
        byte[] most = [.. Enumerable.Repeat((byte)0x30, AnnouncementTarget.MaxBytes)], more = [.. most, 0];
        string written = new AnnouncementTarget.Revocation(most, most).ToString();
        Assert.InRange(written.Length, 1, 8000);
        Assert.Equal(most, ((AnnouncementTarget.Revocation)AnnouncementTarget.Read(written)!).Issuer.ToArray());
        Assert.Throws<CmpException>(() => AnnouncementTarget.Read("CRLAnn.PKI?issuer=" + Hex.Of(more)));
        foreach (AnnouncementTarget target in (IEnumerable<AnnouncementTarget>)[new AnnouncementTarget.Crl(more), new AnnouncementTarget.Crl(ReadOnlyMemory<byte>.Empty), new AnnouncementTarget.CaKeyUpdate(more), new AnnouncementTarget.Revocation(most, more)])
        {
            CmpException error = Assert.Throws<CmpException>(() => target.ToString());
            Assert.Equal(("CmpHttp.AnnouncementTarget", CmpErrorKind.Argument), (error.ErrorId, error.Kind));
        }
    }
}
