using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Tests.Client;

/// <summary>Counts what is put there.</summary>
internal sealed class FakeDestination : CertificateDestination
{
    internal List<CertificateToInstall> Installed { get; } = [];

    internal CmpException? NotWritable { get; init; }

    internal CmpException? NotInstallable { get; init; }

    /// <summary>The stores that issuers go to, beside one of the user or the computer as <see cref="Described"/> says.</summary>
    internal FakeIssuerStores Issuers { get; init; } = new();

    internal DestinationDescription Described { get; init; } = new();

    public override DestinationDescription Description => Described;

    public override void EnsureWritable(bool withKey)
    {
        if (NotWritable is not null)
            throw NotWritable;
    }

    internal override void EnsureTakesChain(IReadOnlyList<Certificate> roots) => Chain.EnsureTakes(roots);

    internal override InstalledChain? InstallChain(ChainToInstall issued) =>
        Chain.Install(Described.Chain == ChainInstallation.WithRoot ? issued : issued with { Root = null });

    private ChainStores Chain => new(Described.IsMachine ? StoreLocation.LocalMachine : StoreLocation.CurrentUser, Issuers);

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        if (NotInstallable is not null)
            throw NotInstallable;
        Installed.Add(what);
        return new InstalledCertificate(Cryptography.TestCertificate.Load(what.Certificate.Encoded.ToArray()), undo: null) { Store = Described.Store };
    }
}
