using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.InfoTypes;

/// <summary>
/// The information that general messages and generalInfo carry (RFC 9810 5.3.19 and appendix F), built and read. Where a question has no
/// value, the builder without an argument makes it; so it does for the answer of a CA that has nothing to tell.
/// </summary>
public static class InfoTypes
{
    private static readonly Row[] Rows =
    [
        new(Oids.CaProtEncCert, "caProtEncCert", null, One(Certificate.Read)),
        new(Oids.SignKeyPairTypes, "signKeyPairTypes", null, Filled(AlgorithmIdentifier.Read)),
        new(Oids.EncKeyPairTypes, "encKeyPairTypes", null, Filled(AlgorithmIdentifier.Read)),
        new(Oids.PreferredSymmAlg, "preferredSymmAlg", null, One(AlgorithmIdentifier.Read)),
        new(Oids.CaKeyUpdateInfo, "caKeyUpdateInfo", null, One(CaKeyUpdAnnContent.Read)),
        new(Oids.CurrentCrl, "currentCRL", null, One(CertificateList.Read)),
        new(Oids.UnsupportedOids, "unsupportedOIDs", null, Filled(ReadOid)),
        new(Oids.KeyPairParamReq, "keyPairParamReq", One(ReadOid), null),
        new(Oids.KeyPairParamRep, "keyPairParamRep", null, One(AlgorithmIdentifier.Read)),
        new(Oids.RevPassphrase, "revPassphrase", One(EncryptedKey.Read), null),
        new(Oids.ImplicitConfirm, "implicitConfirm", ReadNull, ReadNull),
        new(Oids.ConfirmWaitTime, "confirmWaitTime", One(ReadTime), One(ReadTime)),
        new(Oids.OrigPkiMessage, "origPKIMessage", Filled(PkiMessage.Read), Filled(PkiMessage.Read)),
        new(Oids.SuppLangTags, "suppLangTags", Filled(ReadText), Filled(ReadText)),
        new(Oids.CaCerts, "caCerts", null, Filled(Certificate.Read)),
        new(Oids.RootCaKeyUpdate, "rootCaKeyUpdate", One(RootCaKeyUpdateContent.Read), One(RootCaKeyUpdateContent.Read)),
        new(Oids.CertReqTemplate, "certReqTemplate", null, One(CertReqTemplateContent.Read)),
        new(Oids.RootCaCert, "rootCaCert", One(Certificate.Read), null),
        new(Oids.CertProfile, "certProfile", item => item.ReadProfiles(), item => item.ReadProfiles()),
        new(Oids.CrlStatusList, "crlStatusList", Filled(CrlStatus.Read), null),
        new(Oids.Crls, "crls", null, Filled(CertificateList.Read)),
        new(Oids.KemCiphertextInfo, "KemCiphertextInfo", One(Cmp.Messages.InfoTypes.KemCiphertextInfo.Read), One(Cmp.Messages.InfoTypes.KemCiphertextInfo.Read)),
        new(Oids.CryptlibPresenceCheck, "cryptlibPresenceCheck", null, null),
        new(Oids.CryptlibPkiBoot, "cryptlibPKIBoot", null, null),
    ];

    private static readonly Dictionary<string, Row> ByOid = Rows.ToDictionary(row => row.Oid);
    private static readonly Dictionary<string, Row> ByName = Rows.ToDictionary(row => row.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The names of all types that are known here, as RFC 9810 writes them; those of cryptlib begin with its name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Rows.Select(row => row.Name)];

    /// <summary>The name of a type, as in <c>caCerts</c>; its dots where it has none here.</summary>
    /// <param name="oid">Dotted decimal.</param>
    /// <returns>The name.</returns>
    public static string NameOf(string oid) => ByOid.TryGetValue(oid, out Row? row) ? row.Name : oid;

    /// <summary>The type that has a name.</summary>
    /// <param name="name">As in <c>caCerts</c>; capitals do not matter.</param>
    /// <returns>Dotted decimal; <see langword="null"/> where nobody has the name.</returns>
    public static string? OidOf(string name) => ByName.TryGetValue(name, out Row? row) ? row.Oid : null;

    /// <summary>The value of any item, typed where its type is known.</summary>
    /// <param name="item">The item.</param>
    /// <param name="isAnswer">Whether it stands in an answer (genp), or in a question (genm) or a header.</param>
    /// <returns>
    /// What the reader of its type gives, one object or a list; <see langword="null"/> where there is no value or the value is NULL. The octets
    /// (<see cref="ReadOnlyMemory{T}"/>) where the type is not known, or has no value in that place.
    /// </returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static object? ReadValue(InfoTypeAndValue item, bool isAnswer)
    {
        if (item.InfoValue is not { } value)
            return null;
        Func<InfoTypeAndValue, object?>? read = ByOid.TryGetValue(item.InfoType, out Row? row) ? (isAnswer ? row.Answer : row.Question) : null;
        return read is null ? value : read(item);
    }

