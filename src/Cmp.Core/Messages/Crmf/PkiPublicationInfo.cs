using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>Whether and where a certificate shall be published.</summary>
/// <param name="PleasePublish">False: it shall not be.</param>
/// <param name="Locations">Where; empty where the CA may choose.</param>
/// <remarks>
/// RFC 4211 6.3:
/// <code>PKIPublicationInfo ::= SEQUENCE { action INTEGER { dontPublish(0), pleasePublish(1) }, pubInfos SEQUENCE SIZE (1..MAX) OF SinglePubInfo OPTIONAL }</code>
/// </remarks>
public sealed record PkiPublicationInfo(bool PleasePublish, IReadOnlyList<SinglePubInfo> Locations) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static PkiPublicationInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        bool publish = inner.ReadInt32() != 0;
        IReadOnlyList<SinglePubInfo> locations = inner.HasData ? inner.ReadFilledList(SinglePubInfo.Read) : [];
        inner.ThrowIfNotEmpty();
        return new PkiPublicationInfo(publish, locations) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(PleasePublish ? 1 : 0);
            if (Locations.Count > 0)
                writer.WriteList(Locations);
        }
    }
}

/// <summary>One place of publication.</summary>
/// <param name="Method">0 any, 1 X.500, 2 web, 3 LDAP.</param>
/// <param name="Location">The place; <see langword="null"/> where the CA may choose.</param>
/// <remarks>
/// RFC 4211 6.3:
/// <code>SinglePubInfo ::= SEQUENCE { pubMethod INTEGER { dontCare(0), x500(1), web(2), ldap(3) }, pubLocation GeneralName OPTIONAL }</code>
/// </remarks>
public sealed record SinglePubInfo(int Method, GeneralName? Location) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The place.</returns>
    public static SinglePubInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int method = inner.ReadInt32();
        GeneralName? location = inner.HasData ? GeneralName.Read(ref inner) : null;
        inner.ThrowIfNotEmpty();
        return new SinglePubInfo(method, location) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(Method);
            Location?.Write(writer);
        }
    }
}
