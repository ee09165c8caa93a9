using Cmp.Cryptography;

namespace Cmp;

/// <summary>The private key of a certificate, where .NET's certificate object cannot hold it: commands that take the certificate take it along.</summary>
public sealed class CmpKey
{
    internal CmpKey(PrivateKey key, string location)
    {
        Key = key;
        Location = location;
    }

    /// <summary>The kind of key, as <c>-KeyAlgorithm</c> takes it.</summary>
    public string Algorithm => Key.Algorithm.Name;

    /// <summary>Where it is kept: a file, the PKCS #11 URI of a key in a token, or <c>memory</c>.</summary>
    public string Location { get; }

    /// <summary>Whether its octets may leave.</summary>
    public bool Exportable => Key.Exportable;

    internal PrivateKey Key { get; }

    /// <summary>Gives the key's octets away.</summary>
    /// <returns>A PrivateKeyInfo (RFC 5958), not encrypted.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>.</exception>
    public byte[] ExportPkcs8() => Key.ExportPkcs8();

    /// <summary>The kind of key; never more.</summary>
    /// <returns>As in <c>ECDSA_P256 private key</c>.</returns>
    public override string ToString() => Key.ToString();
}
