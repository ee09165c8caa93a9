using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;

namespace Cmp.Tests.Inspection;

/// <summary>Holds a tree against what the decoder made of the same octets: each structure that kept its octets is a part of the right type.</summary>
internal static class DecodedParts
{
    /// <summary>What a structure is called in the modules, where that is not its own name.</summary>
    private static readonly Dictionary<string, string[]> Types = new()
    {
        ["Certificate"] = ["Certificate", "CMPCertificate", "CertAnnContent"],
        ["PopoSigningKey"] = ["ProofOfPossession"],
        ["PopoPrivKey"] = ["ProofOfPossession"],
        ["RaVerified"] = ["ProofOfPossession"],
        ["CaKeyUpdAnnContent"] = ["CAKeyUpdAnnContent", "CAKeyUpdContent"],
        ["PollRepEntry"] = ["SEQUENCE"],
    };

    /// <summary>The first structure of a message that is no part of its tree.</summary>
    /// <param name="message">The message.</param>
    /// <param name="octets">Its octets, an array of their own.</param>
    /// <returns>Its type and its place; <see langword="null"/> where all are parts.</returns>
    internal static string? Missing(PkiMessage message, byte[] octets)
    {
        ILookup<(int Offset, int Length), MessageNode> parts = Trees.All(MessageTree.Read(octets)).ToLookup(node => (node.Offset, node.HeaderLength + node.Length));
        foreach (Asn1Structure structure in All(message, []))
        {
            if (!MemoryMarshal.TryGetArray(structure.Encoded, out ArraySegment<byte> slice) || slice.Array != octets)
                continue; // what was tagged implicitly was copied
            string name = structure is PkiBody ? "PkiBody" : structure.GetType().Name;
            string[] types = Types.TryGetValue(name, out string[]? others) ? others : [name];
            if (!parts[(slice.Offset, slice.Count)].Any(node => types.Any(type => string.Equals(type, node.Type, StringComparison.OrdinalIgnoreCase))))
                return $"{name} at {slice.Offset}";
        }
        return null;
    }

    /// <summary>How many structures a message has.</summary>
    internal static int Count(PkiMessage message) => All(message, []).Count();

    private static IEnumerable<Asn1Structure> All(Asn1Structure structure, HashSet<object> seen)
    {
        if (!seen.Add(structure))
            yield break;
        yield return structure;
        foreach (PropertyInfo property in structure.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            object? value;
            try
            {
                value = property.GetIndexParameters().Length > 0 ? null : property.GetValue(structure);
            }
            catch (TargetInvocationException e) when (e.InnerException is CmpException)
            {
                continue; // what is read late may be broken
            }
            IEnumerable inner = value as IEnumerable ?? (value is Asn1Structure ? new[] { value } : Array.Empty<object>());
            foreach (Asn1Structure one in inner.OfType<Asn1Structure>().SelectMany(next => All(next, seen)))
                yield return one;
        }
    }
}
