using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>Messages within a message, as registration authorities add their protection to one or send many at once: the body of nested.</summary>
/// <param name="Messages">The messages, each with the octets that it came in; at least one.</param>
/// <remarks>
/// RFC 9810 5.1.3.5: <code>NestedMessageContent ::= PKIMessages</code> <code>PKIMessages ::= SEQUENCE SIZE (1..MAX) OF PKIMessage</code>
/// Messages within messages count as levels of <see cref="CmpLimits.MaxDepth"/>.
/// </remarks>
public sealed record NestedMessageContent(IReadOnlyList<PkiMessage> Messages) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Nested;

    /// <inheritdoc/>
    public override bool NeedsPvno3 => Messages.Any(message => message.Body.NeedsPvno3);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteList(Messages);

    internal static NestedMessageContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        IReadOnlyList<PkiMessage> messages = reader.ReadList(PkiMessage.Read);
        if (messages.Count == 0)
            throw reader.Malformed("a nested message without a message");
        return new NestedMessageContent(messages) { Encoded = encoded };
    }
}
