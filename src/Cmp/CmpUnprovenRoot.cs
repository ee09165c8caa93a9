using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>A new root as a server told of it, of which nothing is proven: Get-CmpRootUpdate asks for one and proves it.</summary>
/// <remarks>It does not say which root was before, so it does not bind to Install-CmpTrustAnchor by itself.</remarks>
public sealed class CmpUnprovenRoot
{
    internal CmpUnprovenRoot(Certificate newWithNew, Certificate? newWithOld, Certificate? oldWithNew)
    {
        NewWithNew = CACertificateObject.ToX509(newWithNew);
        NewWithOld = newWithOld is null ? null : CACertificateObject.ToX509(newWithOld);
        OldWithNew = oldWithNew is null ? null : CACertificateObject.ToX509(oldWithNew);
    }

    /// <summary>The new root.</summary>
    public X509Certificate2 NewWithNew { get; }

    /// <summary>The new key, certified by the old one; <see langword="null"/> where absent.</summary>
    public X509Certificate2? NewWithOld { get; }

    /// <summary>The old key, certified by the new one; <see langword="null"/> where absent.</summary>
    public X509Certificate2? OldWithNew { get; }

    /// <summary>The new root, escaped.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{PeerText.Escape(NewWithNew.Subject)}, {NewWithNew.Thumbprint}, unproven";
}
