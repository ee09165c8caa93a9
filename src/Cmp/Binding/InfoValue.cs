using System;
using System.Formats.Asn1;
using System.Management.Automation;
using System.Numerics;

namespace Cmp.Binding;

/// <summary>What a user gives for the value of an infoType, in DER: octets as they are, a string as UTF8String, a time as GeneralizedTime, a number as INTEGER.</summary>
internal static class InfoValue
{
    /// <summary>Encodes a value.</summary>
    /// <param name="value">It; <see langword="null"/>: absent.</param>
    /// <exception cref="ArgumentException">The octets are not exactly one structure.</exception>
    /// <exception cref="PSInvalidCastException">It is no number either.</exception>
    internal static ReadOnlyMemory<byte>? Encode(object? value)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        switch (value)
        {
            case null:
                return null;
            case byte[] octets:
                writer.WriteEncodedValue(octets);
                break;
            case string text:
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
                break;
            case DateTime time:
                writer.WriteGeneralizedTime(time.ToUniversalTime(), omitFractionalSeconds: true);
                break;
            case DateTimeOffset time:
                writer.WriteGeneralizedTime(time, omitFractionalSeconds: true);
                break;
            default:
                writer.WriteInteger(LanguagePrimitives.ConvertTo<BigInteger>(value));
                break;
        }
        return writer.Encode();
    }
}
