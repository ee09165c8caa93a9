using System;
using Cmp.Inspection.Syntax;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>The tree of named parts of a message: each value that it holds, with the name that its RFC gives it.</summary>
/// <remarks>
/// The tree is a walk over tags and lengths, which the modules of <c>Inspection/Syntax</c> name; it is walked as far as somebody asks. It says what
/// stands where, for what decodes and for what does not; whether a message decodes is the decoder's to say.
/// </remarks>
public sealed class MessageTree
{
    /// <summary>The most levels of values within values.</summary>
    public const int MaxLevels = 64;

    private MessageTree(ReadOnlyMemory<byte> octets, CmpLimits limits)
    {
        Octets = octets;
        Limits = limits;
    }

    internal ReadOnlyMemory<byte> Octets { get; }

    internal CmpLimits Limits { get; }

    /// <summary>The tree of a message. Nothing that a peer sends makes it throw.</summary>
    /// <param name="octets">The message; it is not copied, and must not change.</param>
    /// <param name="limits">How many elements of a list are shown; <see langword="null"/> for the default.</param>
    /// <returns>
    /// The PKIMessage. What cannot be read stands as a node that says so: octets that are no value, what is missing, and what follows after the message,
    /// which is its last child.
    /// </returns>
    public static MessageNode Read(ReadOnlyMemory<byte> octets, CmpLimits? limits = null) => Read(octets, MessageSyntax.Instance.Message, limits);

    /// <summary>The tree of a value of any type of the modules.</summary>
    /// <param name="octets">The value.</param>
    /// <param name="type">The name of its type, as in <c>Certificate</c>.</param>
    /// <param name="limits">How many elements of a list are shown; <see langword="null"/> for the default.</param>
    /// <returns>The value.</returns>
    internal static MessageNode Read(ReadOnlyMemory<byte> octets, string type, CmpLimits? limits = null) => Read(octets, MessageSyntax.Instance.Of(type), limits);

    private static MessageNode Read(ReadOnlyMemory<byte> octets, Place place, CmpLimits? limits)
    {
        var tree = new MessageTree(octets, limits ?? CmpLimits.Default);
        return TlvHeader.TryRead(octets.Span, out TlvHeader header, out _)
            ? new MessageNode(tree, place.Match(Part.KeyOf(header.Tag)) ?? place.Mistaken, 0, header.HeaderLength + header.Length)
            : new MessageNode(tree, Part.Unreadable, 0, octets.Length);
    }
}
