using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;

namespace Cmp.TestServer;

/// <summary>Tells who hears the trace what a request says besides its template: controls and registration information (RFC 4211 6 and 7). Secrets among them are named only.</summary>
internal static class RequestNotes
{
    private const int MaxText = 500;

    /// <summary>Tells it.</summary>
    internal static void Tell(ICmpTrace? trace, CertReqMsg request)
    {
        if (trace is null)
            return;
        foreach (AttributeTypeAndValue control in request.CertReq.Controls)
            trace.Note($"Request {request.CertReq.CertReqId} has the control {Describe(control)}.");
        foreach (AttributeTypeAndValue item in request.RegInfo)
            trace.Note($"Request {request.CertReq.CertReqId} has the registration information {Describe(item)}.");
    }

    private static string Describe(AttributeTypeAndValue item)
    {
        try
        {
            return item.Oid switch
            {
                Oids.Utf8Pairs => $"utf8Pairs: {PeerText.Escape(Controls.ReadText(item), MaxText)}",
                Oids.PkiPublicationInfo => Publication.IsForbidden(item) ? "pkiPublicationInfo: dontPublish" : "pkiPublicationInfo: pleasePublish",
                Oids.ProtocolEncrKey => $"protocolEncrKey: {Controls.ReadProtocolEncrKey(item).Algorithm}",
                Oids.AlgId => $"algId: {Controls.ReadAlgId(item)}",
                Oids.RsaKeyLen => $"rsaKeyLen: {Controls.ReadRsaKeyLen(item)}",
                _ => item.ToString(),
            };
        }
        catch (CmpException e)
        {
            return $"{item}, which is malformed: {PeerText.Escape(e.Message, MaxText)}";
        }
    }
}
