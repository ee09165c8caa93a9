using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>Keeps a certificate in two places, or in neither.</summary>
internal sealed class BothDestinations(CertificateDestination first, CertificateDestination second) : CertificateDestination
{
    public override DestinationDescription Description => second.Description with
    {
        Store = first.Description.Store ?? second.Description.Store,
        Chain = Storing.Description.Chain,
    };

    /// <summary>The one that has a store, beside which a chain goes.</summary>
    private CertificateDestination Storing => first.Description.Store is not null ? first : second;

    public override void EnsureWritable(bool withKey)
    {
        first.EnsureWritable(withKey);
        second.EnsureWritable(withKey);
    }

    public override void EnsureTakes(PrivateKey key)
    {
        first.EnsureTakes(key);
        second.EnsureTakes(key);
    }

    internal override void EnsureTakesChain(IReadOnlyList<Certificate> roots) => Storing.EnsureTakesChain(roots);

    internal override InstalledChain? InstallChain(ChainToInstall issued) => Storing.InstallChain(issued);

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        InstalledCertificate one = first.Install(what);
        InstalledCertificate two;
        try
        {
            two = second.Install(what);
        }
        catch
        {
            one.Remove();
            throw;
        }
        return new InstalledCertificate(one.Certificate, Undo)
        {
            Store = one.Store ?? two.Store,
            Path = one.Path ?? two.Path,
            KeyPath = one.KeyPath ?? two.KeyPath,
            PSPath = one.PSPath ?? two.PSPath,
            Notes = [.. one.Notes, .. two.Notes],
        };

        void Undo()
        {
            try
            {
                two.Remove();
            }
            finally
            {
                one.Remove();
            }
        }
    }

    public override string ToString() => $"{first} and {second}";
}
