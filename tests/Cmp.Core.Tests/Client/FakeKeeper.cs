using System;
using System.Collections.Generic;
using System.Security;
using Cmp.Cryptography;
using Cmp.Keys;

namespace Cmp.Tests.Client;

/// <summary>A token in memory: it keeps keys by names, for as long as the test lasts.</summary>
internal sealed class FakeKeeper : IKeyKeeper
{
    internal const string Provider = "Token of the test";

    private readonly Dictionary<string, byte[]> _keys = [];

    internal IReadOnlyCollection<string> Names => _keys.Keys;

    /// <summary>Hears of each key before it is made.</summary>
    internal Action<KeyRequest>? Making { get; init; }

    internal List<KeyRequest> Asked { get; } = [];

    public bool Serves(KeyRequest request) => request is { Path: null, Provider: Provider };

    public bool Keeps(KeyReference reference) => reference.Scheme == "fake";

    public KeyReference Reserve(KeyRequest request) =>
        request.Algorithm.Name == "RSA_4096" ? throw new CmpException(CmpErrorKind.Key, "CmpKey.Algorithm", "The token has no such keys.") : KeyReference.Parse($"fake:Cmp-{Guid.NewGuid()}");

    public KeyHandle Get(KeyRequest request)
    {
        Asked.Add(request);
        Making?.Invoke(request);
        KeyReference reference = request.Reference ?? Reserve(request);
        PrivateKey key = PrivateKey.Generate(request.Algorithm);
        _keys.Add(reference.Text, key.ExportPkcs8());
        return Handle(key, reference);
    }

    public KeyHandle Open(KeyReference reference, SecureString? pin) => _keys.TryGetValue(reference.Text, out byte[]? key)
        ? Handle(PrivateKey.FromPkcs8(key), reference)
        : throw new CmpException(CmpErrorKind.Key, "CmpKey.Vanished", "The key is not there any more.");

    /// <summary>What it was told to delete, be it there or not, and whether with a PIN.</summary>
    internal List<(string Key, bool HasPin)> Deleted { get; } = [];

    public void Delete(KeyReference reference, SecureString? pin)
    {
        Deleted.Add((reference.Text, pin is not null));
        _keys.Remove(reference.Text);
    }

    internal void Lose() => _keys.Clear();

    private KeyHandle Handle(PrivateKey key, KeyReference reference) => new(key, () => _keys.Remove(reference.Text)) { Reference = reference };
}
