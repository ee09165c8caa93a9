using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Every proof of possession and keys that the CA makes, from the key to the file, against the test server.</summary>
public sealed class ProofEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly List<IDisposable> _open = [];

    public void Dispose()
    {
        _open.ForEach(one => one.Dispose());
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData("ML-KEM-512", null, "ir certConf")]
    [InlineData("ML-KEM-768", null, "ir certConf")]
    [InlineData("ML-KEM-1024", ProofOfPossessionKind.ChallengeResponse, "ir popdecr certConf")]
    [InlineData("X25519", null, "ir certConf")]
    [InlineData("X448", ProofOfPossessionKind.ChallengeResponse, "ir popdecr certConf")]
    [InlineData("RSA_2048", ProofOfPossessionKind.ChallengeResponse, "ir popdecr certConf")]
    [InlineData("RSA_2048", ProofOfPossessionKind.EncryptedCertificate, "ir certConf")]
    [InlineData("ECDSA_P384", ProofOfPossessionKind.EncryptedCertificate, "ir certConf")]
    [InlineData("RSA_2048", ProofOfPossessionKind.EncryptedKey, "genm ir certConf")]
    [InlineData("ML-KEM-768", ProofOfPossessionKind.EncryptedKey, "genm ir certConf")]
    [InlineData("ECDSA_P384", null, "ir certConf")]
    public async Task Each_key_proves_itself_and_its_certificate_is_confirmed(string kind, ProofOfPossessionKind? proof, string messages)
    {
        Skip.If(Mono.IsRunning && IsBound(kind), Mono.DoesNotBindKeys);
        Counter counter = NewCounter(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never });
        EnrolledCertificate enrolled = await EnrollAsync(counter, Asked(kind) with { ProofOfPossession = proof });
        Assert.Equal(messages, string.Join(" ", counter.Road.Kinds));
        Assert.True(enrolled.Confirmed);
        using PrivateKey key = KeyProviders.Open(_folder.PathOf("box.pem"));
        key.EnsureFits(enrolled.Certificate.PublicKey);
    }

    [SkippableTheory]
    [InlineData("X25519")]
    [InlineData("ECDSA_P384")]
    public async Task A_key_agrees_with_that_of_the_CA(string kind)
    {
        Skip.If(Mono.IsRunning && IsBound(kind), Mono.DoesNotBindKeys);
        Counter counter = NewCounter(new TestServerOptions { EncryptionKeyAlgorithm = KeyAlgorithm.Parse(kind) });
        EnrolledCertificate enrolled = await EnrollAsync(counter, Asked(kind) with { ProofOfPossession = ProofOfPossessionKind.KeyAgreement });
        Assert.Equal(PopoPrivKeyKind.AgreeMac, Assert.IsType<PopoPrivKey>(RequestIn(counter).Popo).Kind);
        Assert.True(enrolled.Confirmed);
    }

    [Fact]
    public async Task Rule14_What_the_key_cannot_prove_is_found_before_the_CA_is_asked_for_its_certificate()
    {
        Counter counter = NewCounter();
        Assert.Equal("CmpArgument.ProofOfPossession", (await FailsAsync(counter, Asked("RSA_2048") with { ProofOfPossession = ProofOfPossessionKind.KeyAgreement })).ErrorId);
        Assert.Empty(counter.Road.Requests);
    }

    [SkippableTheory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(3, false)]
    public async Task An_RSA_key_proves_itself_in_either_version(int pvno, bool byChallenge)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        Counter counter = NewCounter(settings: said => said with { ProtocolVersion = pvno, AllowEncryptedValue = pvno == 2 });
        EnrolledCertificate enrolled = await EnrollAsync(counter, Asked("RSA_2048") with { ProofOfPossession = byChallenge ? ProofOfPossessionKind.ChallengeResponse : ProofOfPossessionKind.EncryptedCertificate });
        Assert.All(counter.Road.Sent, message => Assert.Equal(pvno, message.Header.Pvno));
        Assert.True(enrolled.Confirmed);
    }

    [Fact]
    public async Task The_old_form_of_an_encrypted_certificate_is_refused_by_default()
    {
        Counter counter = NewCounter(settings: said => said with { ProtocolVersion = 2 });
        Assert.Equal("CmpEnvelope.EncryptedValue", (await FailsAsync(counter, Asked("RSA_2048") with { ProofOfPossession = ProofOfPossessionKind.EncryptedCertificate })).ErrorId);
    }

    [Fact]
    public async Task A_server_that_wants_a_challenge_gets_one_where_nobody_chose()
    {
        Counter counter = NewCounter(new TestServerOptions { RequiredProof = ProofOfPossessionKind.ChallengeResponse, ImplicitConfirmation = ImplicitConfirmation.Never });
        Assert.True((await EnrollAsync(counter, Asked("ML-KEM-512"))).Confirmed);
        Assert.Equal(["ir", "ir", "popdecr", "certConf"], counter.Road.Kinds);
    }

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("ECDSA_P256")]
    [InlineData("RSA_2048")]
    [InlineData("Ed25519")]
    public async Task Rule48_A_device_without_a_key_enrols_under_a_secret_and_its_key_signs_a_renewal(string? kind)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        Counter counter = NewCounter();
        EnrolledCertificate enrolled = await EnrollAsync(counter, Central(kind));
        using PrivateKey key = KeyProviders.Open(_folder.PathOf("box.pem"));
        key.EnsureFits(enrolled.Certificate.PublicKey);
        if (kind is not null)
            Assert.Equal(kind, key.Algorithm.Name);
        using CmpClient renewing = counter.Open(said => said with { Secret = null, ClientCertificate = TestServer.Peer.ToX509(enrolled.Certificate), ClientKey = key, ClientChain = [TestServer.Peer.Authority.Issuing] });
        EnrolledCertificate renewed = await RunAsync(renewing, Asked("ECDSA_P256") with
        {
            Operation = EnrollmentOperation.KeyUpdate,
            Subject = null,
            OldCertificate = enrolled.Certificate,
            Destination = CertificateDestination.InFile(_folder.PathOf("renewed.pem")),
        });
        Assert.True(renewed.Certificate.Subject.IsSameAs(enrolled.Certificate.Subject));
        Assert.False(renewed.Certificate.PublicKey.IsSameAs(enrolled.Certificate.PublicKey));
    }

    [SkippableTheory]
    [InlineData("ECDSA_P256", true)]
    [InlineData("RSA_2048", false)]
    public async Task Rule48_Who_signs_gets_the_key_for_his_own_or_for_one_that_he_names(string kind, bool isNamed)
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        Counter counter = NewCounter();
        string path = _folder.PathOf("own.pem");
        EnrolledCertificate own = await EnrollAsync(counter, Asked(kind) with
        {
            Extensions = [CertificateExtensions.KeyUsage(isNamed ? KeyUsages.DigitalSignature : KeyUsages.DigitalSignature | KeyUsages.KeyEncipherment)],
            Destination = CertificateDestination.InFile(path),
        });
        using PrivateKey ownKey = KeyProviders.Open(path);
        using CmpClient signing = counter.Open(said => said with { Secret = null, ClientCertificate = TestServer.Peer.ToX509(own.Certificate), ClientKey = ownKey, ClientChain = [TestServer.Peer.Authority.Issuing] });
        EnrolledCertificate enrolled = await RunAsync(signing, Central("ECDSA_P384") with { Operation = EnrollmentOperation.Certification });
        Assert.Equal(isNamed, RequestIn(counter).CertReq.FindControl(Oids.ProtocolEncrKey) is not null);
        using PrivateKey key = KeyProviders.Open(_folder.PathOf("box.pem"));
        key.EnsureFits(enrolled.Certificate.PublicKey);
    }

    [Theory]
    [InlineData(KeyPackageFault.NoKeyGenerationUsage, "CmpTrust.KeyGenerationAuthority")]
    [InlineData(KeyPackageFault.Unsigned, "CmpTransaction.UnsignedKey")]
    [InlineData(KeyPackageFault.OtherKey, "CmpTransaction.WrongKey")]
    [InlineData(KeyPackageFault.OtherRecipient, "CmpEnvelope.NotOpened")]
    public async Task Rule48_What_is_wrong_with_a_key_is_refused_and_no_key_stays(KeyPackageFault fault, string errorId)
    {
        Counter counter = NewCounter(new TestServerOptions { KeyPackageFault = fault });
        Assert.Equal(errorId, (await FailsAsync(counter, Central(null))).ErrorId);
    }

    [Fact]
    public async Task Rule48_A_key_that_nobody_asked_for_is_refused()
    {
        Counter counter = NewCounter(new TestServerOptions { KeyPackageFault = KeyPackageFault.Unasked }, said => said with { ProtocolVersion = 3 });
        Assert.Equal("CmpTransaction.UnexpectedKey", (await FailsAsync(counter, Asked("ECDSA_P256"))).ErrorId);
    }

    [SkippableFact]
    public async Task Several_keys_come_in_one_message()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        Counter counter = NewCounter();
        EnrollmentRequest[] requests =
        [
            Central("ECDSA_P256"), Asked("ML-KEM-512"), Asked("RSA_2048") with { ProofOfPossession = ProofOfPossessionKind.ChallengeResponse }, Asked("ECDSA_P256"),
        ];
        requests = [.. requests.Select((request, number) => request with { Subject = Name.Parse($"CN=box{number}"), Destination = CertificateDestination.InFile(_folder.PathOf($"box{number}.pem")) })];
        using var enrollment = new Enrollment(counter.Client, requests);
        Assert.NotNull(await enrollment.RunAsync());
        Assert.Equal(["ir", "popdecr"], counter.Road.Kinds.Take(2));
        for (int i = 0; i < requests.Length; i++)
        {
            using PrivateKey key = KeyProviders.Open(_folder.PathOf($"box{i}.pem"));
            key.EnsureFits(enrollment.Items[i].Enrolled!.Certificate.PublicKey);
        }
    }

    private EnrollmentRequest Asked(string kind) => new()
    {
        Subject = Name.Parse("CN=box7"),
        Key = new KeyRequest { Algorithm = KeyAlgorithm.Parse(kind), Exportable = true },
        Destination = CertificateDestination.InFile(_folder.PathOf("box.pem")),
    };

    private EnrollmentRequest Central(string? kind) => Asked(kind ?? "ECDSA_P256") with
    {
        IsCentralKey = true,
        Key = kind is null ? new KeyRequest { IsOfAnyKind = true } : new KeyRequest { Algorithm = KeyAlgorithm.Parse(kind) },
    };

    private Counter NewCounter(TestServerOptions? options = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        var counter = new Counter(options, settings);
        _open.Add(counter);
        return counter;
    }

    private static Task<EnrolledCertificate> EnrollAsync(Counter counter, EnrollmentRequest request) => RunAsync(counter.Client, request);

    private static async Task<EnrolledCertificate> RunAsync(CmpClient client, EnrollmentRequest request)
    {
        using var enrollment = new Enrollment(client, request);
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }

    private async Task<CmpException> FailsAsync(Counter counter, EnrollmentRequest request)
    {
        var store = new EnrollmentStore(_folder.PathOf("home"));
        using var enrollment = new Enrollment(counter.Client, request) { Store = store };
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => enrollment.RunAsync());
        Assert.False(File.Exists(_folder.PathOf("box.pem")));
        Assert.Empty(store.PendingIds);
        return error;
    }

    private static CertReqMsg RequestIn(Counter counter) => counter.Road.Sent.Select(message => message.Body).OfType<CertReqMessages>().Last().Requests[0];

    /// <summary>Whether .NET's certificate objects hold keys of a kind.</summary>
    private static bool IsBound(string kind) => kind.StartsWith("RSA", StringComparison.Ordinal) || kind.StartsWith("ECDSA", StringComparison.Ordinal);
}
