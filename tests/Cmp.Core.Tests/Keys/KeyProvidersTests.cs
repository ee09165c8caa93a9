using System.IO;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys;

public sealed class KeyProvidersTests
{
    [Fact]
    public void Without_more_a_key_is_made_in_memory()
    {
        using KeyHandle handle = KeyProviders.Get(new KeyRequest { Algorithm = KeyAlgorithm.Parse("ECDSA_P384") });
        Assert.Equal("ECDSA_P384", handle.Key.Algorithm.Name);
        Assert.True(handle.Key.CanSign);
    }

    [Fact]
    public void Undoing_leaves_the_file_of_a_key_that_was_there()
    {
        using var folder = new Folder();
        string path = folder.PathOf("key.pem");
        using (PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256")))
            KeyFile.Write(path, key, SecretText.Of("x"), overwrite: false);
        KeyHandle handle = KeyProviders.Get(new KeyRequest { Path = path, Password = SecretText.Of("x") });
        Assert.Equal("ECDSA_P256", handle.Key.Algorithm.Name);
        handle.Delete();
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_provider_that_is_not_here_is_refused_before_anything_is_made()
    {
        CmpException e = Expect.Error("CmpPlatform.NotSupported", () => KeyProviders.For(new KeyRequest { Provider = "Microsoft Platform Crypto Provider" }));
        Assert.Equal(CmpErrorKind.Platform, e.Kind);
        Assert.Contains("Microsoft Platform Crypto Provider", e.Message);
    }

    [Fact]
    public void A_provider_and_a_file_contradict_each_other() =>
        Expect.Error("CmpKey.Request", () => KeyProviders.For(new KeyRequest { Provider = "x", Path = "y" }));

    [Fact]
    public void A_key_is_deleted_once()
    {
        int deletions = 0;
        var handle = new KeyHandle(PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256")), () => deletions++);
        handle.Delete();
        handle.Delete();
        handle.Dispose();
        Assert.Equal(1, deletions);
    }

    [Fact]
    public void Letting_go_of_a_key_does_not_delete_it()
    {
        int deletions = 0;
        new KeyHandle(PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256")), () => deletions++).Dispose();
        Assert.Equal(0, deletions);
    }

    [Fact]
    public void A_request_does_not_tell_its_password() =>
        Assert.Equal("key.pem", new KeyRequest { Path = "key.pem", Password = SecretText.Of("secret") }.ToString());
}
