using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>The certificate of a CA as a server told of it: an X509Certificate2 of which nobody says that it is trusted.</summary>
internal static class CACertificateObject
{
    internal const string TypeName = "Cmp.CACertificate";

    internal static PSObject Of(Certificate certificate, ServerSettings? server)
    {
        var result = new PSObject(ToX509(certificate));
        result.TypeNames.Insert(0, TypeName);
        result.Properties.Add(new PSNoteProperty("Server", server?.ToString()));
        return result;
    }

    /// <summary>The certificate as .NET has it.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: it is none that .NET can hold.</exception>
    internal static X509Certificate2 ToX509(Certificate certificate)
    {
        try
        {
            return new X509Certificate2(certificate.Encoded.ToArray());
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"The server sent a certificate that cannot be read: {e.Message}", e) { Octets = certificate.Encoded };
        }
    }
}
