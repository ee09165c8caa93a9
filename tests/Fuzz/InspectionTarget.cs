using System;
using System.Linq;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Tests.Inspection;
using Cmp.Tests.Messages;

namespace Cmp.Fuzz;

/// <summary>
/// What must hold for what the inspector tells of any octets whatever (rules 64 and 70): each property answers and leads to an end, within bounds, and no
/// text holds anything but text, of a message by itself and of a conversation in which it is the answer.
/// </summary>
public static class InspectionTarget
{
    /// <summary>More octets than what a message tells may take for each of its own.</summary>
    public const int MaxFactor = 50;

    /// <summary>What an exception and the first lists cost, however short a message is.</summary>
    private const int Fixed = 64 * 1024;

    private static readonly byte[] Request = new PkiMessage(Samples.Header, new CertReqMessages(PkiBodyType.Ir, [Samples.RequestMessage])).Encoded.ToArray();

    /// <summary>Asks for everything.</summary>
    /// <param name="octets">Octets of anybody.</param>
    /// <returns>Whether they are a message, be it a broken one.</returns>
    /// <exception cref="InvalidOperationException">What must hold does not; any other exception is such a fault too.</exception>
    public static bool Run(byte[] octets)
    {
        CmpMessage message;
        try
        {
            message = CmpMessage.Read(octets, new InspectionOptions { IsStrict = true });
        }
        catch (CmpException e) when (e.ErrorId == "CmpMessage.NotAMessage")
        {
            return false;
        }
        // who comes first pays for tables
        long bound = (MaxFactor * (long)octets.Length) + Fixed;
        if (Tell(message) > bound && Tell(CmpMessage.Read(octets, new InspectionOptions { IsStrict = true })) is var taken && taken > bound)
            throw new InvalidOperationException($"What a message of {octets.Length} octets tells takes {taken}.");
        Check(message);

        var collector = new ConversationCollector();
        CmpConversation[] told = [.. collector.Add(CmpMessage.Read(Request)), .. collector.Add(message), .. collector.End()];
        foreach (CmpConversation conversation in told)
            Check(conversation);
        return true;
    }

    /// <summary>What it takes to be told of a message, but for its findings, which verify signatures.</summary>
    private static long Tell(CmpMessage message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = message.Header;
        _ = message.Body.Items.Count;
        _ = message.Protection;
        _ = message.Certificates.Count;
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Check(object told)
    {
        foreach (string text in Properties.AllTexts(told))
        {
            if (text.Any(char.IsControl))
                throw new InvalidOperationException($"A text of a {told.GetType().Name} is not fit to be shown.");
        }
    }
}
