using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Messages;

/// <summary>
/// Asks a decoded message for everything that it can be asked for, as client, server and inspector would. What is read late may throw
/// <c>CmpMessage.Malformed</c>, once a value; nothing else may be thrown, and texts never throw.
/// </summary>
public static class Touch
{
    public static int All(PkiMessage message)
    {
        int sum = message.ToString().Length + message.ProtectedPart.Length;
        PkiHeader header = message.Header;
        sum += All(header.Sender) + All(header.Recipient) + Late(() => header.Sender.IsSameAs(header.Recipient, ignoreOrder: true) ? 1 : 0);
        sum += header.FreeText?.Show(CmpLimits.Default).Length ?? 0;
        if (header.ProtectionAlg is { } algorithm)
            sum += All(algorithm);
        foreach (InfoTypeAndValue item in header.GeneralInfo)
        {
            sum += item.ToString().Length;
            sum += item.InfoType switch
            {
                Oids.ConfirmWaitTime => Late(() => item.ReadTime() is null ? 0 : 1),
                Oids.CertProfile => Late(() => item.ReadProfiles().Count),
                _ => 0,
            };
        }
        foreach (Certificate certificate in message.ExtraCerts)
            sum += All(certificate);
        return sum + All(message.Body);
    }

    public static int All(PkiBody body)
    {
        int sum = body.ToString().Length;
        switch (body)
        {
            case CertReqMessages b:
                foreach (CertReqMsg request in b.Requests)
                    sum += All(request);
                break;
            case CertRepMessage b:
                foreach (Certificate certificate in b.CaPubs)
                    sum += All(certificate);
                foreach (CertResponse response in b.Responses)
                {
                    sum += All(response.Status);
                    if (response.CertifiedKeyPair is { } pair)
                    {
                        sum += pair.Certificate is { } certificate ? All(certificate) : 0;
                        sum += pair.PublicationInfo is { } info ? Late(() => Asn1Reader.Decode(info, null, PkiPublicationInfo.Read).Locations.Count) : 0;
                    }
                }
                break;
            case P10crBody b:
                sum += All(b.Request.Subject) + All(b.Request.PublicKey) + b.Request.Extensions.Count + b.Request.ToString().Length;
                break;
            case ErrorMsgContent b:
                sum += All(b.Status) + (b.ErrorDetails?.Show(CmpLimits.Default).Length ?? 0);
                break;
            case CertConfirmContent b:
                foreach (CertStatus status in b.Statuses)
                    sum += status.StatusInfo is { } info ? All(info) : 0;
                break;
            case PollRepContent b:
                foreach (PollRepEntry entry in b.Entries)
                    sum += entry.CheckAfter.ToString().Length + (entry.Reason?.Show(CmpLimits.Default).Length ?? 0);
                break;
        }
        return sum;
    }

    public static int All(CertReqMsg message)
    {
        CertTemplate template = message.CertReq.CertTemplate;
        int sum = template.Subject is { } subject ? All(subject) : 0;
        sum += template.Issuer is { } issuer ? All(issuer) : 0;
        sum += template.PublicKey is { } key ? All(key) : 0;
        sum += All(template.Extensions);
        foreach (AttributeTypeAndValue control in message.CertReq.Controls)
        {
            sum += control.ToString().Length;
            sum += control.Oid switch
            {
                Oids.RegToken or Oids.Authenticator or Oids.Utf8Pairs => Late(() => Controls.ReadText(control).Length),
                Oids.PkiPublicationInfo => Late(() => Asn1Reader.Decode(control.Value, null, PkiPublicationInfo.Read).Locations.Count),
                Oids.ProtocolEncrKey => Late(() => All(SubjectPublicKeyInfo.Decode(control.Value))),
                Oids.OldCertId => Late(() => All(Controls.ReadOldCertId(control).Issuer)),
                _ => 0,
            };
        }
        if (message.Popo is PopoSigningKey { PoposkInput: { } input })
            sum += input.Encoded.Length + (input.Sender is { } sender ? All(sender) : 0) + (input.PublicKeyMac is { } mac ? All(mac.Algorithm) : 0);
        return sum + (message.Popo?.ToString().Length ?? 0);
    }

    public static int All(Certificate c)
    {
        int sum = c.ToString().Length + c.Thumbprint.Length;
        if (Late(() => c.Version) == 0)
            return sum; // each of the others would say the same
        sum += Late(() => c.Version + c.SerialNumber.Length + c.NotBefore.Year + c.NotAfter.Year + c.Signature.Length + c.TbsCertificate.Length);
        sum += Late(() => All(c.Issuer) + All(c.Subject) + All(c.PublicKey) + All(c.SignatureAlgorithm) + All(c.Extensions));
        sum += Late(() => c.IsSelfIssued ? 1 : 0) + Late(() => c.SubjectKeyIdentifier?.Length ?? 0) + Late(() => c.AuthorityKeyIdentifier?.Length ?? 0);
        sum += Late(() => (int)(c.KeyUsage ?? 0)) + Late(() => c.EnhancedKeyUsage?.Count ?? 0) + Late(() => c.IsCA ? 1 : 0) + Late(() => c.PathLength ?? 0);
        sum += Late(() =>
        {
            int names = 0;
            foreach (GeneralName name in c.SubjectAltNames)
                names += All(name);
            return names;
        });
        return sum + Late(() => CertId.Of(c).Encoded.Length);
    }

    private static int All(IReadOnlyList<Extension> extensions)
    {
        int sum = 0;
        foreach (Extension extension in extensions)
        {
            sum += extension.ToString().Length + extension.Value.Length;
            if (extension.Oid == Oids.SubjectAltName)
                sum += Late(() => GeneralName.DecodeList(extension.Value).Count);
        }
        return sum;
    }

    private static int All(PkiStatusInfo status) => status.ToString().Length + (status.StatusString?.Show(CmpLimits.Default).Length ?? 0);

    private static int All(GeneralName name) => name.ToString().Length + (name.IsNullDn ? 1 : 0) + (name.DirectoryName is { } dn ? All(dn) : 0);

    private static int All(Name name) =>
        name.ToString().Length + Late(() => name.ComparableParts().Count) + Late(() => name.CommonName()?.Length ?? 0) + Late(() => name.IsSameAs(Samples.Subject, ignoreOrder: true) ? 1 : 0);

    private static int All(SubjectPublicKeyInfo key) => key.ToString().Length + key.Key.Length + All(key.Algorithm);

    private static int All(AlgorithmIdentifier algorithm)
    {
        int sum = algorithm.ToString().Length + (algorithm.HasNoParameters ? 1 : 0);
        if (algorithm.Parameters is not { } parameters)
            return sum;
        return sum + algorithm.Oid switch
        {
            Oids.PasswordBasedMac => Late(() => PbmParameter.Decode(parameters).IterationCount.IsOne ? 1 : 0),
            Oids.RsassaPss => Late(() => RsassaPssParameters.Decode(parameters).SaltLength),
            _ => 0,
        };
    }

    private static int Late(Func<int> read)
    {
        try
        {
            return read();
        }
        catch (CmpException e) when (e.ErrorId == "CmpMessage.Malformed")
        {
            return 0;
        }
    }
}
