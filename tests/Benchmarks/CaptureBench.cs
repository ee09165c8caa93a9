using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Inspection;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>A capture of more than 200 MB with CMP in a tenth of it: tshark and this reader, each in a process of its own, one after the other in each round; then what one message costs.</summary>
internal static class CaptureBench
{
    /// <summary>What the process is started with that reads for us.</summary>
    internal const string ReadArgument = "capture-reading";

    private const long CaptureBytes = 220_000_000;
    private const int Rounds = 5;

    internal static Task RunAsync()
    {
        if (!OpenSsl.IsAvailable || Programs.Find("tshark") is not { } tshark)
        {
            Console.WriteLine($"The capture was not read: {(OpenSsl.IsAvailable ? "tshark is not installed" : OpenSsl.WhyNot)}.");
            return Task.CompletedTask;
        }
        using var folder = new TestFolder();
        string capture = folder.PathOf("bench.pcap");
        var made = new BenchCapture();
        made.Write(capture, CaptureBytes);
        double megabytes = new FileInfo(capture).Length / 1e6;
        Console.WriteLine(FormattableString.Invariant($"A capture of {megabytes:0} MB, {made.Packets} packets, {made.Messages} messages of CMP in {made.MessageOctets / megabytes / 1e4:0} % of it."));
        Console.WriteLine();

        (Run ours, Run theirs) = (new Run(), new Run());
        string[] dissect = ["-r", capture, "-n", "-Y", "cmp", "-T", "fields", "-e", "frame.number", "-e", "cmp.body", "-e", "cmp.transactionID"];
        (Figures ratio, Figures cpuRatio) = (new Figures(), new Figures());
        for (int round = 0; round < Rounds; round++)
        {
            theirs.Measure(tshark, dissect);
            ours.Measure(Environment.ProcessPath!, [.. Self(), ReadArgument, capture]);
            ratio.Add(theirs.Seconds.Last / ours.Seconds.Last);
            cpuRatio.Add(theirs.Cpu.Last / ours.Cpu.Last);
        }
        Console.WriteLine("| reader | time | throughput | ratio | CPU | ratio | peak memory | messages |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        Console.WriteLine($"| tshark {Version(tshark)} | {Row(theirs, megabytes)} | 1 | {theirs.Cpu.Show("0.00", " s")} | 1 | {theirs.Memory.Show("0", " MB")} | {theirs.Lines} |");
        Console.WriteLine($"| Cmp | {Row(ours, megabytes)} | {ratio.Show("0.0")} | {ours.Cpu.Show("0.00", " s")} | {cpuRatio.Show("0.0")} | {ours.Memory.Show("0", " MB")} | {ours.Lines} |");
        Console.WriteLine();
        Console.WriteLine($"Medians of {Rounds} rounds with least and greatest. Each is a whole process with its start; both find the messages, decode them and write packet, body and transactionID.");
        Console.WriteLine();

        Console.WriteLine("| within one process | throughput | allocated |");
        Console.WriteLine("|---|---|---|");
        MeasureWithin("packets and connections in order, nobody reads them", capture, megabytes, (stream, summary) => CaptureReader.Read(stream, CaptureOptions.Default, summary, _ => new Nobody(), null, default));
        MeasureWithin("the same and the roads: messages as octets", capture, megabytes, (stream, summary) => CaptureReader.Read(stream, summary: summary));
        Console.WriteLine();
        MeasureMessages(made.Said);
        return Task.CompletedTask;
    }

    /// <summary>What the process does that is measured beside tshark.</summary>
    /// <param name="path">The capture.</param>
    internal static void Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        foreach (CapturedItem item in CaptureReader.Read(file))
        {
            if (CmpMessage.Read(item) is { } message)
                output.WriteLine(FormattableString.Invariant($"{item.Packet}\t{message.Type}\t{message.Header.TransactionId}"));
        }
    }

