using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Client;

namespace Cmp;

/// <summary>A CRL that a server gave.</summary>
public sealed class CmpCrl
{
    private readonly Lazy<IReadOnlyList<CmpCrlEntry>> _entries;

    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: it is no CRL inside.</exception>
    internal CmpCrl(Crl crl, ServerSettings? server, string? path = null)
    {
        Issuer = crl.Issuer.ToString();
        ThisUpdate = crl.ThisUpdate.LocalDateTime;
        NextUpdate = crl.NextUpdate?.LocalDateTime;
        Number = crl.Number;
        Verified = crl.Verified;
        Problem = crl.Reason?.Message;
        RawData = crl.RawData.ToArray();
        Server = server?.ToString();
        Path = path;
        _entries = new Lazy<IReadOnlyList<CmpCrlEntry>>(() => crl.Entries.Select(entry => new CmpCrlEntry(entry)).ToArray());
    }

    /// <summary>Who issued it, escaped.</summary>
    public string Issuer { get; }

    /// <summary>When it was made, local time.</summary>
    public DateTime ThisUpdate { get; }

    /// <summary>When the next one comes at the latest, local time; <see langword="null"/> where it does not say.</summary>
    public DateTime? NextUpdate { get; }

    /// <summary>Its number; <see langword="null"/> where it has none.</summary>
    public BigInteger? Number { get; }

    /// <summary>The certificates that are revoked; read when they are first asked for.</summary>
    public IReadOnlyList<CmpCrlEntry> Entries => _entries.Value;

    /// <summary>Whether its issuer signed it, and leads to a trust anchor of the server.</summary>
    public bool Verified { get; }

    /// <summary>Why it is not verified; <see langword="null"/> where it is.</summary>
    public string? Problem { get; }

    /// <summary>The CRL itself, in DER.</summary>
    public byte[] RawData { get; }

    /// <summary>The server's name or address.</summary>
    public string? Server { get; }

    /// <summary>The file that it was written to, or <see langword="null"/>.</summary>
    public string? Path { get; }

    /// <summary>Who issued it, and when.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"CRL of {Issuer}, {ThisUpdate:yyyy-MM-dd HH:mm:ss}";
}
