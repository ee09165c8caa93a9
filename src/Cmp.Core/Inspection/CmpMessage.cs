using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>
/// A message of CMP as scripts want it: names and texts fit to be shown, hexadecimal in capitals. One that does not decode is an object too, of which
/// <see cref="Findings"/> says what is wrong with it. What takes work is done when it is asked for; no property throws, whatever a peer sent.
/// </summary>
public sealed class CmpMessage
{
    private readonly ReadOnlyMemory<byte> _octets;
    private readonly InspectionOptions _options;

    // each is written at once, and the same whoever writes it: objects are shared between threads
    private Decoded? _decoded;
    private CmpMessageHeader? _header;
    private CmpMessageBody? _body;
    private CmpMessageProtection? _protection;
    private IReadOnlyList<CmpMessageCertificate>? _certificates;
    private Finding[]? _departures;
    private Finding[]? _findings;

    internal CmpMessage(ReadOnlyMemory<byte> octets, InspectionOptions options)
    {
        _octets = octets;
        _options = options;
    }

    /// <summary>Which body it has; <see langword="null"/> where the message does not decode.</summary>
    public PkiBodyType? Type => Body.Type;

    /// <summary>What it says, in one line, escaped, as in <c>asks for a certificate for CN=web01 (ECDSA P-256), proof by signature</c>.</summary>
    public string Summary => Conversation?.Defect is { } defect ? $"is not whole in the capture: {defect}" : Body.ToString();

    /// <summary>What it says of itself.</summary>
    public CmpMessageHeader Header => _header ??= new CmpMessageHeader(Read().Header);

    /// <summary>What it says.</summary>
    public CmpMessageBody Body => _body ??= new CmpMessageBody(Read().Message?.Body, _options);

    /// <summary>How it is protected.</summary>
    public CmpMessageProtection Protection => _protection ??= Read().Message is { } message ? new CmpMessageProtection(message) : new CmpMessageProtection();

    /// <summary>The certificates that it carries beside: extraCerts.</summary>
    public IReadOnlyList<CmpMessageCertificate> Certificates => _certificates ??= CmpMessageCertificate.Of(Read().Message?.ExtraCerts ?? []);

    /// <summary>Where it departs from the rules, in the order of its octets; of one that does not decode also why.</summary>
    public IReadOnlyList<Finding> Findings => _findings ??= [.. Departures, .. Explain(null)];

    /// <summary>What departs from the rules in it: its findings without what its statuses mean.</summary>
    internal IReadOnlyList<Finding> Departures => _departures ??= Look();

    /// <summary>Where it stands in a conversation; <see langword="null"/> where it came alone.</summary>
    public ConversationPlace? Conversation { get; private set; }

    /// <summary>Where it is from: a file, or <c>pipeline</c>; <see langword="null"/> where that was not said.</summary>
    public string? Source { get; internal init; }

    /// <summary>Whether what only the Lightweight Profile asks for is looked for too.</summary>
    internal bool IsStrict => _options.IsStrict;

    /// <summary>How many octets it has.</summary>
    public int Length => _octets.Length;

    /// <summary>Looks at a message.</summary>
    /// <param name="octets">Its octets, and nothing else; they are not copied.</param>
    /// <param name="options">How it is looked at.</param>
    /// <param name="place">Where it stands in a conversation.</param>
    /// <param name="source">Where it is from.</param>
    /// <returns>The message, also where it does not decode.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.NotAMessage</c>: it does not even begin like one.</exception>
    public static CmpMessage Read(ReadOnlyMemory<byte> octets, InspectionOptions? options = null, ConversationPlace? place = null, string? source = null)
    {
        if (!MessageStart.IsMessage(octets.Span))
            throw MessageStart.NotAMessage(octets);
        var message = new CmpMessage(octets, options ?? InspectionOptions.Default) { Source = source };
        message.Conversation = place is { Id: null } ? place with { Id = message.Header.TransactionId } : place;
        return message;
    }

