using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;

namespace Cmp.TestServer;

/// <summary>Whether a certificate may be published (RFC 4211 6.3). Where, is not heeded: there is no such place here.</summary>
internal static class Publication
{
    /// <summary>Whether the requester forbids it.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static bool IsForbidden(CertRequest request) => request.FindControl(Oids.PkiPublicationInfo) is { } control && IsForbidden(control);

    /// <summary>Whether this control forbids it.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static bool IsForbidden(AttributeTypeAndValue control) => !Asn1Reader.Decode(control.Value, null, PkiPublicationInfo.Read).PleasePublish;
}
