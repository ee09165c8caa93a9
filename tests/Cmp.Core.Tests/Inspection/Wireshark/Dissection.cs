using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>A message as Wireshark takes it apart.</summary>
/// <param name="Frame">The number of the packet that it ends in.</param>
/// <param name="Start">Where it, or what its road says before it, begins in the packet, or in what was put together of several.</param>
/// <param name="Fields">Its parts.</param>
internal sealed record Dissection(int Frame, int Start, IReadOnlyList<WiresharkField> Fields)
{
    private static readonly Lazy<string?> Version = new(() =>
        Programs.Find("tshark") is { } file && Regex.Match(Programs.Run(file, ["--version"]).Text, @"\d+\.\d+") is { Success: true } match ? match.Value : null);

    /// <summary>Skips a test where there is no tshark, or another one than that whose slips are known.</summary>
    public static void SkipUnlessKnown()
    {
        Skip.If(Version.Value is null, "tshark is not installed");
        Skip.If(Version.Value != "4.0", $"the table of differences is that of Wireshark 4.0, and {Version.Value} is installed");
    }

    /// <summary>Reads a capture.</summary>
    /// <param name="capture">The file.</param>
    /// <param name="options">What else tshark is told.</param>
    /// <returns>The messages in their order; a TCP-Message without one has fields all the same.</returns>
    public static IReadOnlyList<Dissection> Read(string capture, params string[] options)
    {
        ProgramResult result = Programs.Run(Programs.Find("tshark")!, ["-r", capture, "-n", "-o", "tcp.desegment_tcp_streams:TRUE", .. options, "-Y", "cmp", "-J", "cmp _ws.malformed", "-T", "pdml"]);
        Assert.True(result.ExitCode == 0, result.Error);
        using var reader = XmlReader.Create(new MemoryStream(result.Output));
        var found = new List<Dissection>();
        int frame = 0;
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            if (reader.Name == "field" && reader.GetAttribute("name") == "num")
                frame = Number(reader, "show");
            else if (reader.Name == "proto" && reader.GetAttribute("name") is "cmp" or "_ws.malformed")
                found.Add(Message(reader, frame));
        }
        return found;
    }

    /// <summary>The header of the message; <see langword="null"/> where the road alone says something.</summary>
    public WiresharkField? Header => Fields.SelectMany(part => part.Children.Prepend(part)).FirstOrDefault(part => part.Name == "cmp.header_element");

    /// <summary>All that Wireshark warns of, with the field that it warns of, as in <c>cmp.privateKey_element: BER Error: Sequence expected …</c>.</summary>
    public IEnumerable<string> Warnings => Fields.SelectMany(part => WarningsOf(part, "cmp"));

    private static IEnumerable<string> WarningsOf(WiresharkField part, string above) => part.IsWarning
        ? [$"{above}: {Regex.Replace(part.Label, @"^Expert Info \(\w+/(\w+)\)", "$1")}"]
        : part.Children.SelectMany(child => WarningsOf(child, part.Name.Length > 0 ? part.Name : above));

    private static Dissection Message(XmlReader reader, int frame)
    {
        var root = new WiresharkField(reader.GetAttribute("name")!, reader.GetAttribute("showname") ?? string.Empty, string.Empty, Number(reader, "pos"), Number(reader, "size"));
        if (!reader.IsEmptyElement)
            Fill(reader, root);
        return new Dissection(frame, root.Offset, root.Name == "cmp" ? root.Children : [root]);
    }

    private static void Fill(XmlReader reader, WiresharkField parent)
    {
        while (reader.Read() && reader.NodeType != XmlNodeType.EndElement)
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            string show = reader.GetAttribute("show") ?? string.Empty;
            var field = new WiresharkField(reader.GetAttribute("name") ?? string.Empty, reader.GetAttribute("showname") ?? show, show, Number(reader, "pos"), Number(reader, "size"));
            parent.Children.Add(field);
            if (!reader.IsEmptyElement)
                Fill(reader, field);
        }
    }

    private static int Number(XmlReader reader, string attribute) =>
        reader.GetAttribute(attribute) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
}
