using System;
using System.IO;
using System.Linq;
using Cmp.State;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.State;

public sealed class BoundedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cmp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void Reads_up_to_its_limit(int length)
    {
        string path = Path.Combine(_folder, "file");
        byte[] octets = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        File.WriteAllBytes(path, octets);
        Assert.Equal(octets, BoundedFile.Read(path, limit: 100));
    }

    [Fact]
    public void Refuses_what_is_larger()
    {
        string path = Path.Combine(_folder, "file");
        File.WriteAllBytes(path, new byte[101]);
        Expect.Error("CmpStore.Unreadable", () => BoundedFile.Read(path, limit: 100));
    }

    [SkippableFact]
    public void Refuses_what_does_not_end()
    {
        Skip.IfNot(File.Exists("/dev/zero"), "there is no /dev/zero");
        Expect.Error("CmpStore.Unreadable", () => BoundedFile.Read("/dev/zero", limit: 100_000));
    }

    [Fact]
    public void Names_what_is_missing() =>
        Assert.Contains("nothing.pem", Expect.Error("CmpStore.NotFound", () => BoundedFile.Read(Path.Combine(_folder, "nothing.pem"))).Message);

    [Fact]
    public void A_folder_is_no_file() => Assert.Equal(CmpErrorKind.Store, Assert.Throws<CmpException>(() => BoundedFile.Read(_folder)).Kind);
}
