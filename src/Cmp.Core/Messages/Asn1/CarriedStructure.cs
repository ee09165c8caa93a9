using System.Formats.Asn1;

namespace Cmp.Messages.Asn1;

/// <summary>A structure that is only carried: nothing in it can be changed, so its octets are all of it, and a copy keeps them.</summary>
public abstract record CarriedStructure : Asn1Structure
{
    /// <summary>For structures that have their octets from the beginning.</summary>
    protected CarriedStructure()
    {
    }

    /// <summary>For <c>with</c>: the copy is the same.</summary>
    /// <param name="original">What is copied.</param>
    protected CarriedStructure(CarriedStructure original)
        : base(original) => Encoded = original.Encoded;

    /// <inheritdoc/>
    protected sealed override void WriteFields(AsnWriter writer) => writer.WriteEncodedValue(Encoded.Span);
}
