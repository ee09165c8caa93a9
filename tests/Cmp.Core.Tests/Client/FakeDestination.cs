using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;
using Cmp.Stores;

namespace Cmp.Tests.Client;

/// <summary>Counts what is put there.</summary>
internal sealed class FakeDestination : CertificateDestination
{
    internal List<CertificateToInstall> Installed { get; } = [];

    internal CmpException? NotWritable { get; init; }

    internal CmpException? NotInstallable { get; init; }

    internal DestinationDescription Described { get; init; } = new();

    public override DestinationDescription Description => Described;

    public override void EnsureWritable(bool withKey)
    {
        if (NotWritable is not null)
            throw NotWritable;
    }

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        if (NotInstallable is not null)
            throw NotInstallable;
        Installed.Add(what);
        return new InstalledCertificate(Cryptography.TestCertificate.Load(what.Certificate.Encoded.ToArray()), undo: null);
    }
}
