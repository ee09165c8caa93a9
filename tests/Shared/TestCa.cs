using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Tests;

/// <summary>A certification authority of a test's own, made by .NET alone: nothing of ours is in its certificates.</summary>
public sealed class TestCa : IDisposable
{
    private readonly bool _ownsKey;

    /// <summary>Makes a root.</summary>
    /// <param name="subject">Its name.</param>
    /// <param name="key">Its key, an RSA or EC one; <see langword="null"/>: a new P-256 key.</param>
    /// <param name="isCmpServer">Whether its keyUsage lets it sign messages as well as certificates.</param>
    public TestCa(string subject = "CN=Test Root, O=Cmp tests", AsymmetricAlgorithm? key = null, bool isCmpServer = true)
    {
        _ownsKey = key is null;
        Key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Request(subject, Key);
        X509KeyUsageFlags usage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign;
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(isCmpServer ? usage | X509KeyUsageFlags.DigitalSignature : usage, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    /// <summary>Its key.</summary>
    public AsymmetricAlgorithm Key { get; }

    /// <summary>Its certificate, with the key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>Issues a certificate.</summary>
    /// <param name="subject">For whom.</param>
    /// <param name="key">The key, of which only the public half is used.</param>
    /// <param name="extensions">Extensions; where none are given keyUsage digitalSignature, and always the key identifiers.</param>
    /// <param name="lifetime">How long it is valid, a day where nothing is said.</param>
    /// <returns>The certificate, with the key.</returns>
    public X509Certificate2 Issue(string subject, AsymmetricAlgorithm key, IEnumerable<X509Extension>? extensions = null, TimeSpan? lifetime = null)
    {
        CertificateRequest request = Request(subject, key);
        foreach (X509Extension extension in extensions ?? [new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true)])
            request.CertificateExtensions.Add(extension);
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        var serial = new byte[16];
        RandomNumberGenerator.Fill(serial);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        DateTimeOffset from = DateTimeOffset.UtcNow.AddMinutes(-5);
        X509SignatureGenerator generator = Key is RSA rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)Key);
        using X509Certificate2 certificate = request.Create(Certificate.SubjectName, generator, from, from + (lifetime ?? TimeSpan.FromDays(1)), serial);
        return key is RSA own ? certificate.CopyWithPrivateKey(own) : certificate.CopyWithPrivateKey((ECDsa)key);
    }

    /// <summary>The private key of a certificate, or of a key pair, as PEM for programs.</summary>
    /// <param name="key">RSA or EC.</param>
    /// <returns>PKCS #8 in PEM, not encrypted: for a test's own folder only.</returns>
    public static string Pem(AsymmetricAlgorithm key) => key.ExportPkcs8PrivateKeyPem() + "\n";

    /// <inheritdoc/>
    public void Dispose()
    {
        Certificate.Dispose();
        if (_ownsKey)
            Key.Dispose();
    }

    private static CertificateRequest Request(string subject, AsymmetricAlgorithm key) => key switch
    {
        RSA rsa => new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        ECDsa ec => new CertificateRequest(subject, ec, HashAlgorithmName.SHA256),
        _ => throw new ArgumentException("RSA or EC", nameof(key)),
    };
}
