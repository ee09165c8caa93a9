using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Announces a new key of a root CA, in either form: the body of ckuann.</summary>
/// <remarks>
/// RFC 9810 5.3.13, EXPLICIT TAGS:
/// <code>CAKeyUpdContent ::= CHOICE { cAKeyUpdAnnV2 CAKeyUpdAnnContent, cAKeyUpdAnnV3 [0] RootCaKeyUpdateContent }</code>
/// </remarks>
public sealed record CaKeyUpdContent : PkiBody
{
    /// <summary>Makes one in the form before pvno 3.</summary>
    /// <param name="content">The three certificates.</param>
    public CaKeyUpdContent(CaKeyUpdAnnContent content) => V2 = content;

    /// <summary>Makes one in the form of pvno 3.</summary>
    /// <param name="content">The certificates.</param>
    public CaKeyUpdContent(RootCaKeyUpdateContent content) => V3 = content;

    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Ckuann;

    /// <summary>The form before pvno 3; <see langword="null"/> where it is the other one.</summary>
    public CaKeyUpdAnnContent? V2 { get; }

    /// <summary>The form of pvno 3; <see langword="null"/> where it is the other one.</summary>
    public RootCaKeyUpdateContent? V3 { get; }

    /// <summary>The new root certificate.</summary>
    public Certificate NewWithNew => V2?.NewWithNew ?? V3!.NewWithNew;

    /// <summary>The new key, certified by the old one; <see langword="null"/> where absent.</summary>
    public Certificate? NewWithOld => V2 is null ? V3!.NewWithOld : V2.NewWithOld;

    /// <summary>The old key, certified by the new one; <see langword="null"/> where absent.</summary>
    public Certificate? OldWithNew => V2 is null ? V3!.OldWithNew : V2.OldWithNew;

    /// <inheritdoc/>
    public override bool NeedsPvno3 => V3 is not null;

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        V2?.Write(writer);
        writer.WriteExplicit(0, V3);
    }

    internal static CaKeyUpdContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded) =>
        reader.TryReadExplicit(0, RootCaKeyUpdateContent.Read, out RootCaKeyUpdateContent? v3)
            ? new CaKeyUpdContent(v3!) { Encoded = encoded }
            : new CaKeyUpdContent(CaKeyUpdAnnContent.Read(ref reader)) { Encoded = encoded };
}
