using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>A validated path from a certificate to a trust anchor.</summary>
public sealed class CertificatePath
{
    internal CertificatePath(IReadOnlyList<Certificate> certificates) => Certificates = certificates;

    /// <summary>From the certificate in question to the anchor, each issued by the next. One certificate where it is an anchor itself.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>The certificate in question.</summary>
    public Certificate Leaf => Certificates[0];

    /// <summary>The trust anchor.</summary>
    public Certificate Anchor => Certificates[Certificates.Count - 1];
}
