using System;
using System.Collections.Generic;
using System.Net;
using System.Security;
using System.Text;
using Cmp.Cryptography;

namespace Cmp.Client;

/// <summary>What of a saved server is kept apart from its file: each secret with the name that it belongs to, so that it is never used under another.</summary>
/// <param name="Secret">The shared secret with its reference value, or <see langword="null"/>.</param>
/// <param name="Proxy">The proxy's user, as in <c>DOMAIN\user</c>, with the password, or <see langword="null"/>.</param>
/// <param name="ClientKeyPassword">The password of the file with the client certificate's key, or <see langword="null"/>.</param>
public sealed record ServerSecrets(ReferenceAndSecret? Secret, ReferenceAndSecret? Proxy, SecureString? ClientKeyPassword)
{
    private const byte Format = 1;

    /// <summary>None.</summary>
    public static ServerSecrets None { get; } = new(null, null, null);

    /// <summary>Whether there is nothing to keep.</summary>
    public bool IsEmpty => Secret is null && Proxy is null && ClientKeyPassword is null;

    /// <summary>Never a secret.</summary>
    /// <returns>What there is.</returns>
    public override string ToString() => IsEmpty ? "no secrets" : "secrets";

    /// <summary>The secrets that settings hold themselves.</summary>
    internal static ServerSecrets Of(ServerSettings settings) => new(
        settings.Secret,
        settings.ProxyCredential is { } proxy && proxy.SecurePassword is { Length: > 0 } password ? new ReferenceAndSecret(UserOf(proxy), password) : null,
        settings.ClientKeyPassword);

    /// <summary>A user's name with its domain.</summary>
    internal static string UserOf(NetworkCredential credential) => credential.Domain.Length == 0 ? credential.UserName : $@"{credential.Domain}\{credential.UserName}";

    /// <summary>All of it as octets, which the caller clears: a format number, then each value behind its length.</summary>
    internal byte[] Write()
    {
        byte[]?[] values =
        [
            Secret is null ? null : Encoding.UTF8.GetBytes(Secret.Reference), Secret is null ? null : Secrets.Utf8(Secret.Secret),
            Proxy is null ? null : Encoding.UTF8.GetBytes(Proxy.Reference), Proxy is null ? null : Secrets.Utf8(Proxy.Secret),
            ClientKeyPassword is null ? null : Secrets.Utf8(ClientKeyPassword),
        ];
        int length = 1;
        foreach (byte[]? value in values)
            length += 4 + (value?.Length ?? 0);
        var octets = new byte[length];
        octets[0] = Format;
        int at = 1;
        foreach (byte[]? value in values)
        {
            int size = value?.Length ?? -1;
            for (int shift = 24; shift >= 0; shift -= 8)
                octets[at++] = (byte)(size >> shift);
            value?.CopyTo(octets, at);
            at += value?.Length ?? 0;
            Secrets.Clear(value);
        }
        return octets;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is nothing of the kind.</exception>
    internal static ServerSecrets Read(byte[] octets)
    {
        if (octets.Length == 0 || octets[0] != Format)
            throw new FormatException("They are in no format that this version knows.");
        var values = new List<byte[]?>();
        try
        {
            int at = 1;
            while (values.Count < 5)
            {
                if (octets.Length - at < 4)
                    throw new FormatException("They have no end.");
                int size = octets[at] << 24 | octets[at + 1] << 16 | octets[at + 2] << 8 | octets[at + 3];
                at += 4;
                if (size < -1 || size > octets.Length - at)
                    throw new FormatException("They have no end.");
                values.Add(size < 0 ? null : octets.AsSpan(at, size).ToArray());
                at += Math.Max(size, 0);
            }
            if (at != octets.Length)
                throw new FormatException("Something follows their end.");
            return new ServerSecrets(Pair(values[0], values[1]), Pair(values[2], values[3]), values[4] is { } password ? Secrets.FromUtf8(password) : null);
        }
        finally
        {
            foreach (byte[]? value in values)
                Secrets.Clear(value);
        }
    }

    private static ReferenceAndSecret? Pair(byte[]? reference, byte[]? secret) =>
        reference is null || secret is null ? null : new ReferenceAndSecret(Encoding.UTF8.GetString(reference), Secrets.FromUtf8(secret));
}