    /// <summary>Looks at a message of a capture.</summary>
    /// <param name="item">What the capture holds.</param>
    /// <param name="options">How it is looked at.</param>
    /// <param name="source">The capture.</param>
    /// <returns>The message, also where it does not decode; <see langword="null"/> where the road alone says something, or what came of the message does not begin like one.</returns>
    public static CmpMessage? Read(CapturedItem item, InspectionOptions? options = null, string? source = null)
    {
        if (!MessageStart.IsMessage(item.Octets.Span))
            return null;
        var message = new CmpMessage(item.Octets, options ?? InspectionOptions.Default) { Source = source };
        message.Conversation = ConversationPlace.Of(item, message.Header.TransactionId ?? $"{item.Client} {item.Server}");
        return message;
    }

    /// <summary>The message as it was decoded.</summary>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: it does not decode.</exception>
    public PkiMessage GetMessage() => Read() is { Message: { } message } ? message : throw Read().Error!;

    /// <summary>Its octets as they came.</summary>
    /// <returns>A new array.</returns>
    public byte[] GetOctets() => _octets.ToArray();

    /// <summary>Its parts by name, as far as they can be read.</summary>
    /// <returns>The tree's root.</returns>
    public MessageNode GetTree() => MessageTree.Read(_octets, _options.Limits);

    /// <summary>All of it as text, for a ticket or a mail: what it says in short, its parts, and its findings.</summary>
    /// <param name="width">How many characters a line has; of names and values that are longer the rest is in the next line. Nothing above zero: 100.</param>
    /// <returns>Lines, without one at the end.</returns>
    public string GetText(int width = 0) => MessageReport.Of(this, width);

    /// <summary>When it was said, by whom, and what, as one of the lines of a conversation; and what of it departs from the rules, in further lines.</summary>
    /// <param name="width">How many characters a line has. Nothing above zero: 100.</param>
    /// <returns>Lines, without one at the end.</returns>
    public string GetLine(int width = 0) => ConversationStory.LineOf(this, width);

    /// <summary>The body and what it says.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Type is { } type ? $"{PkiBodyTypeNames.Of(type)} {Summary}" : Summary;

    private Decoded Read() => _decoded ??= Decoded.Of(_octets, _options);

    /// <summary>What its statuses mean to the person who asked.</summary>
    /// <param name="request">The message that it answers, where it is at hand.</param>
    /// <returns>A finding for each status that is more than acceptance.</returns>
    internal IReadOnlyList<Finding> Explain(PkiMessage? request) => Read().Message is { } message ? StatusExplanation.Explain(message, request, _options.Limits) : [];

    private Finding[] Look()
    {
        Decoded decoded = Read();
        List<Finding> findings = [.. decoded.Findings];
        if (decoded.Message is { } message)
        {
            findings.AddRange(RuleChecker.Check(message, _options.IsStrict));
            findings.AddRange(MessageChecker.Findings(message));
        }
        return [.. findings.OrderBy(finding => finding.Offset)];
    }

    /// <summary>What decoding brought: a message, or an error and as much of the header as there is.</summary>
    private sealed class Decoded
    {
        internal PkiMessage? Message { get; private init; }

        internal PkiHeader? Header { get; private init; }

        internal CmpException? Error { get; private init; }

        internal required IReadOnlyList<Finding> Findings { get; init; }

        internal static Decoded Of(ReadOnlyMemory<byte> octets, InspectionOptions options)
        {
            var findings = new List<Finding>();
            try
            {
                var message = PkiMessage.Decode(octets, new DecodeOptions(options.Limits, findings));
                return new Decoded { Message = message, Header = message.Header, Findings = findings };
            }
            catch (CmpException e)
            {
                findings.Add(new Finding(MessageRules.SyntaxMalformed, e.Message, e.Offset ?? 0));
                return new Decoded { Error = e, Header = HeaderOf(octets, options), Findings = findings };
            }
        }

        private static PkiHeader? HeaderOf(ReadOnlyMemory<byte> octets, InspectionOptions options) =>
            PeerValue.Of(() => MessageStart.HeaderOf(octets) is { IsEmpty: false } header ? Asn1Reader.Decode(header, new DecodeOptions(options.Limits), PkiHeader.Read) : null);
    }
}
