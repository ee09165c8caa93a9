using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Client;

/// <summary>The words by which users name digests and MACs.</summary>
public static class AlgorithmNames
{
    private static readonly Dictionary<string, string> Digests = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SHA1"] = Oids.Sha1,
        ["SHA224"] = Oids.Sha224,
        ["SHA256"] = Oids.Sha256,
        ["SHA384"] = Oids.Sha384,
        ["SHA512"] = Oids.Sha512,
        ["SHAKE128"] = Oids.Shake128,
        ["SHAKE256"] = Oids.Shake256,
    };

    private static readonly Dictionary<string, string> Macs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["HMAC-SHA1"] = Oids.HmacSha1,
        ["HMAC-SHA224"] = Oids.HmacWithSha224,
        ["HMAC-SHA256"] = Oids.HmacWithSha256,
        ["HMAC-SHA384"] = Oids.HmacWithSha384,
        ["HMAC-SHA512"] = Oids.HmacWithSha512,
        ["KMAC128"] = Oids.Kmac128,
        ["KMAC256"] = Oids.Kmac256,
        ["AES128-GMAC"] = Oids.Aes128Gmac,
        ["AES192-GMAC"] = Oids.Aes192Gmac,
        ["AES256-GMAC"] = Oids.Aes256Gmac,
    };

    /// <summary>The words for digests.</summary>
    public static IReadOnlyList<string> DigestNames => Digests.Keys.ToList();

    /// <summary>The words for MACs.</summary>
    public static IReadOnlyList<string> MacNames => Macs.Keys.ToList();

    internal static string Digest(string name) => Find(Digests, Plain(name), "digest", name);

    internal static string Mac(string name) => Find(Macs, name, "MAC", name);

    /// <summary>HMAC with a digest, as PBKDF2 and bare HMAC name it: HMAC-SHA1 has another name elsewhere.</summary>
    internal static string Hmac(string digest) => Digest(digest) switch
    {
        Oids.Sha1 => Oids.HmacWithSha1,
        Oids.Sha224 => Oids.HmacWithSha224,
        Oids.Sha384 => Oids.HmacWithSha384,
        Oids.Sha512 => Oids.HmacWithSha512,
        Oids.Sha256 => Oids.HmacWithSha256,
        var other => throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Algorithm", $"There is no HMAC with {Oids.NameOf(other)}.") { RecommendedAction = "Name SHA256, SHA384 or SHA512." },
    };

    internal static bool IsSha1(string? name) => name is not null && Plain(name).EndsWith("SHA1", StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name) => name.StartsWith("SHA-", StringComparison.OrdinalIgnoreCase) ? "SHA" + name.Substring(4) : name;

    private static string Find(Dictionary<string, string> table, string key, string what, string name) => table.TryGetValue(key, out string? oid)
        ? oid
        : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Algorithm", $"'{PeerText.Escape(name)}' is no {what} that is known here.")
        {
            RecommendedAction = $"Name one of {string.Join(", ", table.Keys)}.",
        };
}