    /// <summary>caProtEncCert: the certificate to encrypt to the CA with (RFC 9810 5.3.19.1).</summary>
    /// <param name="certificate">The certificate; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CaProtEncCert(Certificate? certificate = null) => new(Oids.CaProtEncCert, certificate?.Encoded);

    /// <summary>The certificate that a caProtEncCert holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Certificate? ReadCaProtEncCert(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, Certificate.Read);

    /// <summary>signKeyPairTypes: the kinds of signing keys that the CA certifies (RFC 9810 5.3.19.2).</summary>
    /// <param name="algorithms">The kinds; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue SignKeyPairTypes(IReadOnlyList<AlgorithmIdentifier>? algorithms = null) => new(Oids.SignKeyPairTypes, ListOf(algorithms));

    /// <summary>The algorithms that a signKeyPairTypes holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<AlgorithmIdentifier> ReadSignKeyPairTypes(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, AlgorithmIdentifier.Read);

    /// <summary>encKeyPairTypes: the kinds of other keys that the CA certifies (RFC 9810 5.3.19.3).</summary>
    /// <param name="algorithms">The kinds; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue EncKeyPairTypes(IReadOnlyList<AlgorithmIdentifier>? algorithms = null) => new(Oids.EncKeyPairTypes, ListOf(algorithms));

    /// <summary>The algorithms that an encKeyPairTypes holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<AlgorithmIdentifier> ReadEncKeyPairTypes(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, AlgorithmIdentifier.Read);

    /// <summary>preferredSymmAlg: the symmetric algorithm that the CA likes best (RFC 9810 5.3.19.4).</summary>
    /// <param name="algorithm">The algorithm; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue PreferredSymmAlg(AlgorithmIdentifier? algorithm = null) => new(Oids.PreferredSymmAlg, algorithm?.Encoded);

    /// <summary>The algorithm that a preferredSymmAlg holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static AlgorithmIdentifier? ReadPreferredSymmAlg(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, AlgorithmIdentifier.Read);

    /// <summary>caKeyUpdateInfo: a new key of the root CA, in the form before pvno 3; deprecated (RFC 9810 5.3.19.5).</summary>
    /// <param name="content">The certificates; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CaKeyUpdateInfo(CaKeyUpdAnnContent? content = null) => new(Oids.CaKeyUpdateInfo, content?.Encoded);

    /// <summary>The certificates that a caKeyUpdateInfo holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CaKeyUpdAnnContent? ReadCaKeyUpdateInfo(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, CaKeyUpdAnnContent.Read);

    /// <summary>currentCRL: the CRL of the CA (RFC 9810 5.3.19.6).</summary>
    /// <param name="crl">The CRL; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CurrentCrl(CertificateList? crl = null) => new(Oids.CurrentCrl, crl?.Encoded);

    /// <summary>The CRL that a currentCRL holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertificateList? ReadCurrentCrl(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, CertificateList.Read);

