using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>What the inspector makes of an ip of 1.7 kB, with an RSA-2048 certificate and a MAC: the decoded message, its tree, its text.</summary>
public class TreeBenchmarks
{
    private readonly byte[] _octets;

    /// <summary>Makes the answer.</summary>
    public TreeBenchmarks()
    {
        using var caKey = RSA.Create(2048);
        using var ca = new TestCa(key: caKey);
        using var key = RSA.Create(2048);
        using X509Certificate2 issued = ca.Issue("CN=router7.plant4.example, OU=Control, O=Cmp tests, C=DE", key, [new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true)]);
        var header = new PkiHeader(2, GeneralName.FromName(Name.Parse("CN=CMP server, OU=PKI, O=Cmp tests, C=DE")), GeneralName.FromName(Name.Parse("CN=router7")))
        {
            MessageTime = DateTimeOffset.UtcNow,
            TransactionId = RandomNumberGenerator.GetBytes(16),
            SenderNonce = RandomNumberGenerator.GetBytes(16),
            RecipNonce = RandomNumberGenerator.GetBytes(16),
            GeneralInfo = [InfoTypeAndValue.ImplicitConfirm],
        };
        var response = new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted)) { CertifiedKeyPair = new CertifiedKeyPair { Certificate = Certificate.From(issued) } };
        _octets = new PkiMessage(header, new CertRepMessage(PkiBodyType.Ip, [response])) { Protection = RandomNumberGenerator.GetBytes(32) }.Encoded.ToArray();
    }

    /// <summary>How long the answer is.</summary>
    public int Octets => _octets.Length;

    /// <summary>How many parts it has.</summary>
    public int Parts => Walk(MessageTree.Read(_octets));

    /// <summary>The decoded message and each part of the tree.</summary>
    /// <returns>How many parts there are.</returns>
    [Benchmark(Description = "decode, walk the whole tree")]
    public int DecodeAndWalk()
    {
        PkiMessage message = PkiMessage.Decode(_octets);
        return Walk(MessageTree.Read(message.Encoded));
    }

    /// <summary>The tree alone.</summary>
    /// <returns>How many parts there are.</returns>
    [Benchmark(Description = "walk the whole tree")]
    public int WalkTree() => Walk(MessageTree.Read(_octets));

    /// <summary>The tree as text.</summary>
    [Benchmark(Description = "write the tree as text")]
    public void WriteText() => MessageText.Write(TextWriter.Null, MessageTree.Read(_octets));

    /// <summary>Asks for all parts.</summary>
    /// <param name="node">Where to begin.</param>
    /// <returns>How many there are.</returns>
    internal static int Walk(MessageNode node)
    {
        // by index: an enumerator for each part would be counted as the tree's
        int count = 1;
        IReadOnlyList<MessageNode> children = node.Children;
        for (int i = 0; i < children.Count; i++)
            count += Walk(children[i]);
        return count;
    }
}
