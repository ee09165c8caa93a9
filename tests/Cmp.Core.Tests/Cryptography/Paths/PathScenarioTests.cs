using System.Linq;
using Cmp.Cryptography.Paths;
using Xunit;

namespace Cmp.Tests.Cryptography.Paths;

/// <summary>Every scenario, judged by us and by the program that others wrote.</summary>
public class PathScenarioTests
{
    public static TheoryData<string> Names => [.. PathScenario.All.Keys];

    public static TheoryData<string> NamesThatOpenSslJudgesToo => [.. PathScenario.All.Keys.Where(name => !PathScenario.OpenSslDiffers.ContainsKey(name))];

    [Theory]
    [MemberData(nameof(Names))]
    public void Rule69_Paths_are_found_and_refused(string name)
    {
        PathScenario scenario = PathScenario.All[name]();
        if (scenario.Error is { } error)
        {
            CmpException e = Expect.Error(error, () => scenario.Build());
            Assert.Equal(CmpErrorKind.Trust, e.Kind);
            return;
        }
        CertificatePath path = scenario.Build();
        Assert.True(path.Leaf.IsSameAs(scenario.Leaf.Certificate));
        Assert.Contains(scenario.Anchors, anchor => anchor.Certificate.IsSameAs(path.Anchor));
        for (int i = 1; i < path.Certificates.Count; i++)
            Assert.True(path.Certificates[i - 1].Issuer.IsSameAs(path.Certificates[i].Subject));
    }

    [SkippableTheory]
    [MemberData(nameof(NamesThatOpenSslJudgesToo))]
    public void OpenSSL_judges_the_same(string name)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        PathScenario scenario = PathScenario.All[name]();
        openssl.WritePem("leaf.pem", "CERTIFICATE", scenario.Leaf.Certificate.Encoded.ToArray());
        openssl.WritePem("anchors.pem", "CERTIFICATE", scenario.Anchors.Select(c => c.Certificate.Encoded.ToArray()));
        openssl.WritePem("candidates.pem", "CERTIFICATE", scenario.Candidates.Select(c => c.Certificate.Encoded.ToArray()));
        string anchors = scenario.Anchors.Length > 0 ? "-trusted anchors.pem" : "-no-CAfile -no-CApath -no-CAstore";
        string candidates = scenario.Candidates.Length > 0 ? "-untrusted candidates.pem" : string.Empty;
        (int exitCode, string output) = openssl.Try($"verify -partial_chain -policy_check -policy 2.5.29.32.0 -attime {TestCertificate.Now.ToUnixTimeSeconds()} {anchors} {candidates} leaf.pem");
        Assert.True((exitCode == 0) == (scenario.Error is null), output);
    }
}