    /// <summary>unsupportedOIDs: what of a question the CA does not know; only in answers (RFC 9810 5.3.19.7).</summary>
    /// <param name="oids">The object identifiers, dotted decimal.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue UnsupportedOids(IReadOnlyList<string> oids) => new(Oids.UnsupportedOids, Der(writer =>
    {
        using (writer.PushSequence())
        {
            foreach (string oid in oids)
                writer.WriteObjectIdentifier(oid);
        }
    }));

    /// <summary>The object identifiers that an unsupportedOIDs holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<string> ReadUnsupportedOids(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, ReadOid);

    /// <summary>keyPairParamReq: asks for the domain parameters of a kind of keys; the answer is <see cref="KeyPairParamRep"/> (RFC 9810 5.3.19.8).</summary>
    /// <param name="algorithm">The kind of keys, dotted decimal.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue KeyPairParamReq(string algorithm) => new(Oids.KeyPairParamReq, Der(writer => writer.WriteObjectIdentifier(algorithm)));

    /// <summary>The kind of keys that a keyPairParamReq holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static string? ReadKeyPairParamReq(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, ReadOid);

    /// <summary>keyPairParamRep: the domain parameters of a kind of keys; only in answers (RFC 9810 5.3.19.8).</summary>
    /// <param name="algorithm">The kind of keys with its parameters; absent where the CA has none to tell.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue KeyPairParamRep(AlgorithmIdentifier? algorithm = null) => new(Oids.KeyPairParamRep, algorithm?.Encoded);

    /// <summary>The domain parameters that a keyPairParamRep holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static AlgorithmIdentifier? ReadKeyPairParamRep(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, AlgorithmIdentifier.Read);

    /// <summary>revPassphrase: a passphrase, encrypted, with which a later revocation is authenticated (RFC 9810 5.3.19.9 and appendix B).</summary>
    /// <param name="passphrase">The passphrase; absent in the answer.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue RevPassphrase(EncryptedKey? passphrase = null) => new(Oids.RevPassphrase, passphrase?.Encoded);

    /// <summary>The encrypted passphrase that a revPassphrase holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static EncryptedKey? ReadRevPassphrase(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, EncryptedKey.Read);

    /// <summary>implicitConfirm: asks for implicit confirmation, or grants it; only in headers (RFC 9810 5.1.1.1).</summary>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue ImplicitConfirm() => InfoTypeAndValue.ImplicitConfirm;

    /// <summary>confirmWaitTime: the deadline of a certConf; only in headers (RFC 9810 5.1.1.2).</summary>
    /// <param name="time">The deadline.</param>
    /// <returns>The item; <see cref="InfoTypeAndValue.ReadTime"/> reads it.</returns>
    public static InfoTypeAndValue ConfirmWaitTime(DateTimeOffset time) => InfoTypeAndValue.ConfirmWaitTime(time);

    /// <summary>origPKIMessage: what a registration authority received; only in headers (RFC 9810 5.1.1.3).</summary>
    /// <param name="messages">One message, or one a message of a nested one in the same order.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue OrigPkiMessage(IReadOnlyList<PkiMessage> messages) => new(Oids.OrigPkiMessage, ListOf(messages));

    /// <summary>The messages that an origPKIMessage holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<PkiMessage> ReadOrigPkiMessage(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, PkiMessage.Read);

    /// <summary>suppLangTags: the languages that one reads; the answer names the one that is used (RFC 9810 5.3.19.13).</summary>
    /// <param name="tags">Language tags (RFC 5646), the best liked first.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue SuppLangTags(IReadOnlyList<string> tags) => new(Oids.SuppLangTags, Der(writer =>
    {
        using (writer.PushSequence())
        {
            foreach (string tag in tags)
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, tag);
        }
    }));

    /// <summary>The language tags that a suppLangTags holds, as the peer wrote them.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<string> ReadSuppLangTags(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, ReadText);

    /// <summary>caCerts: the certificates of CAs (RFC 9810 5.3.19.14).</summary>
    /// <param name="certificates">The certificates; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CaCerts(IReadOnlyList<Certificate>? certificates = null) => new(Oids.CaCerts, ListOf(certificates));

    /// <summary>The certificates that a caCerts holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<Certificate> ReadCaCerts(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, Certificate.Read);

    /// <summary>rootCaKeyUpdate: a new key of a root CA: the answer to <see cref="RootCaCert"/> (RFC 9810 5.3.19.15).</summary>
    /// <param name="content">The certificates; absent where there is no new key.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue RootCaKeyUpdate(RootCaKeyUpdateContent? content = null) => new(Oids.RootCaKeyUpdate, content?.Encoded);

    /// <summary>The certificates that a rootCaKeyUpdate holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static RootCaKeyUpdateContent? ReadRootCaKeyUpdate(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, RootCaKeyUpdateContent.Read);

    /// <summary>certReqTemplate: what requests for certificates shall look like (RFC 9810 5.3.19.16).</summary>
    /// <param name="template">The template; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CertReqTemplate(CertReqTemplateContent? template = null) => new(Oids.CertReqTemplate, template?.Encoded);

    /// <summary>The template that a certReqTemplate holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertReqTemplateContent? ReadCertReqTemplate(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, CertReqTemplateContent.Read);

    /// <summary>rootCaCert: asks for the new key of a root CA; the answer is <see cref="RootCaKeyUpdate"/> (RFC 9810 5.3.19.15).</summary>
    /// <param name="certificate">The root certificate that is to be replaced; absent where the CA knows which.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue RootCaCert(Certificate? certificate = null) => new(Oids.RootCaCert, certificate?.Encoded);

    /// <summary>The root certificate that a rootCaCert holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Certificate? ReadRootCaCert(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, Certificate.Read);

    /// <summary>certProfile: names certificate profiles; in headers (RFC 9810 5.1.1.4).</summary>
    /// <param name="profiles">One name a request.</param>
    /// <returns>The item; <see cref="InfoTypeAndValue.ReadProfiles"/> reads it.</returns>
    public static InfoTypeAndValue CertProfile(params string[] profiles) => InfoTypeAndValue.CertProfile(profiles);

    /// <summary>crlStatusList: asks for CRLs that are newer than those at hand; the answer is <see cref="Crls"/> (RFC 9810 5.3.19.17).</summary>
    /// <param name="statuses">One entry a CRL.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CrlStatusList(IReadOnlyList<CrlStatus> statuses) => new(Oids.CrlStatusList, ListOf(statuses));

    /// <summary>What a crlStatusList asks for.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<CrlStatus> ReadCrlStatusList(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, CrlStatus.Read);

    /// <summary>crls: CRLs that are newer; only in answers (RFC 9810 5.3.19.17).</summary>
    /// <param name="crls">The CRLs; absent where there is none that is newer.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue Crls(IReadOnlyList<CertificateList>? crls = null) => new(Oids.Crls, ListOf(crls));

    /// <summary>The CRLs that a crls holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>They; empty where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<CertificateList> ReadCrls(InfoTypeAndValue item, DecodeOptions? options = null) => ReadMany(item, options, CertificateList.Read);

    /// <summary>KemCiphertextInfo: a shared secret, encapsulated; in headers too (RFC 9810 5.1.3.4 and 5.3.19.18).</summary>
    /// <param name="info">The secret; absent in a question.</param>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue KemCiphertextInfo(Cmp.Messages.InfoTypes.KemCiphertextInfo? info = null) => new(Oids.KemCiphertextInfo, info?.Encoded);

    /// <summary>The encapsulated secret that a KemCiphertextInfo holds.</summary>
    /// <param name="item">The item.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>It; <see langword="null"/> where there is no value.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Cmp.Messages.InfoTypes.KemCiphertextInfo? ReadKemCiphertextInfo(InfoTypeAndValue item, DecodeOptions? options = null) => ReadOne(item, options, Cmp.Messages.InfoTypes.KemCiphertextInfo.Read);

    /// <summary>cryptlib's own question whether a CA is there.</summary>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CryptlibPresenceCheck() => new(Oids.CryptlibPresenceCheck);

    /// <summary>cryptlib's own question for the certificates that one begins with (PKIBoot); the value of its answer is raw.</summary>
    /// <returns>The item.</returns>
    public static InfoTypeAndValue CryptlibPkiBoot() => new(Oids.CryptlibPkiBoot);

    private static T? ReadOne<T>(InfoTypeAndValue item, DecodeOptions? options, Asn1Read<T> read)
        where T : class =>
        item.InfoValue is { } value ? Asn1Reader.Decode(value, options, read) : null;

    private static IReadOnlyList<T> ReadMany<T>(InfoTypeAndValue item, DecodeOptions? options, Asn1Read<T> read) =>
        item.InfoValue is { } value ? Asn1Reader.Decode(value, options, (ref Asn1Reader reader) => reader.ReadFilledList(read)) : [];

    private static Func<InfoTypeAndValue, object?> One<T>(Asn1Read<T> read) => item => Asn1Reader.Decode(item.InfoValue!.Value, null, read);

    private static Func<InfoTypeAndValue, object?> Filled<T>(Asn1Read<T> read) => item => ReadMany(item, null, read);

    private static object? ReadNull(InfoTypeAndValue item) => Asn1Reader.Decode(item.InfoValue!.Value, null, (ref Asn1Reader reader) =>
    {
        reader.ReadNull();
        return (object?)null;
    });

    private static string ReadOid(ref Asn1Reader reader) => reader.ReadOid();

    private static string ReadText(ref Asn1Reader reader) => reader.ReadUtf8String();

    private static DateTimeOffset ReadTime(ref Asn1Reader reader) => reader.ReadGeneralizedTime();

    private static ReadOnlyMemory<byte>? ListOf(IReadOnlyList<Asn1Structure>? list) => list is null ? (ReadOnlyMemory<byte>?)null : Der(writer => writer.WriteList(list));

    private static ReadOnlyMemory<byte> Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        write(writer);
        return writer.Encode();
    }

    /// <summary>A type: how its value is read in a question and in an answer; null where it has none there.</summary>
    private sealed record Row(string Oid, string Name, Func<InfoTypeAndValue, object?>? Question, Func<InfoTypeAndValue, object?>? Answer);
}
