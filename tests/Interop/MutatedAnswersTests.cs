using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Tests;
using Xunit;

namespace Cmp.Interop;

/// <summary>
/// Answers of OpenSSL's mock server come back changed: OpenSSL's client and ours, decoder, checker and transaction together, say the same of them, but for
/// the classes of differences that stand here. Of all changes of these four answers, about 5000, no other difference was found; some of them are tried each time.
/// </summary>
public sealed class MutatedAnswersTests
{
    private const int Seed = 8;

    /// <summary>How many changes of a part are tried; what is around the parts is tried whole.</summary>
    private static readonly Dictionary<string, int> Tried = new() { ["header"] = 18, ["body"] = 24, ["protection"] = 8, ["extraCerts"] = 12, ["whole"] = 20 };

    private static readonly Difference[] Known =
    [
        new(
            "Length octets more than needed, in header or body",
            OursTakes: false,
            "RFC 9810 5.1.3 protects the DER encoding, so both are right: OpenSSL makes it anew of what it read, we hold the protection against the octets that came (rule 20), and who changes the encoding of a message spoils it.",
            mutation => mutation is { Kind: "long length", Part: "header" or "body" }),
        new(
            "Octets behind the message",
            OursTakes: false,
            "We are right: an answer is one message (rule 56). OpenSSL reads the first one of a file.",
            mutation => mutation is { Kind: "trailing" }),
        new(
            "A SEQUENCE OF whose tag says that it is primitive",
            OursTakes: false,
            "We are right: X.690 8.10.1 has it constructed.",
            mutation => mutation is { Kind: "form", Part: "body" or "extraCerts" }),
        new(
            "Unused bits at the end of the protection that are zero",
            OursTakes: false,
            "We are right: a MAC or a signature is whole octets (RFC 9810 5.1.3; rule 20), and BIT STRINGs of other lengths are others. OpenSSL does not look at their number.",
            mutation => mutation is { Kind: "flip", Part: "protection" }),
        new(
            "A certificate in extraCerts that does not decode",
            OursTakes: true,
            "OpenSSL is right: it is no PKIMessage by its ASN.1 (RFC 9810 5.1). We look into a certificate when it is asked for: extraCerts are not protected, and one of no use that anybody can add does not make a good answer a bad one.",
            mutation => mutation.Part == "extraCerts"),
    ];

    public static TheoryData<string> Commands => new() { "ir", "cr", "kur", "rr" };

    [SkippableTheory]
    [MemberData(nameof(Commands))]
    public void OpenSSL_and_we_take_and_refuse_the_same_changed_answers(string command)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var scene = new AnswerScene(command);
        Assert.True(scene.TheirsTakes(scene.Answer, out string theirReason), theirReason);
        Assert.True(scene.OursTakes(scene.Answer, out string ourReason), ourReason);
        var unknown = new List<string>();
        int refused = 0;
        foreach (Mutation mutation in Some(scene.Answer))
        {
            bool theirs = scene.TheirsTakes(mutation.Octets, out theirReason), ours = scene.OursTakes(mutation.Octets, out ourReason);
            refused += !theirs && !ours ? 1 : 0;
            if (theirs != ours && !Known.Any(known => known.OursTakes == ours && known.Fits(mutation)))
                unknown.Add($"{mutation}: {(ours ? $"we take it, OpenSSL says {theirReason}" : $"OpenSSL takes it, we say {ourReason}")}");
        }
        Assert.True(unknown.Count == 0, string.Join(Environment.NewLine, unknown));
        Assert.True(refused > 20, $"{refused}");
    }

    /// <summary>Nothing of a protected part can be changed so that we take it: whatever OpenSSL says.</summary>
    [SkippableTheory]
    [MemberData(nameof(Commands))]
    public void Rule20_No_change_of_header_body_and_protection_is_taken(string command)
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using var scene = new AnswerScene(command);
        string[] taken = [.. Mutation.All(scene.Answer).Where(mutation => mutation.Part is "header" or "body" or "protection" && !IsLengthOfProtection(mutation) && scene.OursTakes(mutation.Octets, out _)).Select(mutation => mutation.ToString())];
        Assert.Empty(taken);
    }

    /// <summary>The length octets around the protection are not protected, and more of them than are needed are only a finding.</summary>
    private static bool IsLengthOfProtection(Mutation mutation) => mutation is { Kind: "long length", Part: "protection" };

    /// <summary>The same ones each time.</summary>
    private static IEnumerable<Mutation> Some(byte[] answer)
    {
        var random = new Random(Seed);
        return Mutation.All(answer).Select(mutation => (mutation, Order: random.Next())).GroupBy(pair => pair.mutation.Part).SelectMany(part => part.OrderBy(pair => pair.Order).Take(Tried[part.Key])).Select(pair => pair.mutation);
    }

    /// <summary>Where OpenSSL and we differ, and who is right.</summary>
    /// <param name="What">The class.</param>
    /// <param name="OursTakes">Whether we take what OpenSSL refuses, or the other way round.</param>
    /// <param name="WhoIsRight">Who is right, and by what.</param>
    /// <param name="Fits">Which changes are of it.</param>
    private sealed record Difference(string What, bool OursTakes, string WhoIsRight, Func<Mutation, bool> Fits);
}
