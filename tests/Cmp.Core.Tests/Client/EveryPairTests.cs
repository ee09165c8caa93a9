using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>
/// Every protection with every kind of key that can sign: the key is made, certified, confirmed explicitly by the hash of rule 42, and, where the
/// protection is a signature, signs its own update. CAs of every kind of key are in <see cref="TestServer.SigningKindsTests"/>; keys that cannot sign
/// have other proofs of possession.
/// </summary>
public sealed class EveryPairTests
{
    private const string Reference = "pairs";

    /// <summary>The first certificate is got under a secret, and signs the update.</summary>
    private const string Signature = "Signature", Pss = "Signature by RSASSA-PSS";

    private static readonly DateTimeOffset Begun = DateTimeOffset.UtcNow;

    /// <summary>Each signature by such a key takes seconds: it proves possession under one protection here, and signs in the tests of keys.</summary>
    private static readonly string[] Slow = [.. KeyAlgorithm.All.Select(algorithm => algorithm.Name).Where(name => name.StartsWith("SLH-DSA", StringComparison.Ordinal) && name.EndsWith('s'))];

    private static readonly Lazy<CertificationAuthority> Authority = new(() => new CertificationAuthority(KeyAlgorithm.Parse("ECDSA_P256"), Begun));

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (KeyAlgorithm algorithm in KeyAlgorithm.All.Where(algorithm => algorithm.CanSign && !IsLong(algorithm)))
            {
                foreach (string protection in Settings.Keys)
                {
                    if (Slow.Contains(algorithm.Name) ? protection == "PasswordBasedMac" : protection != Pss || algorithm.Name.StartsWith("RSA", StringComparison.Ordinal))
                        pairs.Add(protection, algorithm.Name);
                }
            }
            return pairs;
        }
    }

    /// <summary>The protections, each as a user says it.</summary>
    private static IReadOnlyDictionary<string, ServerSettings> Settings { get; } = new Dictionary<string, ServerSettings>
    {
        ["PasswordBasedMac"] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100 },
        ["PasswordBasedMac with AES-GMAC"] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100, MacAlgorithm = "AES128-GMAC" },
        ["PasswordBasedMac with KMAC"] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100, MacAlgorithm = "KMAC128" },
        ["Pbmac1"] = new() { Protection = ProtectionKind.Pbmac1, IterationCount = 100 },
        ["Hmac"] = new() { Protection = ProtectionKind.Hmac },
        ["Kmac"] = new() { Protection = ProtectionKind.Kmac },
        [Signature] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100 },
        [Pss] = new() { Protection = ProtectionKind.PasswordBasedMac, IterationCount = 100, RsaPadding = RsaPadding.Pss },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Rule42_A_key_is_certified_and_confirmed(string protection, string algorithm)
    {
        using var responder = new Responder(new TestServerOptions { Reference = Reference, ImplicitConfirmation = ImplicitConfirmation.Never }, Authority.Value, Encoding.UTF8.GetBytes("correct horse"));
        ServerSettings settings = Settings[protection] with { Secret = Secret(), TrustAnchor = [Authority.Value.Root], IssuedTrustAnchor = [Authority.Value.Root] };
        EnrolledCertificate enrolled = await EnrollAsync(responder, settings, algorithm);
        if (protection is not (Signature or Pss))
            return;
        ServerSettings signing = settings with { Secret = null, Protection = null, ClientCertificate = enrolled.Installed.Certificate, ClientKey = enrolled.Key };
        EnrolledCertificate updated = await EnrollAsync(responder, signing, algorithm, enrolled.Certificate);
        Assert.NotEqual(enrolled.Certificate.PublicKey.Key.ToArray(), updated.Certificate.PublicKey.Key.ToArray());
    }

    private static async Task<EnrolledCertificate> EnrollAsync(Responder responder, ServerSettings settings, string algorithm, Certificate? old = null)
    {
        using var client = new CmpClient(settings, FakeRoad.To(responder));
        using var enrollment = new Enrollment(client, Asked(algorithm, old));
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.Equal(PkiStatus.Accepted, enrolled.Status);
        Assert.True(enrolled.Confirmed);
        Assert.Equal(algorithm, KeyAlgorithm.Of(enrolled.Certificate.PublicKey).Name);
        Assert.Contains(responder.Issued, enrolled.Certificate.IsSameAs);
        return enrolled;
    }

    private static EnrollmentRequest Asked(string algorithm, Certificate? old) => new()
    {
        Operation = old is null ? EnrollmentOperation.Initialization : EnrollmentOperation.KeyUpdate,
        Subject = Name.Parse("CN=router7"),
        OldCertificate = old,
        Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse(algorithm) },
        Destination = Cmp.Stores.CertificateDestination.None,
    };

    private static ReferenceAndSecret Secret() => new(Reference, new NetworkCredential(string.Empty, "correct horse").SecurePassword);

    /// <summary>More bits change nothing in messages, and making such keys takes long.</summary>
    private static bool IsLong(KeyAlgorithm algorithm) => algorithm.Name is "RSA_3072" or "RSA_4096";
}
