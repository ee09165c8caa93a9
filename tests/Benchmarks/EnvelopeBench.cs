using System;
using System.Diagnostics;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>What opening an encrypted certificate or key costs, beside a process of <c>openssl cms</c> that opens the same.</summary>
internal static class EnvelopeBench
{
    private const int Rounds = 7;
    private const int Envelopes = 50;

    /// <summary>As long as a certificate.</summary>
    private const int ContentBytes = 1500;

    internal static Task RunAsync()
    {
        Console.WriteLine($"| {ContentBytes} octets for one recipient | sealed | opened | opened by a process of openssl cms |");
        Console.WriteLine("|---|---|---|---|");
        using var folder = new TestFolder();
        foreach ((string name, string algorithm, EnvelopeOptions options) in new[]
        {
            ("RSA-2048, PKCS #1", "RSA_2048", new EnvelopeOptions { Pkcs1 = true }),
            ("RSA-2048, OAEP with SHA-256", "RSA_2048", new EnvelopeOptions()),
            ("ECDH, P-256", "ECDSA_P256", new EnvelopeOptions()),
            ("ECDH, P-384", "ECDSA_P384", new EnvelopeOptions()),
            ("X25519", "X25519", new EnvelopeOptions()),
            ("ML-KEM-768", "ML-KEM-768", new EnvelopeOptions()),
        })
        {
            using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
            using EnvelopeKey opener = EnvelopeKey.Of(key);
            byte[] content = Secrets.Random(ContentBytes);
            EnvelopeRecipient recipient = EnvelopeRecipient.Of(key.PublicKey, new RecipientIdentifier(new byte[] { 1, 2, 3, 4 }));
            EnvelopedData envelope = Envelope.Seal(content, Oids.Data, recipient, options);
            Open(envelope, opener);
            Figures sealing = new(), opening = new();
            for (int round = 0; round < Rounds; round++)
            {
                sealing.Add(Measure(() => Envelope.Seal(content, Oids.Data, recipient, options)));
                opening.Add(Measure(() => Open(envelope, opener)));
            }
            Console.WriteLine($"| {name} | {sealing.Show("0.00", " ms")} | {opening.Show("0.00", " ms")} | {OpenSslOf(folder, key, envelope)} |");
        }
        Console.WriteLine();
        Console.WriteLine($"One thread, {Envelopes} envelopes a round, medians of {Rounds} rounds with least and greatest; openssl in {Rounds} processes, most of whose time is their start.");
        return Task.CompletedTask;
    }

    private static void Open(EnvelopedData envelope, EnvelopeKey key)
    {
        using OpenedEnvelope opened = Envelope.Open(envelope.Encoded, key, CmpLimits.Default);
        if (opened.Content.Length != ContentBytes)
            throw new InvalidOperationException("Something else was opened.");
    }

    private static double Measure(Action action)
    {
        var watch = Stopwatch.StartNew();
        for (int i = 0; i < Envelopes; i++)
            action();
        return watch.Elapsed.TotalMilliseconds / Envelopes;
    }

    private static string OpenSslOf(TestFolder folder, PrivateKey key, EnvelopedData envelope)
    {
        if (!OpenSsl.IsAvailable)
            return OpenSsl.WhyNot;
        string input = folder.Write("sealed.der", new ContentInfo(Oids.EnvelopedData, envelope.Encoded).Encoded.ToArray());
        string pem = folder.Write("key.der", key.ExportPkcs8()), output = folder.PathOf("opened");
        string[] arguments = ["cms", "-decrypt", "-binary", "-inform", "DER", "-in", input, "-inkey", pem, "-keyform", "DER", "-out", output];
        var figures = new Figures();
        for (int round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            if (OpenSsl.Run(arguments).ExitCode != 0)
                return "cannot";
            figures.Add(watch.Elapsed.TotalMilliseconds);
        }
        return figures.Show("0.0", " ms");
    }
}
