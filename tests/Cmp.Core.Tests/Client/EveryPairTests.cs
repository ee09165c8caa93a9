using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests.TestServer;
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
    /// <summary>The first certificate is got under a secret, and signs the update.</summary>
    private const string Signature = "Signature", Pss = "Signature by RSASSA-PSS";

    /// <summary>Each signature by such a key takes seconds: it proves possession under one protection here, and signs in the tests of keys.</summary>
    private static readonly string[] Slow = [.. KeyAlgorithm.All.Select(algorithm => algorithm.Name).Where(name => name.StartsWith("SLH-DSA", StringComparison.Ordinal) && name.EndsWith('s'))];

    /// <summary>The protections: what the client says, and what the server has to know for that.</summary>
    private static readonly Dictionary<string, Func<Way>> Ways = new()
    {
        ["PasswordBasedMac"] = () => Secret(ProtectionKind.PasswordBasedMac),
        ["PasswordBasedMac with AES-GMAC"] = () => Secret(ProtectionKind.PasswordBasedMac, "AES128-GMAC"),
        ["PasswordBasedMac with KMAC"] = () => Secret(ProtectionKind.PasswordBasedMac, "KMAC128"),
        ["Pbmac1"] = () => Secret(ProtectionKind.Pbmac1),
        ["Hmac"] = () => Secret(ProtectionKind.Hmac),
        ["Kmac"] = () => Secret(ProtectionKind.Kmac),
        [Signature] = () => Secret(ProtectionKind.PasswordBasedMac),
        [Pss] = () => Secret(ProtectionKind.PasswordBasedMac),
        ["KemBasedMac"] = () => Device(ProtectionKind.KemBasedMac, AgreedScene.KemDevice(), options => options with { KemKeyAlgorithm = KeyAlgorithm.Parse("ML-KEM-768") }, _ => null),
        ["DhBasedMac"] = () => Device(ProtectionKind.DhBasedMac, AgreedScene.Device("X25519", 0x08), options => options with { DhKeyAlgorithm = KeyAlgorithm.Parse("X25519") }, responder => responder.DhCertificate),
        ["None"] = Unprotected,
    };

    public static TheoryData<string, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<string, string>();
            foreach (KeyAlgorithm algorithm in KeyAlgorithm.All.Where(algorithm => algorithm.CanSign && !IsLong(algorithm)))
            {
                foreach (string protection in Ways.Keys)
                {
                    if (Slow.Contains(algorithm.Name) ? protection == "PasswordBasedMac" : protection != Pss || algorithm.Name.StartsWith("RSA", StringComparison.Ordinal))
                        pairs.Add(protection, algorithm.Name);
                }
            }
            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Rule42_A_key_is_certified_and_confirmed(string protection, string algorithm)
    {
        Way way = Ways[protection]();
        using Peer peer = new(way.Options with { ImplicitConfirmation = ImplicitConfirmation.Never });
        ServerSettings settings = way.Settings(peer.Responder);
        EnrolledCertificate enrolled = await EnrollAsync(peer, settings, algorithm, null);
        // nobody vouches for the pkiConf where nobody vouches for anything (rule 33)
        Assert.Equal(protection != "None", enrolled.Confirmed);
        if (protection is not (Signature or Pss))
            return;
        ServerSettings signing = settings with
        {
            Secret = null,
            Protection = null,
            ClientCertificate = enrolled.Installed.Certificate,
            ClientKey = enrolled.Key,
            RsaPadding = protection == Pss ? RsaPadding.Pss : RsaPadding.Pkcs1,
        };
        EnrolledCertificate updated = await EnrollAsync(peer, signing, algorithm, enrolled.Certificate);
        Assert.True(updated.Confirmed);
        Assert.NotEqual(enrolled.Certificate.PublicKey.Key.ToArray(), updated.Certificate.PublicKey.Key.ToArray());
    }

    private static async Task<EnrolledCertificate> EnrollAsync(Peer peer, ServerSettings settings, string algorithm, Certificate? old)
    {
        using var client = new CmpClient(settings, FakeRoad.To(peer.Responder), () => peer.Now);
        using var enrollment = new Enrollment(client, new EnrollmentRequest
        {
            Operation = old is null ? EnrollmentOperation.Initialization : EnrollmentOperation.KeyUpdate,
            Subject = Name.Parse("CN=router7"),
            OldCertificate = old,
            Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse(algorithm) },
            Destination = CertificateDestination.None,
        });
        EnrolledCertificate enrolled = (await enrollment.RunAsync())!;
        Assert.Equal(PkiStatus.Accepted, enrolled.Status);
        Assert.Equal(algorithm, KeyAlgorithm.Of(enrolled.Certificate.PublicKey).Name);
        Assert.Contains(peer.Responder.Issued, enrolled.Certificate.IsSameAs);
        return enrolled;
    }

    private static Way Secret(ProtectionKind kind, string? mac = null) =>
        new(new TestServerOptions(), _ => AgreedScene.Settled(kind, null) with { MacAlgorithm = mac, IterationCount = kind is ProtectionKind.Hmac or ProtectionKind.Kmac ? null : 500 });

    private static Way Device(ProtectionKind kind, SigningCertificate device, Func<TestServerOptions, TestServerOptions> change, Func<Responder, Certificate?> server) =>
        new(change(AgreedScene.Trusting(device)), responder => AgreedScene.Settled(kind, device, server(responder), hasAnchor: server(responder) is null));

    private static Way Unprotected() => new(new TestServerOptions { AllowUnprotected = true }, _ => new ServerSettings
    {
        Uri = new Uri("https://ca.example/"),
        Protection = ProtectionKind.None,
        AllowUnprotectedAnswers = true,
        IssuedTrustAnchor = [Peer.Authority.Root],
        UntrustedCertificate = [Peer.Authority.Issuing],
    });

    /// <summary>More bits change nothing in messages, and making such keys takes long.</summary>
    private static bool IsLong(KeyAlgorithm algorithm) => algorithm.Name is "RSA_3072" or "RSA_4096";

    private sealed record Way(TestServerOptions Options, Func<Responder, ServerSettings> Settings);
}
