using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.TestServer;

/// <summary>Answers genm (RFC 9810 5.3.19, 5.3.20 and D.5, RFC 9483 4.3 and 5.1.4). What it does not know it lists as unsupportedOIDs.</summary>
internal sealed class GeneralHandler(TestServerOptions options, CertificationAuthority authority, CrlPublisher crls, ServerKeys keys) : IRequestHandler
{
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    private const string Language = "en";

    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        IReadOnlyList<InfoTypeAndValue> asked = ((GenMsgContent)request.Body).Items;
        if (options.FailInfo != FailInfo.None)
            throw new RefusalException(options.FailInfo, "This server was told to refuse.");
        if (asked.Count == 0)
            return new GenRepContent(Everything(now));
        var items = new List<InfoTypeAndValue>(asked.Count);
        var unsupported = new List<string>();
        foreach (InfoTypeAndValue item in asked)
        {
            if (Answer(item, request.Header, now) is { } answer)
                items.Add(answer);
            else if (!unsupported.Contains(item.InfoType))
                unsupported.Add(item.InfoType);
        }
        if (unsupported.Count > 0)
            items.Add(new InfoTypeAndValue(Oids.UnsupportedOids, SequenceOf(unsupported, (writer, oid) => writer.WriteObjectIdentifier(oid))));
        return new GenRepContent(items);
    }

    /// <summary>A genp has no place for a refusal.</summary>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status) => new ErrorMsgContent(status);

    /// <inheritdoc/>
    public PkiBody? Waiting(PkiBody answer) => null;

    /// <summary>RFC 9810 D.5; what there is none of is left out.</summary>
    private List<InfoTypeAndValue> Everything(DateTimeOffset now)
    {
        List<InfoTypeAndValue> items = [SignKeyPairTypes(), EncKeyPairTypes(), PreferredSymmAlg()];
        if (LastChange is { } change)
            items.Add(new InfoTypeAndValue(Oids.RootCaKeyUpdate, change.Content.Encoded));
        items.Add(new InfoTypeAndValue(Oids.CurrentCrl, crls.OfIssuing(now).Encoded));
        return items;
    }

    private InfoTypeAndValue? Answer(InfoTypeAndValue item, PkiHeader header, DateTimeOffset now)
    {
        switch (item.InfoType)
        {
            case Oids.CaProtEncCert:
                return new InfoTypeAndValue(Oids.CaProtEncCert, keys.Encryption?.Certificate.Encoded);
            case Oids.SignKeyPairTypes:
                return SignKeyPairTypes();
            case Oids.EncKeyPairTypes:
                return EncKeyPairTypes();
            case Oids.PreferredSymmAlg:
                return PreferredSymmAlg();
            case Oids.CaKeyUpdateInfo:
                return LastChange is { Content: var content }
                    ? new InfoTypeAndValue(Oids.CaKeyUpdateInfo, new CaKeyUpdAnnContent(content.OldWithNew!, content.NewWithOld!, content.NewWithNew).Encoded)
                    : new InfoTypeAndValue(Oids.CaKeyUpdateInfo);
            case Oids.CurrentCrl:
                return new InfoTypeAndValue(Oids.CurrentCrl, crls.OfIssuing(now).Encoded);
            case Oids.KeyPairParamReq:
                return KeyPairParamRep(Value(item, (ref Asn1Reader reader) => reader.ReadOid()));
            case Oids.RevPassphrase:
                throw new RefusalException(FailInfo.BadRequest, "Revocation passphrases are not kept here.");
            case Oids.SuppLangTags:
                Value(item, (ref Asn1Reader reader) => reader.ReadFilledList((ref Asn1Reader tag) => tag.ReadUtf8String()));
                return new InfoTypeAndValue(Oids.SuppLangTags, SequenceOf([Language], (writer, tag) => writer.WriteCharacterString(UniversalTagNumber.UTF8String, tag)));
            case Oids.CaCerts:
                return new InfoTypeAndValue(Oids.CaCerts, SequenceOf([authority.Issuing], (writer, certificate) => certificate.Write(writer)));
            case Oids.RootCaCert:
                return RootCaKeyUpdate(item);
            case Oids.CertReqTemplate:
                return Template(header);
            case Oids.CrlStatusList:
                return Crls(item, now);
            default:
                return null;
        }
    }

    private RootChange? LastChange => authority.RootChanges is [.., var last] ? last : null;

    private static InfoTypeAndValue SignKeyPairTypes() => KeyPairTypes(Oids.SignKeyPairTypes, algorithm => algorithm.CanSign);

    /// <summary>Keys of RSA and of elliptic curves do both.</summary>
    private static InfoTypeAndValue EncKeyPairTypes() => KeyPairTypes(Oids.EncKeyPairTypes, algorithm => !algorithm.CanSign || algorithm.ToIdentifier().Oid is Oids.RsaEncryption or Oids.EcPublicKey);

    /// <summary>One entry an algorithm, and one a curve (RFC 9810 5.3.19.2).</summary>
    private static InfoTypeAndValue KeyPairTypes(string type, Func<KeyAlgorithm, bool> isOfType)
    {
        var types = new List<AlgorithmIdentifier>();
        foreach (AlgorithmIdentifier algorithm in KeyAlgorithm.All.Where(isOfType).Select(algorithm => algorithm.ToIdentifier()))
        {
            if (!types.Exists(algorithm.IsSameAs))
                types.Add(algorithm);
        }
        return new InfoTypeAndValue(type, SequenceOf(types, (writer, algorithm) => algorithm.Write(writer)));
    }

    private static InfoTypeAndValue PreferredSymmAlg() => new(Oids.PreferredSymmAlg, new AlgorithmIdentifier(Aes256Cbc).Encoded);

    private static InfoTypeAndValue KeyPairParamRep(string oid)
    {
        AlgorithmIdentifier? preferred = oid == Oids.EcPublicKey
            ? KeyAlgorithm.Parse("ECDSA_P256").ToIdentifier()
            : KeyAlgorithm.All.Select(algorithm => algorithm.ToIdentifier()).FirstOrDefault(algorithm => algorithm.Oid == oid);
        return new InfoTypeAndValue(Oids.KeyPairParamRep, preferred?.Encoded);
    }

    /// <summary>The update of the root that is named, else the last one; absent where that root is the current one, or none of ours.</summary>
    private InfoTypeAndValue RootCaKeyUpdate(InfoTypeAndValue item)
    {
        RootChange? change = LastChange;
        if (item.InfoValue is not null)
        {
            Certificate old = Value(item, Certificate.Read);
            change = authority.RootChanges.FirstOrDefault(one => one.Old.IsSameAs(old));
        }
        return new InfoTypeAndValue(Oids.RootCaKeyUpdate, change?.Content.Encoded);
    }

    private InfoTypeAndValue Template(PkiHeader header)
    {
        string profile = header.FindInfo(Oids.CertProfile)?.ReadProfiles() is [var name, ..] ? name : string.Empty;
        return options.RequestTemplates.TryGetValue(profile, out CertReqTemplateContent? template)
            ? new InfoTypeAndValue(Oids.CertReqTemplate, template.Encoded)
            : profile.Length == 0 ? new InfoTypeAndValue(Oids.CertReqTemplate)
            : throw new RefusalException(FailInfo.BadRequest, "There is no such certificate profile.");
    }

    /// <summary>A distribution point is an internal pointer (RFC 9483 4.3.4): here the name of the CA, as a directoryName.</summary>
    private InfoTypeAndValue Crls(InfoTypeAndValue item, DateTimeOffset now)
    {
        IReadOnlyList<CrlStatus> asked = Value(item, (ref Asn1Reader reader) => reader.ReadFilledList(CrlStatus.Read));
        var found = new List<CertificateList>();
        foreach (CrlStatus status in asked)
        {
            IReadOnlyList<GeneralName> names = status.Source.Dpn?.FullName ?? status.Source.Issuer;
            CertificateList? crl = names.Select(name => name.DirectoryName is { } issuer ? crls.Of(issuer, now) : null).FirstOrDefault(one => one is not null);
            if (crl is not null && (status.ThisUpdate is not { } known || crl.ThisUpdate > known))
                found.Add(crl);
        }
        return found.Count == 0 ? new InfoTypeAndValue(Oids.Crls) : new InfoTypeAndValue(Oids.Crls, SequenceOf(found, (writer, crl) => crl.Write(writer)));
    }

    private static T Value<T>(InfoTypeAndValue item, Asn1Read<T> read) => item.InfoValue is { } value
        ? Asn1Reader.Decode(value, null, read)
        : throw new RefusalException(MessageRules.GeneralValue, $"{item} is asked for with a value.");

    private static byte[] SequenceOf<T>(IReadOnlyList<T> list, Action<AsnWriter, T> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        using (writer.PushSequence())
        {
            foreach (T element in list)
                write(writer, element);
        }
        return writer.Encode();
    }
}
