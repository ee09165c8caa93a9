using System;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Tests.Transports;

/// <summary>A root of its own, and what it issues for TLS. Nothing of it enters a store.</summary>
internal sealed class TlsCertificates : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TlsCertificates(string name = "TLS root")
    {
        CertificateRequest request = new("CN=" + name, _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Root = request.CreateSelfSigned(Now.AddDays(-30), Now.AddDays(30));
    }

    public X509Certificate2 Root { get; }

    /// <summary>The key of what was issued last, as PEM.</summary>
    public string IssuedKey { get; private set; } = "";

    /// <summary>A server's certificate for localhost and 127.0.0.1, or for another name.</summary>
    public X509Certificate2 Server(string name = "localhost", int validTo = 10) => Issue(name, "1.3.6.1.5.5.7.3.1", validTo);

    public X509Certificate2 Client() => Issue("client", "1.3.6.1.5.5.7.3.2", 10);

    public static SslServerAuthenticationOptions Options(X509Certificate2 certificate) => new() { ServerCertificate = certificate };

    public void Dispose()
    {
        Root.Dispose();
        _rootKey.Dispose();
    }

    private X509Certificate2 Issue(string name, string purpose, int validTo)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IssuedKey = key.ExportPkcs8PrivateKeyPem();
        CertificateRequest request = new("CN=" + name, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        if (name == "localhost")
            names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        using X509Certificate2 issued = request.Create(Root, Now.AddDays(-20), Now.AddDays(validTo), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 ephemeral = issued.CopyWithPrivateKey(key);
        // Windows speaks TLS only with keys that have a place
        return X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
    }
}
