using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Tests.Messages;

namespace Cmp.Tests.Inspection;

/// <summary>The messages that trees are tried with, and what is asked of all their parts.</summary>
internal static class Trees
{
    /// <summary>A message around each body, with all fields.</summary>
    internal static IEnumerable<(string Name, byte[] Octets)> Made => Samples.AllMessages.Select((message, i) => ($"{i} {message}", message.Encoded.ToArray()));

    /// <summary>Those of others: recorded ones, and of OpenSSL where it is there.</summary>
    internal static IEnumerable<(string Name, byte[] Octets)> Foreign =>
        ForeignMessages.RecordedNames.Select(name => (name, File.ReadAllBytes(Path.Combine(Repository.Data!, name))))
            .Concat(ForeignMessages.Captured)
            .Concat(OpenSsl.IsAvailable ? ForeignMessages.OfOpenSsl : []);

    /// <summary>A part and all that is in it.</summary>
    internal static IEnumerable<MessageNode> All(MessageNode node) => node.Children.SelectMany(All).Prepend(node);

    /// <summary>The tree of a message as text.</summary>
    internal static string Text(byte[] octets, MessageTextOptions? options = null)
    {
        var writer = new StringWriter { NewLine = "\n" };
        MessageText.Write(writer, MessageTree.Read(octets), options);
        return writer.ToString();
    }
}
