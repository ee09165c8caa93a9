using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>The attributes of a signature. <see cref="Asn1Structure.Encoded"/> is the SET OF that is signed, as it came, with the tag 0x31.</summary>
/// <param name="All">The attributes, in their order.</param>
/// <remarks>
/// RFC 5652 5.3 and 5.4: within a SignerInfo the set has an implicit tag; signed is the set with its own tag, in DER, so one that is built is sorted:
/// <code>SignedAttributes ::= SET SIZE (1..MAX) OF Attribute</code>
/// </remarks>
public sealed record CmsAttributes(IReadOnlyList<CmsAttribute> All) : Asn1Structure
{
    /// <summary>The one attribute of a kind.</summary>
    /// <param name="oid">Which kind, dotted decimal.</param>
    /// <returns>It; <see langword="null"/> where it is not there, or more than once, which RFC 5652 11 forbids for those it defines.</returns>
    public CmsAttribute? Single(string oid)
    {
        CmsAttribute? found = null;
        foreach (CmsAttribute attribute in All)
        {
            if (attribute.Oid != oid)
                continue;
            if (found is not null)
                return null;
            found = attribute;
        }
        return found;
    }

    internal static CmsAttributes ReadImplicit(ref Asn1Reader reader, int tag)
    {
        byte[] set = reader.PeekEncoded().ToArray();
        set[0] = 0x31;
        return new CmsAttributes(reader.ReadFilledList(CmsAttribute.Read, Tags.Constructed(tag))) { Encoded = set };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        // the structures of the house are written by rules that do not sort
        var sorted = new AsnWriter(AsnEncodingRules.DER);
        using (sorted.PushSetOf())
        {
            foreach (CmsAttribute attribute in All)
                sorted.WriteEncodedValue(attribute.Encoded.Span);
        }
        writer.WriteEncodedValue(sorted.Encode());
    }
}
