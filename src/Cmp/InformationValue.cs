using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>What a server's information says, as scripts want it.</summary>
internal static class InformationValue
{
    /// <summary>Reads one item of an answer; one that cannot be read keeps its octets, and says why.</summary>
    internal static CmpInformation Of(InfoTypeAndValue item, CmpClient client, ServerSettings server)
    {
        byte[]? raw = item.InfoValue?.ToArray();
        string name = InfoTypes.NameOf(item.InfoType);
        try
        {
            return new CmpInformation(item.InfoType, name, Plain(InfoTypes.ReadValue(item, isAnswer: true), client, server), raw, problem: null);
        }
        catch (CmpException e)
        {
            return new CmpInformation(item.InfoType, name, value: null, raw, e.Message);
        }
    }

    /// <summary>The name of an algorithm, as in <c>ECDSA_P256</c> or <c>RSA</c> where it is one of keys.</summary>
    internal static string NameOf(AlgorithmIdentifier algorithm) =>
        algorithm.Oid == Oids.RsaEncryption ? "RSA"
        : KeyAlgorithm.All.FirstOrDefault(key => key.ToIdentifier().IsSameAs(algorithm))?.Name
        ?? (Oids.NameOf(algorithm.Oid) is var name && name != algorithm.Oid ? name : new Oid(algorithm.Oid).FriendlyName ?? algorithm.Oid);

    private static object? Plain(object? value, CmpClient client, ServerSettings server) => value switch
    {
        null => null,
        Certificate certificate => CACertificateObject.Of(certificate, server),
        AlgorithmIdentifier algorithm => NameOf(algorithm),
        CertificateList crl => new CmpCrl(Crl.Judge(crl, client.Settings.TrustAnchor!, [.. client.Settings.IssuedTrustAnchor!, .. client.Settings.UntrustedCertificate!], DateTimeOffset.UtcNow), server),
        RootCaKeyUpdateContent root => new CmpUnprovenRoot(root.NewWithNew, root.NewWithOld, root.OldWithNew),
        CaKeyUpdAnnContent root => new CmpUnprovenRoot(root.NewWithNew, root.NewWithOld, root.OldWithNew),
        CertReqTemplateContent template => new CmpRequestTemplate(RequestTemplate.Read(template), server),
        DateTimeOffset time => time.LocalDateTime,
        string text => InfoTypes.NameOf(PeerText.Escape(text)),
        ReadOnlyMemory<byte> octets => octets.ToArray(),
        Asn1Structure structure => structure.Encoded.ToArray(),
        IEnumerable<object> list => list.Select(element => Plain(element, client, server)).ToArray(),
        _ => value,
    };
}
