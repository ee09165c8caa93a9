using System;
using System.Collections.Generic;
using System.IO;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>What objects in the pipeline have to do with messages.</summary>
internal static class InspectedInput
{
    // of announcements and of messages that came out of a job; of transactions; of deliveries
    private static readonly string[] Properties = ["Message", "NextMessage", "Answer"];

    /// <summary>The octets of an object that is none of octets or text.</summary>
    /// <param name="input">An error record with the octets that it is about, or an object of ours with a message.</param>
    /// <exception cref="CmpException"><c>CmpArgument.Message</c>: it has none.</exception>
    internal static byte[] OctetsOf(PSObject input)
    {
        switch (input.BaseObject)
        {
            case ReadOnlyMemory<byte> octets:
                return octets.ToArray();
            case ErrorRecord { Exception: CmpException { Octets.IsEmpty: false } error }:
                return error.Octets.ToArray();
            case CmpException { Octets.IsEmpty: false } error:
                return error.Octets.ToArray();
        }
        foreach (string name in Properties)
        {
            object? value = input.Properties[name]?.Value;
            if ((value is PSObject wrapped ? wrapped.BaseObject : value) is byte[] octets)
                return octets;
        }
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Message", $"A {input.BaseObject.GetType().Name} has no message of CMP.")
        {
            RecommendedAction = "Give octets, hexadecimal, base64 or PEM, a file, or an object with a property Message.",
        };
    }

    /// <summary>The files of a folder, in the order of their names.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>.</exception>
    internal static IReadOnlyList<string> FilesIn(string folder)
    {
        try
        {
            string[] files = Directory.GetFiles(folder);
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The folder '{PeerText.Escape(folder)}' cannot be read: {e.Message}", e);
        }
    }
}
