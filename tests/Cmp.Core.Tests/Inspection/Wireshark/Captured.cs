using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>The messages of a capture, as we find them and as Wireshark does.</summary>
internal static class Captured
{
    /// <summary>Compares them: the same messages, in the same order, in the same packets, and then part by part. CMP in CoAP Wireshark does not know.</summary>
    /// <param name="file">The capture.</param>
    /// <param name="options">What else tshark is told.</param>
    /// <returns>What came of each message.</returns>
    public static IEnumerable<Agreement> Compare(string file, params string[] options)
    {
        using Stream stream = File.OpenRead(file);
        CapturedItem[] ours = [.. CaptureReader.Read(stream).Where(item => !item.Octets.IsEmpty && item.Road != CaptureRoad.Coap)];
        Dissection[] theirs = [.. Dissection.Read(file, options).Where(dissection => dissection.Header is not null)];
        Assert.Equal(theirs.Select(dissection => (long)dissection.Frame), ours.Select(item => item.Packet));
        DifferenceTable table = DifferenceTable.Load();
        return ours.Zip(theirs, (item, dissection) => Agreement.Of($"{Path.GetFileName(file)} {item.Packet}", item.Octets, dissection, table));
    }
}