    /// <summary>The program that this is, where a host runs it.</summary>
    private static string[] Self() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(CaptureBench).Assembly.Location] : [];

    private static string Version(string tshark) => Programs.Run(tshark, ["--version"]).Text.Split(' ', 4)[2];

    private static string Row(Run run, double megabytes) => $"{run.Seconds.Show("0.00", " s")} | {(megabytes / run.Seconds.Median).ToString("0", CultureInfo.InvariantCulture)} MB/s";

    private static void MeasureWithin(string what, string capture, double megabytes, Func<Stream, CaptureSummary, IEnumerable<CapturedItem>> read)
    {
        var rate = new Figures();
        long allocated = 0;
        for (int round = 0; round < Rounds; round++)
        {
            using var file = new FileStream(capture, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
            long before = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
            var summary = new CaptureSummary();
            foreach (CapturedItem _ in read(file, summary))
            {
            }
            rate.Add(megabytes / Stopwatch.GetElapsedTime(began).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (summary.Defect is not null || summary.LostOctets > 0)
                throw new InvalidOperationException(summary.Defect ?? $"{summary.LostOctets} octets were lost.");
        }
        Console.WriteLine($"| {what} | {rate.Show("0", " MB/s")} | {(allocated / 1e6).ToString("0.0", CultureInfo.InvariantCulture)} MB |");
    }

    private static void MeasureMessages(IReadOnlyList<byte[]> said)
    {
        const int Times = 20_000, Wanted = 1700;
        byte[] octets = said.OrderBy(message => Math.Abs(message.Length - Wanted)).First();
        Console.WriteLine($"| {PkiMessage.Decode(octets).Body.Type} of {octets.Length} octets | time | allocated |");
        Console.WriteLine("|---|---|---|");
        Measure("to PkiMessage", () => PkiMessage.Decode(octets));
        Measure("to CmpMessage: type, header, body", () =>
        {
            CmpMessage message = CmpMessage.Read(octets);
            return (message.Type, message.Header.TransactionId, message.Body.Items.Count);
        });
        Measure("the same with protection, certificates and findings", () =>
        {
            CmpMessage message = CmpMessage.Read(octets);
            return (message.Type, message.Header.TransactionId, message.Body.Items.Count, message.Protection.Kind, message.Certificates.Count, message.Findings.Count);
        });
        Measure("to every node of the tree", () => Walk(MessageTree.Read(octets), withText: false));
        Measure("the same with the text of each", () => Walk(MessageTree.Read(octets), withText: true));
        Console.WriteLine();
        Console.WriteLine($"Medians of {Rounds} rounds of {Times} with least and greatest.");

        static int Walk(MessageNode node, bool withText)
        {
            int length = node.Length + (withText ? node.Value?.Length ?? 0 : 0);
            foreach (MessageNode child in node.Children)
                length += Walk(child, withText);
            return length;
        }

        static void Measure(string what, Func<object> read)
        {
            var time = new Figures();
            for (int i = 0; i < Times; i++)
                read();
            long allocated = 0;
            for (int round = 0; round < Rounds; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
                for (int i = 0; i < Times; i++)
                    read();
                time.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds / Times);
                allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
            }
            Console.WriteLine($"| {what} | {time.Show("0.0", " µs")} | {(allocated / 1e3).ToString("0.0", CultureInfo.InvariantCulture)} kB |");
        }
    }

    /// <summary>A program that reads the capture, round by round.</summary>
    private sealed class Run
    {
        internal Figures Seconds { get; } = new();

        internal Figures Cpu { get; } = new();

        internal Figures Memory { get; } = new();

        /// <summary>The lines that it wrote, in each round the same.</summary>
        internal int Lines { get; private set; }

        internal void Measure(string program, IEnumerable<string> arguments)
        {
            long peak = 0;
            int lines = 0;
            Cost cost = Cost.OfChildren(() =>
            {
                using var process = new Process { StartInfo = Programs.StartInfo(program, arguments, null) };
                process.Start();
                Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
                while (!process.WaitForExit(10))
                {
                    process.Refresh();
                    peak = Math.Max(peak, Peak(process));
                }
                lines = output.Result.Count(c => c == '\n');
                if (process.ExitCode != 0 || (Lines != 0 && lines != Lines))
                    throw new InvalidOperationException($"{Path.GetFileName(program)} ended with {process.ExitCode} and {lines} lines: {error.Result}");
            });
            Seconds.Add(cost.Wall.TotalSeconds);
            Cpu.Add(cost.Cpu.TotalSeconds);
            Memory.Add(peak / 1e6);
            Lines = lines;
        }

        /// <summary>0 where it has just ended.</summary>
        private static long Peak(Process process)
        {
            try
            {
                return process.PeakWorkingSet64;
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        }
    }

    /// <summary>Wants nothing, so that what is below the roads is measured alone: octets are put in order and left.</summary>
    private sealed class Nobody : ITrafficReader, IConnectionReader
    {
        public IConnectionReader Connect(System.Net.IPEndPoint first, System.Net.IPEndPoint second, bool isOpening) => this;

        public void Datagram(System.Net.IPEndPoint source, System.Net.IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets)
        {
        }

        public void End()
        {
        }

        public bool IsDone(bool fromFirst) => false;

        public void Read(bool fromFirst, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets)
        {
        }

        public void Lose(bool fromFirst, long octets)
        {
        }

        public void End(bool fromFirst)
        {
        }
    }
}
