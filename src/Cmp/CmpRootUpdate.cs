using System.Security.Cryptography.X509Certificates;
using Cmp.Client;

namespace Cmp;

/// <summary>A new root of a CA, which was proven to follow the old one when it came. It is not trusted yet: Install-CmpTrustAnchor proves it once more.</summary>
public sealed class CmpRootUpdate
{
    internal CmpRootUpdate(RootUpdate update, ServerSettings? server)
    {
        OldRoot = CACertificateObject.ToX509(update.Old);
        NewRoot = CACertificateObject.ToX509(update.NewWithNew);
        NewWithOld = CACertificateObject.ToX509(update.NewWithOld);
        OldWithNew = update.OldWithNew is { } oldWithNew ? CACertificateObject.ToX509(oldWithNew) : null;
        Server = server;
    }

    /// <summary>The server that told of it.</summary>
    public ServerSettings? Server { get; }

    /// <summary>The root that was.</summary>
    public X509Certificate2 OldRoot { get; }

    /// <summary>The root that follows it.</summary>
    public X509Certificate2 NewRoot { get; }

    /// <summary>The new key, certified by the old one: the proof.</summary>
    public X509Certificate2 NewWithOld { get; }

    /// <summary>The old key, certified by the new one; <see langword="null"/> where it did not come.</summary>
    public X509Certificate2? OldWithNew { get; }

    /// <summary>The new root, escaped.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{PeerText.Escape(NewRoot.Subject)}, {NewRoot.Thumbprint}, until {NewRoot.NotAfter:yyyy-MM-dd}";
}
