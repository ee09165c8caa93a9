using System.Security.Cryptography.X509Certificates;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Stores;

public sealed class StorePathTests
{
    private const string Thumbprint = "0123456789ABCDEF0123456789ABCDEF01234567";

    [Theory]
    [InlineData(@"Cert:\CurrentUser\My")]
    [InlineData(@"cert:/currentuser/my/")]
    [InlineData(@" CurrentUser\My ")]
    [InlineData(@"Microsoft.PowerShell.Security\Certificate::CurrentUser\My")]
    public void A_store_is_understood_however_it_is_written(string text)
    {
        StorePath path = StorePath.Parse(text);
        Assert.Equal(StorePath.CurrentUserMy, path);
        Assert.Equal(@"CurrentUser\My", path.ToString());
    }

    [Theory]
    [InlineData($@"Cert:\LocalMachine\WebHosting\{Thumbprint}")]
    [InlineData($@"Certificate::LocalMachine\WebHosting\{Thumbprint}")]
    public void So_is_a_certificate_in_it(string text)
    {
        Assert.True(StorePath.TryParse(text, out StorePath? path));
        Assert.Equal(new StorePath(StoreLocation.LocalMachine, "WebHosting", Thumbprint), path);
        Assert.Equal($@"LocalMachine\WebHosting\{Thumbprint}", path.ToString());
        Assert.Equal($@"Microsoft.PowerShell.Security\Certificate::LocalMachine\WebHosting\{Thumbprint}", path.PSPath);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Cert:")]
    [InlineData(@"Cert:\CurrentUser")]
    [InlineData(@"Cert:\Somebody\My")]
    [InlineData(@"Cert:\CurrentUser\My\0123")]
    [InlineData(@"Cert:\CurrentUser\My\More\Levels")]
    [InlineData(@"Cert:\CurrentUser\..")]
    public void Rule71_What_names_no_store_is_refused(string text)
    {
        Expect.Error("CmpStore.Path", () => StorePath.Parse(text));
        Assert.False(StorePath.TryParse(text, out _));
    }

    [Theory]
    [InlineData("CurrentUser/My")]
    [InlineData("certificate.pem")]
    [InlineData(@"C:\Users\My")]
    public void A_file_is_not_taken_for_a_store(string text)
    {
        Assert.False(StorePath.TryParse(text, out _));
        Assert.True(CertificateSource.IsFile(text));
    }

    [Theory]
    [InlineData(Thumbprint)]
    [InlineData("01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67")]
    [InlineData("01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67")]
    [InlineData("\u200E" + Thumbprint)]
    public void A_thumbprint_is_understood_as_it_is_pasted(string text)
    {
        Assert.True(Thumbprints.TryParse(text, out string? thumbprint));
        Assert.Equal(Thumbprint, thumbprint);
        Assert.False(CertificateSource.IsFile(text));
    }

    [Theory]
    [InlineData("0123456789ABCDEF0123456789ABCDEF0123456")]
    [InlineData(Thumbprint + "0")]
    [InlineData("G123456789ABCDEF0123456789ABCDEF01234567")]
    public void What_is_none_is_a_file(string text)
    {
        Assert.False(Thumbprints.TryParse(text, out _));
        Assert.True(CertificateSource.IsFile(text));
    }
}
