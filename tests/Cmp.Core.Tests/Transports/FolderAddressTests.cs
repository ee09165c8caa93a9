using System;
using System.IO;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class FolderAddressTests
{
    [SkippableTheory]
    [InlineData("file:///srv/cmp", "/srv/cmp")]
    [InlineData("file:///srv/cmp/", "/srv/cmp/")]
    [InlineData("FILE:///srv/cmp", "/srv/cmp")]
    [InlineData("file:///srv/two%20words", "/srv/two words")]
    [InlineData("file:///srv/two words", "/srv/two words")]
    [InlineData("file:///srv/50%25", "/srv/50%")]
    [InlineData("file:///srv/%2520", "/srv/%20")]
    [InlineData("file:///srv/a%3Fb%23c", "/srv/a?b#c")]
    [InlineData("file:///srv/b%C3%BCro", "/srv/büro")]
    [InlineData("file:///srv/büro", "/srv/büro")]
    [InlineData("file:///srv/../etc", "/etc")]
    [InlineData("file://localhost/srv/two%20words", "/srv/two words")]
    [InlineData("file:///", "/")]
    public void An_address_names_a_folder_of_Unix(string address, string path)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        Assert.Equal(path, FolderAddress.PathOf(new Uri(address)));
    }

    [SkippableTheory]
    [InlineData("file://host/share/cmp")]
    [InlineData("file:///C:/cmp")]
    [InlineData("file:///srv?cmp")]
    [InlineData("file:///srv#cmp")]
    [InlineData("file:///srv/%00")]
    [InlineData("file:///srv/%0A")]
    [InlineData("file:///srv/%1B[31m")]
    public void What_is_no_folder_of_this_machine_is_refused(string address)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        CmpException error = Assert.Throws<CmpException>(() => FolderAddress.PathOf(new Uri(address)));
        Assert.Equal("CmpTransport.InvalidUri", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.DoesNotContain('\u001b', error.Message);
    }

    [SkippableTheory]
    [InlineData("file:///C:/cmp", @"C:\cmp")]
    [InlineData("file:///C:/two%20words", @"C:\two words")]
    [InlineData("file://localhost/C:/cmp", @"C:\cmp")]
    [InlineData("file://host/share/cmp", @"\\host\share\cmp")]
    [InlineData("file://host/share/two%20words", @"\\host\share\two words")]
    public void An_address_names_a_folder_of_Windows(string address, string path)
    {
        Skip.IfNot(OperatingSystem.IsWindows(), "paths of Windows");
        Assert.Equal(path, FolderAddress.PathOf(new Uri(address)));
    }

    [SkippableFact]
    public void Without_a_drive_there_is_no_folder_on_Windows()
    {
        Skip.IfNot(OperatingSystem.IsWindows(), "paths of Windows");
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => FolderAddress.PathOf(new Uri("file:///srv/cmp"))).ErrorId);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("two words")]
    [InlineData("50%20")]
    [InlineData("a#b")]
    [InlineData("büro")]
    public void A_path_and_its_address_name_the_same_folder(string name)
    {
        string path = Path.Combine(Path.GetTempPath(), name);
        Uri uri = FolderAddress.Of(path);
        Assert.Equal(path, FolderAddress.PathOf(uri));
        Assert.Equal(path, FolderAddress.PathOf(new Uri(uri.AbsoluteUri)));
    }

    [SkippableTheory]
    [InlineData("/srv/cmp", "file:///srv/cmp")]
    [InlineData("/srv/two words", "file:///srv/two%20words")]
    [InlineData("file:/srv/cmp", "file:///srv/cmp")]
    [InlineData("file:srv/cmp", "file:///srv/cmp")]
    public void Who_gives_a_path_is_told_its_address(string text, string address)
    {
        Skip.If(OperatingSystem.IsWindows(), "paths of Unix");
        Assert.Contains(address + ".", FolderAddress.Advice(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("production")]
    [InlineData("ca.example")]
    [InlineData("relative/path")]
    public void Who_gives_something_else_is_not(string text) => Assert.Null(FolderAddress.Advice(text));
}
