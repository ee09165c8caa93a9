using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
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
            sum += All(item, isAnswer: false);
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
                    sum += response.CertifiedKeyPair is { } pair ? All(pair) : 0;
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
            case PopoDecKeyChallContent b:
                foreach (Challenge challenge in b.Challenges)
                    sum += (challenge.Owf is { } owf ? All(owf) : 0) + challenge.Witness.Length + challenge.Encrypted.Length + (challenge.EncryptedRand?.Length ?? 0);
                break;
            case PopoDecKeyRespContent b:
                sum += b.Numbers.Count;
                break;
            case KeyRecRepContent b:
                sum += All(b.Status) + (b.NewSigCert is { } newest ? All(newest) : 0);
                foreach (Certificate certificate in b.CaCerts)
                    sum += All(certificate);
                foreach (CertifiedKeyPair pair in b.KeyPairHist)
                    sum += All(pair);
                break;
            case RevReqContent b:
                foreach (RevDetails details in b.Details)
                    sum += All(details.CertDetails) + All(details.CrlEntryDetails) + Late(() => (int)(details.Reason ?? 0)) + Late(() => details.InvalidityDate?.Year ?? 0);
                break;
            case RevRepContent b:
                foreach (PkiStatusInfo status in b.Statuses)
                    sum += All(status);
                foreach (CertId id in b.RevCerts)
                    sum += All(id.Issuer);
                foreach (CertificateList crl in b.Crls)
                    sum += All(crl);
                break;
            case CaKeyUpdContent b:
                sum += All(b.NewWithNew) + (b.NewWithOld is { } newWithOld ? All(newWithOld) : 0) + (b.OldWithNew is { } oldWithNew ? All(oldWithNew) : 0);
                break;
            case CertAnnContent b:
                sum += All(b.Certificate);
                break;
            case RevAnnContent b:
                sum += PkiStatusNames.Of(b.Status).Length + All(b.CertId.Issuer) + All(b.CrlDetails) + b.BadSinceDate.Year;
                break;
            case CrlAnnContent b:
                foreach (CertificateList crl in b.Crls)
                    sum += All(crl);
                break;
            case NestedMessageContent b:
                foreach (PkiMessage message in b.Messages)
                    sum += All(message);
                break;
            case GenMsgContent b:
                foreach (InfoTypeAndValue item in b.Items)
                    sum += All(item, isAnswer: false);
                break;
            case GenRepContent b:
                foreach (InfoTypeAndValue item in b.Items)
                    sum += All(item, isAnswer: true);
                break;
        }
        return sum;
    }

    public static int All(CertReqMsg message)
    {
        int sum = All(message.CertReq.CertTemplate);
        foreach (AttributeTypeAndValue control in message.CertReq.Controls)
        {
            sum += All(control);
        }
        if (message.Popo is PopoPrivKey later)
        {
            sum += (int)later.Kind + (int)(later.Subsequent ?? 0) + (later.AgreeMac?.Value.Length ?? 0) + (later.EnvelopedData?.Length ?? 0);
            sum += later.Bits is { } bits ? Late(() => All(EncryptedValue.Decode(bits))) : 0;
        }
        if (message.Popo is PopoSigningKey { PoposkInput: { } input })
            sum += input.Encoded.Length + (input.Sender is { } sender ? All(sender) : 0) + (input.PublicKeyMac is { } mac ? All(mac.Algorithm) : 0);
        return sum + (message.Popo?.ToString().Length ?? 0);
    }

    public static int All(CertificateList c)
    {
        int sum = c.ToString().Length;
        if (Late(() => c.Version) == 0)
            return sum; // each of the others would say the same
        sum += Late(() => c.ThisUpdate.Year + (c.NextUpdate?.Year ?? 0) + c.Signature.Length + c.TbsCertList.Length + All(c.Issuer) + All(c.SignatureAlgorithm) + All(c.Extensions));
        sum += Late(() => c.Number?.ToString().Length ?? 0) + Late(() => c.BaseNumber?.ToString().Length ?? 0) + Late(() => c.AuthorityKeyIdentifier?.Length ?? 0);
        sum += Late(() => c.IssuingDistributionPoint is { } point ? point.ToString().Length + (point.DistributionPoint?.ToString().Length ?? 0) : 0);
        sum += Late(() =>
        {
            int entries = 0;
            foreach (RevokedCertificate entry in c.Entries)
                entries += entry.ToString().Length + (int)(entry.Reason ?? 0) + (entry.InvalidityDate?.Year ?? 0) + entry.CertificateIssuer.Count + All(entry.Extensions);
            return entries;
        });
        return sum + Late(() => c.Find(Samples.Certificate.SerialNumber)?.RevocationDate.Year ?? 0) + Late(() => c.Find(Samples.Certificate.SerialNumber, Samples.Subject)?.RevocationDate.Year ?? 0);
    }

    /// <summary>An item, whatever it is: by the one reader of all types, then by what stands in it.</summary>
    private static int All(InfoTypeAndValue item, bool isAnswer)
    {
        return item.ToString().Length + Late(() => InfoTypes.ReadValue(item, isAnswer) switch
        {
            Certificate c => All(c),
            CertificateList c => All(c),
            AlgorithmIdentifier a => All(a),
            EncryptedKey k => All(k),
            CaKeyUpdAnnContent c => All(c.NewWithNew) + All(c.NewWithOld) + All(c.OldWithNew),
            RootCaKeyUpdateContent c => All(c.NewWithNew) + (c.NewWithOld is { } w ? All(w) : 0) + (c.OldWithNew is { } o ? All(o) : 0),
            CertReqTemplateContent c => All(c.CertTemplate) + c.KeySpec.Sum(All) + Late(() => c.ReadAlgorithms().Sum(All)) + Late(() => c.ReadRsaKeyLengths().Count),
            KemCiphertextInfo c => All(c.Kem) + c.Ct.Length,
            IReadOnlyList<Certificate> list => list.Sum(All),
            IReadOnlyList<CertificateList> list => list.Sum(All),
            IReadOnlyList<AlgorithmIdentifier> list => list.Sum(All),
            IReadOnlyList<PkiMessage> list => list.Sum(All),
            IReadOnlyList<CrlStatus> list => list.Sum(status => status.ToString().Length + (status.ThisUpdate?.Year ?? 0) + status.Source.Issuer.Sum(All)),
            null => 0,
            var other => other.ToString()!.Length,
        });
    }

    private static int All(CertTemplate template)
    {
        int sum = template.Subject is { } subject ? All(subject) : 0;
        sum += template.Issuer is { } issuer ? All(issuer) : 0;
        sum += template.PublicKey is { } key ? All(key) : 0;
        return sum + All(template.Extensions);
    }

    private static int All(CertifiedKeyPair pair)
    {
        int sum = pair.Certificate is { } certificate ? All(certificate) : 0;
        sum += pair.PublicationInfo is { } info ? Late(() => Asn1Reader.Decode(info, null, PkiPublicationInfo.Read).Locations.Count) : 0;
        sum += pair.PrivateKey is { } key ? Late(() => All(EncryptedKey.Decode(key))) : 0;
        return sum + (pair.EncryptedCert is { } encrypted ? Late(() => All(EncryptedKey.Decode(encrypted))) : 0);
    }

    private static int All(EncryptedKey key) => key.ToString().Length + (key.EnvelopedData?.Length ?? 0) + (key.EncryptedValue is { } value ? All(value) : 0);

    private static int All(EncryptedValue value) =>
        value.EncValue.Length + (value.SymmAlg is { } symm ? All(symm) : 0) + (value.KeyAlg is { } alg ? All(alg) : 0) + (value.IntendedAlg is { } intended ? All(intended) : 0);

    private static int All(AttributeTypeAndValue control)
    {
        return control.ToString().Length + control.Oid switch
        {
            Oids.RegToken or Oids.Authenticator or Oids.Utf8Pairs => Late(() => Controls.ReadText(control).Length),
            Oids.PkiPublicationInfo => Late(() => Asn1Reader.Decode(control.Value, null, PkiPublicationInfo.Read).Locations.Count),
            Oids.ProtocolEncrKey => Late(() => All(SubjectPublicKeyInfo.Decode(control.Value))),
            Oids.OldCertId => Late(() => All(Controls.ReadOldCertId(control).Issuer)),
            Oids.AlgId => Late(() => All(Controls.ReadAlgId(control))),
            Oids.RsaKeyLen => Late(() => Controls.ReadRsaKeyLen(control)),
            _ => 0,
        };
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
            Oids.Pbmac1 => Late(() => Pbmac1Params.Decode(parameters).ReadPbkdf2()?.Salt.Length ?? 0),
            Oids.DhBasedMac => Late(() => All(DhbmParameter.Decode(parameters).Mac)),
            Oids.KemBasedMac => Late(() => KemBMParameter.Decode(parameters).Len),
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
