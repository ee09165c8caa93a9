using System;
using System.Collections.Generic;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>Answers to requests for certificates (RFC 9810 5.3.4, 5.3.8, 5.3.12 and C.4, RFC 9483 4.1).</summary>
internal static class ResponseRules
{
    internal static void Check(ref FindingCollector found, CertRepMessage body, PkiMessage message)
    {
        IReadOnlyList<CertResponse> responses = body.Responses;
        if (responses.Count == 0)
            found.Add(MessageRules.ResponseEmpty, "The answer holds no response.", body.Encoded);
        if (responses.Count > 1)
        {
            found.Add(MessageRules.ResponseCount, $"The answer holds {responses.Count} responses.", body.Encoded);
            var ids = new HashSet<int>();
            foreach (CertResponse response in responses)
            {
                if (!ids.Add(response.CertReqId))
                    found.Add(MessageRules.ResponseIdDoubled, $"Two responses are for the certReqId {response.CertReqId}.", response.Encoded, body.Encoded);
            }
        }
        else if (responses.Count == 1 && responses[0].CertReqId is var id && id != 0 && !(id == -1 && body.Type == PkiBodyType.Cp) && body.Type != PkiBodyType.Ccp)
        {
            found.Add(MessageRules.ResponseId, $"The certReqId is {id}.", responses[0].Encoded, body.Encoded);
        }
        bool hasCertificate = false;
        for (int i = 0; i < responses.Count; i++)
        {
            CertResponse response = responses[i];
            hasCertificate |= response.CertifiedKeyPair is not null;
            StatusRules.Check(ref found, response.Status, response.Encoded);
            Check(ref found, response, body.Type);
        }
        if (body.CaPubs.Count == 0)
            return;
        if (body.Type != PkiBodyType.Ip)
            found.Add(MessageRules.CaPubsPlace, $"caPubs come in a {PkiBodyTypeNames.Of(body.Type)}.", body.CaPubs[0].Encoded, body.Encoded);
        else if (!hasCertificate)
            found.Add(MessageRules.CaPubsAlone, "caPubs come without a certificate.", body.CaPubs[0].Encoded, body.Encoded);
        CheckCertificates(ref found, body.CaPubs, "caPubs", message.Encoded);
    }

    internal static void Check(ref FindingCollector found, KeyRecRepContent body)
    {
        StatusRules.Check(ref found, body.Status, body.Encoded);
        bool hasContent = body.NewSigCert is not null || body.KeyPairHist.Count > 0;
        if (hasContent && body.Status.Status is PkiStatus.Rejection or PkiStatus.Waiting)
            found.Add(MessageRules.ResponseCertificate, $"The status is {PkiStatusNames.Of(body.Status.Status)}, and there are certificates.", body.Encoded);
        CheckCertificates(ref found, body.CaCerts, "caCerts", body.Encoded);
        for (int i = 0; i < body.KeyPairHist.Count; i++)
            CheckEncrypted(ref found, body.KeyPairHist[i], EnvelopedContent.Any, body.Encoded);
    }

    private static void Check(ref FindingCollector found, CertResponse response, PkiBodyType type)
    {
        PkiStatus status = response.Status.Status;
        if (status is PkiStatus.RevocationWarning or PkiStatus.RevocationNotification or PkiStatus.KeyUpdateWarning)
            found.Add(MessageRules.ResponseStatus, $"The status is {PkiStatusNames.Of(status)}.", response.Encoded);
        if (response.CertifiedKeyPair is not { } pair)
        {
            if (status is PkiStatus.Accepted or PkiStatus.GrantedWithMods)
                found.Add(MessageRules.ResponseNoCertificate, $"The status is {PkiStatusNames.Of(status)}, and there is no certificate.", response.Encoded);
            return;
        }
        if (status is PkiStatus.Rejection or PkiStatus.Waiting)
            found.Add(MessageRules.ResponseCertificate, $"The status is {PkiStatusNames.Of(status)}, and there is a certificate.", pair.Encoded, response.Encoded);
        if (pair.Certificate is null)
            found.Add(MessageRules.ResponseEncryptedCert, "The certificate is encrypted.", pair.Encoded, response.Encoded);
        else if (!CertificateNames.TryRead(pair.Certificate.Encoded.Span, out _))
            found.Add(MessageRules.CertificateSyntax, "What was issued is no certificate.", pair.Certificate.Encoded, response.Encoded);
        if (pair.PrivateKey is not null && type == PkiBodyType.Ccp)
            found.Add(MessageRules.ResponseCrossKey, "A private key comes with a cross-certificate.", pair.Encoded, response.Encoded);
        CheckEncrypted(ref found, pair, EnvelopedContent.IssuedKey, response.Encoded);
    }

    private static void CheckEncrypted(ref FindingCollector found, CertifiedKeyPair pair, EnvelopedContent key, ReadOnlyMemory<byte> around)
    {
        bool isOldKey = pair.PrivateKey is { } privateKey && EnvelopeRules.CheckKey(ref found, privateKey, key);
        bool isOldCert = pair.EncryptedCert is { } certificate && EnvelopeRules.CheckKey(ref found, certificate, EnvelopedContent.Any);
        if (isOldKey && found.IsProfile && key == EnvelopedContent.IssuedKey)
            found.Add(MessageRules.ResponsePrivateKey, "The private key comes in an EncryptedValue.", pair.Encoded, around);
        else if (isOldKey || isOldCert)
            found.Add(MessageRules.ResponseEncryptedValue, $"{(isOldKey ? "The private key" : "The certificate")} comes in an EncryptedValue.", pair.Encoded, around);
    }

    private static void CheckCertificates(ref FindingCollector found, IReadOnlyList<Certificate> certificates, string field, ReadOnlyMemory<byte> around)
    {
        for (int i = 0; i < certificates.Count; i++)
        {
            if (!CertificateNames.TryRead(certificates[i].Encoded.Span, out _))
                found.Add(MessageRules.CertificateSyntax, $"Of {field} number {i + 1} is no certificate.", certificates[i].Encoded, around);
        }
    }
}
