using System;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp;

/// <summary>The certificate as the commands emit it: an X509Certificate2 with what CMP has to say of it.</summary>
internal static class CertificateObject
{
    internal const string TypeName = "Cmp.Certificate";

    internal static PSObject Of(EnrolledCertificate enrolled, ServerSettings server)
    {
        ClientIdentity.Remember(enrolled.Installed.Certificate, enrolled.Chain);
        var result = new PSObject(enrolled.Installed.Certificate);
        result.TypeNames.Insert(0, TypeName);
        Add(result, "Server", server.ToString());
        Add(result, "Status", enrolled.Status);
        Add(result, "TransactionId", enrolled.TransactionId);
        Add(result, "EnrollmentName", enrolled.Name);
        Add(result, "RenewAfter", enrolled.RenewAfter.LocalDateTime);
        Add(result, "Chain", enrolled.Chain.Select(ToX509).ToArray());
        Add(result, "CaPubs", enrolled.CaPubs.Select(ToX509).ToArray());
        Add(result, "Modifications", enrolled.Modifications.ToArray());
        Add(result, "Confirmed", enrolled.Confirmed);
        Add(result, "Authenticated", enrolled.Authenticated);
        Add(result, "Store", enrolled.Installed.Store);
        Add(result, "Path", enrolled.Installed.Path);
        if (enrolled.Key is { } key)
        {
            var apart = new CmpKey(key, key.Location ?? enrolled.Installed.KeyPath ?? enrolled.Installed.Path ?? "memory");
            KeyBeside.Remember(enrolled.Installed.Certificate, key);
            Add(result, "Key", apart);
        }
        if (enrolled.Installed.PSPath is { } psPath)
            Add(result, "PSPath", psPath);
        return result;
    }

    private static X509Certificate2 ToX509(Certificate certificate) => new(certificate.Encoded.ToArray());

    private static void Add(PSObject target, string name, object? value) => target.Properties.Add(new PSNoteProperty(name, value));
}
