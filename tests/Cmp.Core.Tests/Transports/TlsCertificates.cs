using System;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Tests.Transports;

/// <summary>A root of its own, and what it issues for TLS. Nothing of it enters a store.</summary>
internal sealed class TlsCertificates : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
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
    public X509Certificate2 Server(string name = "localhost", int validTo = 10) => Issue(name, ServerAuthentication, validTo, name == "localhost" ? [IPAddress.Loopback] : []);

    /// <summary>A server's certificate for a name and these addresses.</summary>
    public X509Certificate2 Server(string name, params IPAddress[] addresses) => Issue(name, ServerAuthentication, 10, addresses);

    /// <summary>A server's certificate that no other one vouches for.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 issued = Request("localhost", key, ServerAuthentication, [IPAddress.Loopback]).CreateSelfSigned(Now.AddDays(-1), Now.AddDays(10));
        return Placed(issued);
    }

    /// <summary>A server's certificate of a CA below the root, and the certificate of that CA.</summary>
    public (X509Certificate2 Server, X509Certificate2 Issuer) ServerBelow()
    {
        using ECDsa issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=TLS issuer", issuerKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        X509Certificate2 issuer = request.Create(Root, Now.AddDays(-20), Now.AddDays(20), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 signing = issuer.CopyWithPrivateKey(issuerKey);
        return (Issue("localhost", ServerAuthentication, 10, [IPAddress.Loopback], signing), issuer);
    }

    /// <summary>A client's certificate with a key of some kind; P-256 where nothing is said.</summary>
    public X509Certificate2 Client(AsymmetricAlgorithm? key = null)
    {
        if (key is null)
            return Issue("client", ClientAuthentication, 10, []);
        using X509Certificate2 issued = Request("client", key, ClientAuthentication, []).Create(Root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey), Now.AddDays(-20), Now.AddDays(10), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 bound = key is RSA rsa ? issued.CopyWithPrivateKey(rsa) : issued.CopyWithPrivateKey((ECDsa)key);
        return Placed(bound);
    }

    public static SslServerAuthenticationOptions Options(X509Certificate2 certificate) => new() { ServerCertificate = certificate };

    public void Dispose()
    {
        Root.Dispose();
        _rootKey.Dispose();
    }

    private static CertificateRequest Request(string name, AsymmetricAlgorithm key, string purpose, IPAddress[] addresses)
    {
        CertificateRequest request = key is RSA rsa
            ? new("CN=" + name, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new("CN=" + name, (ECDsa)key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        foreach (IPAddress address in addresses)
            names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        return request;
    }

    private X509Certificate2 Issue(string name, string purpose, int validTo, IPAddress[] addresses, X509Certificate2? issuer = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        IssuedKey = key.ExportPkcs8PrivateKeyPem();
        using X509Certificate2 issued = Request(name, key, purpose, addresses).Create(issuer ?? Root, Now.AddDays(-20), Now.AddDays(validTo), RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 ephemeral = issued.CopyWithPrivateKey(key);
        return Placed(ephemeral);
    }

    /// <summary>Windows speaks TLS only with keys that have a place.</summary>
    private static X509Certificate2 Placed(X509Certificate2 ephemeral) => X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
}
