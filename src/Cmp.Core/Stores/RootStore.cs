using System;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>A store of trusted roots: of the user or of the computer.</summary>
public sealed class RootStore
{
    private readonly StorePath _path;

    private RootStore(StorePath path) => _path = path;

    /// <summary>Reads what a user writes for such a store.</summary>
    /// <param name="text">As in <c>Cert:\CurrentUser\Root</c>.</param>
    /// <returns>The store; it is not opened yet.</returns>
    /// <exception cref="CmpException"><c>CmpStore.Path</c>: it is no store, or not one of trusted roots; <c>CmpPlatform.NotSupported</c>: that of the computer, elsewhere than on Windows.</exception>
    public static RootStore Parse(string text)
    {
        if (!StorePath.TryRead(text, out StorePath? path) || path.Thumbprint is not null || !string.Equals(path.Name, IssuerStores.Roots, StringComparison.OrdinalIgnoreCase))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpStore.Path", $"'{PeerText.Escape(text)}' is no store of trusted roots.")
            {
                RecommendedAction = @"Write it as Cert:\CurrentUser\Root or Cert:\LocalMachine\Root.",
            };
        }
        if (path.Location == StoreLocation.LocalMachine && !Platform.IsWindows)
        {
            throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "The roots that this computer trusts are not kept by .NET on this platform.")
            {
                RecommendedAction = @"Use Cert:\CurrentUser\Root, or the platform's own tool, as update-ca-certificates.",
            };
        }
        return new RootStore(path with { Name = IssuerStores.Roots });
    }

    /// <summary>Whether a root is trusted there.</summary>
    /// <param name="certificate">The root.</param>
    /// <returns>True where the same octets are in the store.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    public bool Contains(Certificate certificate) => IssuerStores.Default.Contains(_path, certificate);

    /// <summary>Trusts a root from now on. Whoever calls this has proven it, and has been told to.</summary>
    /// <param name="certificate">The root.</param>
    /// <exception cref="CmpException"><c>CmpStore.NobodyToAsk</c>: Windows would ask, and nobody is there; <c>CmpStore.…</c>. It is not trusted.</exception>
    public void Add(Certificate certificate) => IssuerStores.Default.Add(_path, certificate);

    /// <summary>The store, as in <c>Cert:\CurrentUser\Root</c>.</summary>
    /// <returns>Its path.</returns>
    public override string ToString() => $@"Cert:\{_path}";
}
