using System;
using System.IO;
using System.Net;
using System.Text;
using Cmp.Keys.Pkcs11;
using Cmp.Tests.Client;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>The file that a PIN is in: one line, for its owner alone. Nothing else is tried as a PIN.</summary>
public sealed class PinFileTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1234")]
    [InlineData("1234\n")]
    [InlineData("1234\r\n")]
    [InlineData("\uFEFF1234\r\n")]
    [InlineData(" 1234 ")]
    [InlineData("pässwörd\n")]
    public void One_line_is_the_PIN(string content)
    {
        string expected = content.TrimStart('\uFEFF').TrimEnd('\r', '\n');
        Assert.Equal(expected, new NetworkCredential(string.Empty, PinFile.Read(Make(Encoding.UTF8.GetBytes(content)), "'t'")).Password);
    }

    public static TheoryData<byte[]> NoPins => new()
    {
        Array.Empty<byte>(),
        "\n"u8.ToArray(),
        "1234\n5678\n"u8.ToArray(),
        "1234\n\n"u8.ToArray(),
        "12\t34"u8.ToArray(),
        Encoding.Unicode.GetBytes("1234"),
        Encoding.Unicode.GetBytes("\uFEFF1234"),
        new byte[] { 0x31, 0xFF },
        new byte[8],
        Encoding.ASCII.GetBytes(new string('1', 1025)),
    };

    [Theory]
    [MemberData(nameof(NoPins))]
    public void What_is_no_line_of_text_is_no_PIN(byte[] content) => Refused(Make(content));

    [SkippableFact]
    public void It_is_the_owners_alone()
    {
        UnixMode.OrSkip();
        string path = Make("1234"u8.ToArray());
        foreach (int mode in new[] { 0b110_100_000, 0b110_000_100, 0b110_010_000 })
        {
            UnixMode.Set(path, mode);
            Assert.Contains("chmod", Refused(path).RecommendedAction, StringComparison.Ordinal);
        }
        UnixMode.Set(path, 0b100_000_000); // as systemd makes credentials
        PinFile.Read(path, "'t'").Dispose();
        UnixMode.Set(Path.GetDirectoryName(path)!, 0b111_111_111);
        Refused(path);
        UnixMode.Set(Path.GetDirectoryName(path)!, 0b111_000_000);
        File.CreateSymbolicLink(_folder.PathOf("link"), path);
        Refused(_folder.PathOf("link"));
    }

    [Fact]
    public void One_that_is_not_there_is_named() => Assert.Contains(_folder.PathOf("nowhere"), Refused(_folder.PathOf("nowhere")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_folder_is_no_file() => Refused(Directory.CreateDirectory(_folder.PathOf("folder")).FullName);

    private static CmpException Refused(string path)
    {
        CmpException error = Expect.Error("CmpKey.PinSource", () => PinFile.Read(path, "'t'"));
        Assert.Equal(CmpErrorKind.Key, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        Assert.Contains("'t'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("1234", error.ToString(), StringComparison.Ordinal);
        return error;
    }

    private string Make(byte[] content)
    {
        string path = _folder.Write("pin", content);
        if (!OperatingSystem.IsWindows())
            UnixMode.Set(path, 0b110_000_000);
        return path;
    }
}
