using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A mail with a request.</summary>
internal sealed record MailRequestFile(string Path, string Stem, string Transaction, DateTime Written) : RequestFile(Path, Stem, Transaction, Written)
{
    /// <summary>Its header, once it was read: what its answer goes by.</summary>
    internal MailHead? Head { get; set; }
}
