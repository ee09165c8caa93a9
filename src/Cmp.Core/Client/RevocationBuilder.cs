using System.Collections.Generic;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>Makes the body of an rr (rule 15).</summary>
internal static class RevocationBuilder
{
    internal static RevReqContent Build(IReadOnlyList<RevocationRequest> requests, ServerSettings settings)
    {
        if (requests.Count == 0)
            throw Argument("CmpArgument.Certificate", "No certificate is named that could be revoked.");
        var details = new List<RevDetails>(requests.Count);
        foreach (RevocationRequest request in requests)
            details.Add(Build(request, settings));
        return new RevReqContent(details);
    }

    /// <summary>Whom a request is about, for people.</summary>
    internal static string Describe(RevocationRequest request) =>
        request.Certificate?.Subject.ToString() ?? request.Pkcs10?.Subject.ToString() ?? $"{Revocation.Text(request.SerialNumber)} of {request.Issuer}";

    private static RevDetails Build(RevocationRequest request, ServerSettings settings)
    {
        RevocationReason? reason = request.Reason ?? settings.DefaultRevocationReason;
        int ways = (request.Certificate is null ? 0 : 1) + (request.Pkcs10 is null ? 0 : 1) + (request.Issuer is null && request.SerialNumber is null ? 0 : 1);
        if (ways != 1)
            throw Argument("CmpArgument.Certificate", "A certificate to be revoked is named in one way: by itself, by issuer and serial number, or by its PKCS #10 request.");
        if (request.Certificate is { } certificate)
            return RevDetails.Of(certificate, reason, request.InvalidityDate);
        if (request.Pkcs10 is { } pkcs10)
            return RevDetails.Of(pkcs10, reason, request.InvalidityDate);
        if (request.Issuer is not { } issuer || request.SerialNumber is not { Length: > 0 } serial)
            throw Argument("CmpArgument.SerialNumber", "Issuer and serial number name a certificate together: one of them is missing.");
        return RevDetails.Of(issuer, serial, reason, request.InvalidityDate);
    }

    private static CmpException Argument(string errorId, string message) => new(CmpErrorKind.Argument, errorId, message);
}
