using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>
/// Checks messages offline, over the octets that came: their protection, who is behind it, proofs of possession, what came encrypted, and the hashes of certConf. Messages
/// are given in their order; what earlier ones of the same transaction brought serves the later ones.
/// </summary>
/// <remarks>
/// Nothing is passed in silence: each message has a check of its protection, each request one of its proof, each encrypted thing one of its encryption, each entry of a certConf one of its hash, and what
/// could not be checked says why. What is remembered is bounded, and so is what is computed for one message. Not safe for several threads.
/// </remarks>
public sealed class MessageChecker
{
    /// <summary>Messages within a nested one that are looked at, in all.</summary>
    internal const int MaxNested = 100;

    /// <summary>Octets of messages that are kept in memory for what they brought, 64 MiB: the oldest transactions make room.</summary>
    private const long MaxOctets = 1 << 26;

    /// <summary>Signatures of one message that are verified for its findings: those are looked for whenever one is shown.</summary>
    private const int MaxFindingChecks = 100;

    private readonly CheckSettings _settings;
    private readonly int _signatures;
    private readonly Dictionary<string, KnownTransaction> _transactions = [];
    private readonly Queue<string> _order = new();
    private long _octets;
    private int _count;

    /// <summary>Makes one for messages that belong together, or do not.</summary>
    /// <param name="settings">What is at hand; <see langword="null"/>: nothing besides the messages.</param>
    public MessageChecker(CheckSettings? settings = null)
        : this(settings ?? new CheckSettings(), (settings ?? new CheckSettings()).Limits.MaxSignatureChecks)
    {
    }

    private MessageChecker(CheckSettings settings, int signatures)
    {
        _settings = settings;
        _signatures = signatures;
    }

    /// <summary>What can be found wrong about a lone message without anything besides it: signatures that do not verify.</summary>
    /// <param name="message">The message.</param>
    /// <returns>The findings; empty where there are none.</returns>
    public static IReadOnlyList<Finding> Findings(PkiMessage message) => Findings([message])[0];

    /// <summary>What can be found wrong about messages of a conversation without anything besides them: signatures that do not verify, and hashes of certConf that are of no certificate.</summary>
    /// <param name="conversation">The messages, in their order.</param>
    /// <returns>The findings of each message; empty where there are none.</returns>
    public static IReadOnlyList<IReadOnlyList<Finding>> Findings(IReadOnlyList<PkiMessage> conversation)
    {
        var checker = new MessageChecker(new CheckSettings(), MaxFindingChecks);
        return [.. conversation.Select(checker.FindingsOf)];
    }

    /// <summary>Checks the next message.</summary>
    /// <param name="message">The message, as it was decoded.</param>
    /// <param name="now">The time, where neither the settings nor the message have one.</param>
    /// <param name="token">Ends the work between two computations.</param>
    /// <returns>What came of it, at least one check; those of messages within follow those of the message around them.</returns>
    /// <exception cref="OperationCanceledException">The work was ended.</exception>
    public IReadOnlyList<MessageCheck> Check(PkiMessage message, DateTimeOffset now, CancellationToken token = default)
    {
        var scene = new CheckedMessage(message, ++_count, TransactionOf(message), _settings, new CheckBudget(_signatures, token), now);
        int within = 0;
        Check(scene, ref within);
        Forget();
        return [.. scene.Checks];
    }

    /// <summary>Decodes and checks the next message. Octets that are none give one check, of <see cref="CheckKind.Decoding"/>, which failed.</summary>
    /// <param name="octets">The octets; they are kept, not copied.</param>
    /// <param name="now">The time, where neither the settings nor the message have one.</param>
    /// <param name="token">Ends the work between two computations.</param>
    /// <returns>What came of it, at least one check.</returns>
    /// <exception cref="OperationCanceledException">The work was ended.</exception>
    public IReadOnlyList<MessageCheck> Check(ReadOnlyMemory<byte> octets, DateTimeOffset now, CancellationToken token = default) =>
        Check(() => PkiMessage.Decode(octets, new DecodeOptions(_settings.Limits)), now, token);

    /// <summary>Checks the next message. One that does not decode gives one check, of <see cref="CheckKind.Decoding"/>, which failed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time, where neither the settings nor the message have one.</param>
    /// <param name="token">Ends the work between two computations.</param>
    /// <returns>What came of it, at least one check.</returns>
    /// <exception cref="OperationCanceledException">The work was ended.</exception>
    public IReadOnlyList<MessageCheck> Check(CmpMessage message, DateTimeOffset now, CancellationToken token = default) => Check(message.GetMessage, now, token);

    private IReadOnlyList<MessageCheck> Check(Func<PkiMessage> decode, DateTimeOffset now, CancellationToken token)
    {
        PkiMessage message;
        try
        {
            message = decode();
        }
        catch (CmpException e)
        {
            return [new MessageCheck(CheckKind.Decoding, CheckResult.Failed, e.Message, "RFC 9810 5.1") { Message = ++_count }];
        }
        return Check(message, now, token);
    }

    private void Check(CheckedMessage scene, ref int within)
    {
        scene.Transaction.Meet(scene.Message, _settings.Limits);
        _octets += scene.Message.Encoded.Length;
        ProtectionCheck.Run(scene);
        ProofCheck.Run(scene);
        EncryptionCheck.Run(scene);
        CertHashCheck.Run(scene);
        scene.Transaction.Remember(scene.Message, _settings.Limits);
        if (scene.Message.Body is not NestedMessageContent nested)
            return;
        foreach (PkiMessage inner in nested.Messages)
        {
            if (within++ < MaxNested)
            {
                Check(scene.Within(inner, TransactionOf(inner)), ref within);
                continue;
            }
            if (within == MaxNested + 1)
                scene.Note(CheckKind.Protection, CheckResult.NotChecked, "RFC 9810 5.1.3.5", $"There are more than {MaxNested} messages within, and those from here on were not checked.", inner.Encoded);
            return;
        }
    }

    private IReadOnlyList<Finding> FindingsOf(PkiMessage message)
    {
        // nothing that depends on the time is found without trust anchors
        IReadOnlyList<MessageCheck> checks = Check(message, DateTimeOffset.MinValue);
        return [.. checks.Where(check => check.Result == CheckResult.Failed && RuleOf(check) is not null).Select(check => new Finding(RuleOf(check)!, check.Reason, check.Offset))];
    }

    /// <summary>A protection whose algorithm is missing, or the reverse, is found where one message by itself is looked at.</summary>
    private static MessageRule? RuleOf(MessageCheck check) => check.Check switch
    {
        CheckKind.Protection when check.Section == ProtectionCheck.SignatureSection => MessageRules.ProtectionDoesNotVerify,
        CheckKind.Proof => MessageRules.PopDoesNotVerify,
        CheckKind.CertHash => MessageRules.CertConfHash,
        _ => null,
    };

    private KnownTransaction TransactionOf(PkiMessage message)
    {
        string id = message.Header.TransactionId is { } octets ? Hex.Of(octets.Span) : string.Empty;
        if (_transactions.TryGetValue(id, out KnownTransaction? known))
            return known;
        _order.Enqueue(id);
        return _transactions[id] = new KnownTransaction();
    }

    /// <summary>Makes room; one transaction stays.</summary>
    private void Forget()
    {
        while (_octets > MaxOctets && _order.Count > 1)
        {
            string oldest = _order.Dequeue();
            _octets -= _transactions[oldest].Octets;
            _transactions.Remove(oldest);
        }
    }
}
