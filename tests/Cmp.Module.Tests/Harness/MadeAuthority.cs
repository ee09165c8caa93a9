using System;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Module.Tests.Harness;

/// <summary>Authorities that are no servers, made by the test: another CA, and a registration authority.</summary>
internal static class MadeAuthority
{
    private const string CmcRA = "1.3.6.1.5.5.7.3.28";

    /// <summary>A root CA whose key may sign messages too.</summary>
    internal static X509Certificate2 CA(string subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        return Sign(request);
    }

    /// <summary>Somebody whom servers believe that he has verified what he asks for.</summary>
    internal static X509Certificate2 RegistrationAuthority(string subject, ECDsa key)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(CmcRA)], critical: false));
        return Sign(request);
    }

    private static X509Certificate2 Sign(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(100));
    }
}
