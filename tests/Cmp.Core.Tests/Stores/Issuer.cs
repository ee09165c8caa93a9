using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Stores;

/// <summary>Issues certificates for tests, by .NET alone.</summary>
internal sealed class Issuer : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X500DistinguishedName _name;

    internal Issuer(string name)
    {
        _name = new X500DistinguishedName(name);
        var request = new CertificateRequest(_name, _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(10));
        Certificate = Certificate.From(certificate);
    }

    /// <summary>Its own certificate, a root.</summary>
    internal Certificate Certificate { get; }

    internal Certificate Issue(string subject, SubjectPublicKeyInfo key, bool isCA = false)
    {
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(key.Encoded.Span, out _);
        var request = new CertificateRequest(new X500DistinguishedName(subject), publicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isCA, false, 0, true));
        using X509Certificate2 certificate = request.Create(_name, X509SignatureGenerator.CreateForECDsa(_key),
            DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9), RandomNumberGenerator.GetBytes(8));
        return Certificate.From(certificate);
    }

    public void Dispose() => _key.Dispose();
}
