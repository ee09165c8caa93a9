using System.Security.Cryptography.X509Certificates;

namespace Cmp.Stores;

/// <summary>Keeps nothing: the certificate is handed on with its key in memory.</summary>
internal sealed class NoDestination : CertificateDestination
{
    public override DestinationDescription Description => new();

    public override void EnsureWritable(bool withKey)
    {
    }

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        X509Certificate2 bare = CertificateSource.Open("The answer", what.Certificate.Encoded.ToArray());
        return new InstalledCertificate(what.Key is null ? bare : CertificateSource.Bind(bare, what.Key), undo: null);
    }

    public override string ToString() => "nowhere";
}
