using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Text;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Tests.Messages;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>One connection, or datagrams of two endpoints, as a script; and what is found in it.</summary>
internal sealed class Traffic
{
    public static readonly IPEndPoint Client = new(IPAddress.Parse("192.0.2.1"), 40_000);
    private static readonly DateTimeOffset Beginning = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly List<Step> _steps = [];

    /// <summary>A PKIMessage of an ir, and one of an ip.</summary>
    public static byte[] Ir { get; } = Message(PkiBodyType.Ir);

    public static byte[] Ip { get; } = Message(PkiBodyType.Ip);

    public int Port { get; init; } = 80;

    /// <summary>Whether the SYN was seen.</summary>
    public bool IsOpening { get; init; } = true;

    /// <summary>Whether the server was heard first.</summary>
    public bool IsServerFirst { get; init; }

    public CaptureOptions Options { get; init; } = CaptureOptions.Default;

    public CaptureSummary Summary { get; private set; } = new();

    public IPEndPoint Server => new(IPAddress.Parse("192.0.2.2"), Port);

    /// <summary>Whether both directions are done at the end of the script, before it was ended.</summary>
    public (bool Client, bool Server) Done { get; private set; }

    public static byte[] Message(PkiBodyType type) => Samples.AllMessages.First(message => message.Body.Type == type).Encoded.ToArray();

    public Traffic FromClient(params object[] parts) => Add(true, Octets(parts));

    public Traffic FromServer(params object[] parts) => Add(false, Octets(parts));

    public Traffic LoseFromClient(long octets) => Add(new Step(true, [], octets));

    public Traffic LoseFromServer(long octets) => Add(new Step(false, [], octets));

    /// <summary>Text as UTF-8 with CRLF for each line feed, octets as they are.</summary>
    public static byte[] Octets(params object[] parts) =>
        [.. parts.SelectMany(part => part as byte[] ?? Encoding.UTF8.GetBytes(((string)part).Replace("\n", "\r\n", StringComparison.Ordinal)))];

    public static string Post(int length, string more = "") => $"POST /pki HTTP/1.1\nHost: a\nContent-Type: application/pkixcmp\nContent-Length: {length}\n{more}\n";

    public static string Ok(int length, string more = "") => $"HTTP/1.1 200 OK\nContent-Type: application/pkixcmp\nContent-Length: {length}\n{more}\n";

    /// <summary>What is found where each piece of the script is read in pieces of a size.</summary>
    /// <param name="size">Octets; 0 for the whole piece.</param>
    /// <returns>The items.</returns>
    public List<CapturedItem> Read(int size = 0)
    {
        List<CapturedItem> items = [];
        Summary = new CaptureSummary();
        RoadReader reader = new(Options, items.Add, Summary);
        IConnectionReader connection = IsServerFirst ? reader.Connect(Server, Client, IsOpening)! : reader.Connect(Client, Server, IsOpening)!;
        long packet = 0;
        foreach (Step step in _steps)
        {
            bool fromFirst = step.IsClient != IsServerFirst;
            if (step.Lost > 0)
                connection.Lose(fromFirst, step.Lost);
            foreach (byte[] piece in size == 0 && step.Octets.Length > 0 ? [step.Octets] : step.Octets.Chunk(Math.Max(size, 1)))
            {
                packet++;
                // nobody reads what is done, and the octets are only valid during the call
                if (connection.IsDone(fromFirst))
                    continue;
                byte[] lent = [.. piece];
                connection.Read(fromFirst, Beginning.AddSeconds(packet), packet, lent);
                Array.Fill(lent, (byte)0xEE);
            }
        }
        Done = IsServerFirst ? (connection.IsDone(false), connection.IsDone(true)) : (connection.IsDone(true), connection.IsDone(false));
        connection.End(true);
        connection.End(false);
        reader.End();
        return items;
    }

    /// <summary>What is found, a line each; the same however the octets are cut.</summary>
    /// <returns>The lines.</returns>
    public string[] Lines()
    {
        string[] whole = [.. Read().Select(Line)];
        var done = Done;
        foreach (int size in new[] { 1, 2, 3, 7, 16, 100, 1000 })
        {
            Xunit.Assert.Equal(whole, Read(size).Select(Line));
            Xunit.Assert.Equal(done, Done);
        }
        return whole;
    }

    /// <summary>An item in a line: road, way, words, which of the known messages it is or how long, and what is wrong.</summary>
    public static string Line(CapturedItem item) =>
        $"{item.Road} {(item.Direction == MessageDirection.Request ? ">" : "<")} {item.RoadText}"
        + (item.Octets.IsEmpty ? "" : " [" + Name(item.Octets) + "]") + (item.Defect is null ? "" : " ! " + item.Defect);

    private static string Name(ReadOnlyMemory<byte> octets) => octets.Span.SequenceEqual(Ir) ? "ir" : octets.Span.SequenceEqual(Ip) ? "ip" : octets.Length.ToString(CultureInfo.InvariantCulture);

    private Traffic Add(bool isClient, byte[] octets) => Add(new Step(isClient, octets, 0));

    private Traffic Add(Step step)
    {
        _steps.Add(step);
        return this;
    }

    private sealed record Step(bool IsClient, byte[] Octets, long Lost);
}
