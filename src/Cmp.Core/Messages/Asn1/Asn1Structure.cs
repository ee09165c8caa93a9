using System;
using System.Formats.Asn1;

namespace Cmp.Messages.Asn1;

/// <summary>
/// A structure of the wire: immutable, and bound to its octets. One that was read keeps the octets that arrived; one that was built
/// encodes itself once. A changed copy (<c>with</c>) loses them and encodes anew, while its unchanged parts keep theirs.
/// </summary>
/// <remarks>Compare structures by <see cref="Encoded"/> or by the methods that say how; equality of records is not made for octets.</remarks>
public abstract record Asn1Structure
{
    private readonly ReadOnlyMemory<byte> _encoded;

    // one reference, written at once: structures are shared between threads
    private byte[]? _made;

    /// <summary>For structures that are built.</summary>
    protected Asn1Structure()
    {
    }

    /// <summary>For <c>with</c>: the copy differs, so it has no octets yet.</summary>
    /// <param name="original">What is copied.</param>
    protected Asn1Structure(Asn1Structure original)
    {
    }

    /// <summary>The structure's octets, tag and length included: as received, or as they are sent. A slice, not a copy.</summary>
    public ReadOnlyMemory<byte> Encoded
    {
        get
        {
            if (!_encoded.IsEmpty)
                return _encoded;
            if (_made is null)
            {
                var writer = new AsnWriter(AsnEncodingRules.BER);
                WriteFields(writer);
                _made = writer.Encode();
            }
            return _made;
        }
        internal init => _encoded = value;
    }

    /// <summary>Writes the structure: the octets it has, or its fields.</summary>
    /// <param name="writer">Where to.</param>
    public void Write(AsnWriter writer)
    {
        if (_encoded.IsEmpty && _made is null)
            WriteFields(writer);
        else
            writer.WriteEncodedValue(Encoded.Span);
    }

    /// <summary>A text for people, or the name of the structure. Values that are secrets do not show.</summary>
    /// <returns>One line; it does not throw, whatever a peer sent.</returns>
    public sealed override string ToString()
    {
        try
        {
            return Describe() ?? GetType().Name;
        }
        catch (CmpException)
        {
            return $"{GetType().Name} (malformed)";
        }
    }

    /// <summary>A text for people, where a structure has one and it holds no secret.</summary>
    /// <returns>The text, or <see langword="null"/>.</returns>
    protected virtual string? Describe() => null;

    /// <summary>Writes tag, length and fields in DER.</summary>
    /// <param name="writer">Where to.</param>
    protected abstract void WriteFields(AsnWriter writer);
}
