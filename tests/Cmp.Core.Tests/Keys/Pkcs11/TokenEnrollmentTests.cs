using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.TestServer;
using Cmp.Tests.Client;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>Enrolment, renewal and revocation with a key in a token of SoftHSM that never leaves it.</summary>
public sealed class TokenEnrollmentTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly string _secret = Guid.NewGuid().ToString("N");
    private readonly EnrollmentStore _store;

    public TokenEnrollmentTests() => _store = new EnrollmentStore(_folder.PathOf("home"));

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("Ed25519")]
    public async Task Enrols_renews_and_revokes(string algorithm)
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrolledCertificate first = await EnrollAsync(server, token, algorithm, "first.pem");
        Assert.False(first.Installed.Certificate.HasPrivateKey);
        Assert.DoesNotContain("PRIVATE KEY", File.ReadAllText(_folder.PathOf("first.pem")), StringComparison.Ordinal);
        using PrivateKey firstKey = first.Key!;
        firstKey.EnsureFits(first.Certificate.PublicKey);
        EnrollmentRecord record = _store.Enrollments.Of(first.Certificate.Thumbprint)!;
        Assert.Equal((token.Uri, firstKey.Location), (record.KeyProvider, record.TokenKey));

        EnrolledCertificate second = await RenewAsync(server, token, first, firstKey, OldCertificateAction.Remove);
        using PrivateKey secondKey = second.Key!;
        Assert.NotEqual(first.Certificate.Thumbprint, second.Certificate.Thumbprint);
        Assert.Equal(algorithm, secondKey.Algorithm.Name);
        // what was made for the old certificate went with it, and nothing else
        Assert.False(File.Exists(_folder.PathOf("first.pem")));
        Assert.Null(KeyProviders.Look(firstKey.Location!));
        Assert.True(KeyProviders.Look(secondKey.Location!)!.IsSameAs(second.Certificate.PublicKey));

        using var client = new CmpClient(Settings(server));
        Revocation revoked = Assert.Single(await client.RevokeAsync([new RevocationRequest { Certificate = second.Certificate, Signer = second.Installed.Certificate, SignerKey = secondKey, SignerKeyPath = secondKey.Location }]));
        Assert.True(revoked.IsRevoked, revoked.Error?.Message);
        NoSecretIsKept();
    }

    [SkippableFact]
    public async Task A_key_that_is_there_is_certified_and_stays()
    {
        SoftToken token = Take();
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        token.MakeForeign("rsa:2048", "theirs");
        using Server server = Start();
        string uri = token.With(";object=theirs");
        EnrolledCertificate enrolled = await RunAsync(server, Asked("a.pem") with { Key = new KeyRequest { Path = uri, Pin = token.Pin } });
        EnrollmentRecord record = _store.Enrollments.Of(enrolled.Certificate.Thumbprint)!;
        Assert.Equal((null, uri, uri), (record.KeyProvider, record.KeyPath, record.TokenKey));
        // renewed and put away, it stays: nobody here made it
        using PrivateKey key = enrolled.Key!;
        EnrolledCertificate renewed = await RenewAsync(server, token, enrolled, key, OldCertificateAction.Remove);
        renewed.Key!.Dispose();
        Assert.NotNull(KeyProviders.Look(uri));
        Assert.Equal(4, token.Objects().Count);
    }

    [SkippableFact]
    public async Task The_old_key_again_stays_where_it_is_and_is_remembered()
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrolledCertificate first = await EnrollAsync(server, token, "ECDSA_P256", "first.pem");
        using PrivateKey key = first.Key!;
        EnrolledCertificate second = await RunAsync(server, Renewal(token, first, key, OldCertificateAction.Remove) with { Key = null, ExistingKey = key }, Signed(server, first, key));
        second.Key!.Dispose();
        Assert.True(second.Certificate.PublicKey.IsSameAs(first.Certificate.PublicKey));
        EnrollmentRecord record = _store.Enrollments.Of(second.Certificate.Thumbprint)!;
        Assert.Equal((token.Uri, key.Location), (record.KeyProvider, record.TokenKey));
        Assert.NotNull(KeyProviders.Look(key.Location!));
    }

    [SkippableFact]
    public async Task What_is_refused_leaves_no_key()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { Outcome = (_, _) => RequestOutcome.Reject });
        await Assert.ThrowsAnyAsync<CmpException>(() => EnrollAsync(server, token, "ECDSA_P256", "a.pem"));
        Assert.Empty(Keys(token));
        Assert.Empty(_store.PendingIds);
    }

    [SkippableFact]
    public async Task A_store_and_a_file_for_the_key_are_errors_before_anything_is_made()
    {
        SoftToken token = Take();
        using Server server = Start();
        foreach ((CertificateDestination destination, string errorId) in new[]
        {
            (CertificateDestination.InStore(@"Cert:\CurrentUser\My"), "CmpKey.NotAttachable"),
            (CertificateDestination.InFile(_folder.PathOf("a.pem"), _folder.PathOf("a.key")), "CmpStore.KeyFile"),
        })
        {
            EnrollmentRequest request = Asked("a.pem") with { Key = Wanted(token, "ECDSA_P256"), Destination = destination };
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => RunAsync(server, request))).ErrorId);
        }
        Assert.Empty(Keys(token));
        Assert.Empty(server.Issued);
    }

    [SkippableFact]
    public async Task A_wrong_PIN_is_an_error_before_any_traffic_and_leaves_nothing()
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrollmentRequest request = Asked("a.pem") with { Key = Wanted(token, "ECDSA_P256") with { Pin = new NetworkCredential(string.Empty, "99999999").SecurePassword } };
        Assert.Equal("CmpKey.Pin", (await Assert.ThrowsAsync<CmpException>(() => RunAsync(server, request))).ErrorId);
        Assert.Empty(_store.PendingIds);
        Assert.Empty(server.Issued);
    }

    [SkippableFact]
    public async Task What_waits_is_ended_by_another_process_with_the_PIN_given_again()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { PollCount = 2, CheckAfter = 0 });
        string id = await WaitAsync(server, token);
        Assert.Single(Keys(token));
        NoSecretIsKept();
        Assert.Equal((1, "CmpKey.PinRequired"), Finish(server, id, string.Empty));
        Assert.Equal((1, "CmpKey.Pin"), Finish(server, id, "99999999"));
        Assert.Single(_store.PendingIds);
        Assert.Equal((0, "ended"), Finish(server, id, SoftToken.UsersPin));
        Assert.Empty(_store.PendingIds);
        using FoundCertificate found = CertificateSource.Find(_folder.PathOf("a.pem"), keyPath: _store.Enrollments.Of(server.Issued.Single().Thumbprint)!.TokenKey, keyPassword: token.Pin);
        found.Key!.EnsureFits(Certificate.From(found.Certificate).PublicKey);
    }

    [SkippableFact]
    public async Task A_renewal_that_waits_is_ended_with_one_PIN_for_both_keys()
    {
        SoftToken token = Take();
        EnrolledCertificate first;
        using Server server = Start(options => options with { PollCount = 1, CheckAfter = 0 });
        first = await EnrollAsync(server, token, "ECDSA_P256", "first.pem");
        string id;
        using (PrivateKey key = first.Key!)
        using (var client = new CmpClient(Signed(server, first, key)))
        using (var enrollment = new Enrollment(client, Renewal(token, first, key, OldCertificateAction.Remove) with { IsImpatient = true }) { Store = _store })
        {
            Assert.Null(await enrollment.RunAsync());
            id = enrollment.TransactionId!;
        }
        Assert.Equal(2, Keys(token).Count);
        Assert.Equal((0, "ended"), Finish(server, id, SoftToken.UsersPin));
        Assert.Single(Keys(token));
    }

    [SkippableFact]
    public async Task Giving_it_up_removes_the_key_and_wants_the_PIN_for_it()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { PollCount = 2, CheckAfter = 0 });
        string id = await WaitAsync(server, token);
        Assert.Equal("CmpKey.PinRequired", Assert.Throws<CmpException>(() => Enrollment.Abandon(_store, id)).ErrorId);
        Assert.Single(_store.PendingIds);
        Enrollment.Abandon(_store, id, pin: token.Pin);
        Assert.Empty(_store.PendingIds);
        Assert.Empty(Keys(token));
    }

    /// <summary>The key goes first: what cannot go leaves the certificate where it is.</summary>
    [SkippableFact]
    public async Task Removing_the_certificate_wants_the_PIN_before_anything_goes()
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrolledCertificate enrolled = await EnrollAsync(server, token, "ECDSA_P256", "web.pem");
        enrolled.Key!.Dispose();
        EnrollmentRecord record = _store.Enrollments.Of(enrolled.Certificate.Thumbprint)!;
        Assert.Equal("CmpKey.PinRequired", Assert.Throws<CmpException>(() => EnrollmentRemoval.Remove(_store, record)).ErrorId);
        Assert.Equal("CmpKey.Pin", Assert.Throws<CmpException>(() => EnrollmentRemoval.Remove(_store, record, pin: new NetworkCredential(string.Empty, "not it").SecurePassword)).ErrorId);
        Assert.True(File.Exists(_folder.PathOf("web.pem")));
        Assert.NotNull(_store.Enrollments.Find(record.Name));
        Assert.Single(Keys(token));

        EnrollmentRemoval.Remove(_store, record, pin: token.Pin);
        Assert.False(File.Exists(_folder.PathOf("web.pem")));
        Assert.Null(_store.Enrollments.Find(record.Name));
        Assert.Empty(Keys(token));
    }

    [SkippableFact]
    public async Task A_certificate_whose_key_was_removed_meanwhile_can_be_removed()
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrolledCertificate enrolled = await EnrollAsync(server, token, "ECDSA_P256", "web.pem");
        enrolled.Key!.Dispose();
        EnrollmentRecord record = _store.Enrollments.Of(enrolled.Certificate.Thumbprint)!;
        new Pkcs11Keys().Delete(record.KeyReference!, token.Pin);
        Assert.Null(KeyProviders.Look(record.TokenKey!));
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => KeyProviders.Open(record.TokenKey!, token.Pin)).ErrorId);
        EnrollmentRemoval.Remove(_store, record, pin: token.Pin);
        Assert.False(File.Exists(_folder.PathOf("web.pem")));
        Assert.Null(_store.Enrollments.Find(record.Name));
    }

    /// <summary>Each secret is of one place: a password that is tried as a PIN would use up one of few tries.</summary>
    [SkippableFact]
    public async Task Removing_it_tries_the_files_password_on_no_token_and_the_PIN_on_no_file()
    {
        SoftToken token = Take();
        using Server server = Start();
        System.Security.SecureString password = new NetworkCredential(string.Empty, "of the file").SecurePassword;
        EnrolledCertificate enrolled = await RunAsync(server, Asked("a.p12") with { Key = Wanted(token, "ECDSA_P256"), Destination = CertificateDestination.InFile(_folder.PathOf("a.p12"), null, password) });
        enrolled.Key!.Dispose();
        EnrollmentRecord record = _store.Enrollments.Of(enrolled.Certificate.Thumbprint)!;
        foreach ((System.Security.SecureString? file, System.Security.SecureString? pin, string errorId) in new[]
        {
            (null, token.Pin, "CmpKey.PasswordRequired"), (password, null, "CmpKey.PinRequired"), (token.Pin, password, "CmpKey.Password"), (password, password, "CmpKey.Pin"),
        })
        {
            Assert.Equal(errorId, Assert.Throws<CmpException>(() => EnrollmentRemoval.Remove(_store, record, file, pin)).ErrorId);
            Assert.True(File.Exists(_folder.PathOf("a.p12")), errorId);
            Assert.Single(Keys(token));
        }
        EnrollmentRemoval.Remove(_store, record, password, token.Pin);
        Assert.False(File.Exists(_folder.PathOf("a.p12")));
        Assert.Empty(Keys(token));
        Assert.Null(_store.Enrollments.Find(record.Name));
    }

    /// <summary>The PIN that is given is of the token that the new key is made in.</summary>
    [SkippableFact]
    public async Task The_PIN_of_another_token_is_not_tried_on_that_of_the_old_key()
    {
        SoftToken token = Take(), other = Take();
        using Server server = Start();
        EnrolledCertificate first = await EnrollAsync(server, token, "ECDSA_P256", "first.pem");
        using (PrivateKey key = first.Key!)
        {
            // by the secret: the token of the old key is not open
            key.Dispose();
            EnrolledCertificate second = await RunAsync(
                server,
                Renewal(token, first, key, OldCertificateAction.Remove) with { Operation = EnrollmentOperation.Initialization, Subject = Name.Parse("CN=router7"), OldCertificate = null, Key = Wanted(other, "ECDSA_P256") });
            second.Key!.Dispose();
        }
        Assert.Single(Keys(token));
        Assert.Single(Keys(other));
        // nothing was tried: SoftHSM would say so
        Assert.False(Cmp.Keys.Pkcs11.Pkcs11Module.Find(Cmp.Keys.Pkcs11.Pkcs11Uri.Parse(token.Uri)).Token.TokenFlags.UserPinCountLow);
    }

    [SkippableFact]
    public async Task A_key_that_was_removed_meanwhile_is_an_error_and_the_transaction_can_be_given_up()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { PollCount = 2, CheckAfter = 0 });
        string id = await WaitAsync(server, token);
        new Pkcs11Keys().Delete(_store.Find(id)!.Items[0].KeyReference!, token.Pin);
        Assert.Equal("CmpKey.Vanished", Assert.Throws<CmpException>(() => Enrollment.Resume(_store, id, Options(server, token))).ErrorId);
        Enrollment.Abandon(_store, id);
        Assert.Empty(_store.PendingIds);
    }

    [SkippableFact]
    public async Task A_token_that_is_gone_is_an_error_and_giving_up_says_that_the_key_stays()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { PollCount = 2, CheckAfter = 0 });
        string id = await WaitAsync(server, token);
        string record = Directory.GetFiles(_folder.PathOf("home"), "*.json", SearchOption.AllDirectories).Single(path => Path.GetFileName(path).StartsWith(id, StringComparison.OrdinalIgnoreCase));
        File.WriteAllText(record, File.ReadAllText(record).Replace(Uri.EscapeDataString(token.Label), "elsewhere", StringComparison.Ordinal));
        Assert.Equal("CmpKey.TokenMissing", Assert.Throws<CmpException>(() => Enrollment.Resume(_store, id, Options(server, token))).ErrorId);
        string? warning = null;
        Enrollment.Abandon(_store, id, text => warning = text);
        Assert.Contains("token=elsewhere", warning, StringComparison.Ordinal);
        Assert.Empty(_store.PendingIds);
    }

    [SkippableFact]
    public async Task Thirty_two_at_once_have_a_key_each()
    {
        SoftToken token = Take();
        using Server server = Start();
        EnrolledCertificate[] enrolled = await Task.WhenAll(Enumerable.Range(0, 32).Select(number => Task.Run(() => EnrollAsync(server, token, "ECDSA_P256", $"{number}.pem"))));
        Assert.Equal(32, enrolled.Select(one => one.Key!.Location).Distinct().Count());
        foreach (EnrolledCertificate one in enrolled)
        {
            using PrivateKey key = one.Key!;
            key.EnsureFits(one.Certificate.PublicKey);
        }
    }

    [SkippableFact]
    public void A_process_that_dies_anywhere_leaves_no_key_that_nothing_leads_to()
    {
        SoftToken token = Take();
        using Server server = Start(options => options with { ImplicitConfirmation = ImplicitConfirmation.Never });
        string root = _folder.PathOf("root.cer");
        var died = new List<string>();
        for (int boundary = 0; ; boundary++)
        {
            string home = _folder.PathOf($"home{boundary}");
            string outFile = _folder.PathOf($"new{boundary}.pem");
            string where = KillTests.Kill("Initialization", server, _secret, root, home, $"CN=victim {boundary}", outFile, string.Empty, boundary, new Dictionary<string, string> { [Victim.TokenVariable] = token.Uri, [Victim.PinVariable] = SoftToken.UsersPin });
            if (where == "done")
                break;
            died.Add(where);
            var store = new EnrollmentStore(home);
            PendingEnrollment? pending = store.All(error => Assert.Fail(error.Message)).SingleOrDefault();
            if (pending is { State: null })
            {
                Assert.Equal("CmpTransaction.NotBegun", Assert.Throws<CmpException>(() => Enrollment.Resume(store, pending.Id, Options(server, token))).ErrorId);
            }
            else if (pending is not null)
            {
                using Enrollment enrollment = Enrollment.Resume(store, pending.Id, Options(server, token));
                EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(enrollment.RunAsync().GetAwaiter().GetResult());
                enrolled.Key!.Dispose();
            }
            // a key where there is a certificate, and else none
            SubjectPublicKeyInfo? key = Keys(token).SingleOrDefault();
            Assert.True(File.Exists(outFile) == key is not null, where);
            if (key is null)
                continue;
            using FoundCertificate found = CertificateSource.Find(outFile);
            EnrollmentRecord record = store.Enrollments.Of(found.Certificate.Thumbprint)!;
            Assert.True(KeyProviders.Look(record.TokenKey!)!.IsSameAs(key), where);
            new Pkcs11Keys().Delete(record.KeyReference!, token.Pin);
        }
        Assert.Contains("made", died);
        Assert.True(died.Count >= 10, string.Join(", ", died));
    }

    private static SoftToken Take()
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        return SoftHsm.Take();
    }

    /// <summary>The keys that the token shows.</summary>
    private static IReadOnlyList<SubjectPublicKeyInfo> Keys(SoftToken token)
    {
        using Cmp.Keys.Pkcs11.Pkcs11Hold hold = Cmp.Keys.Pkcs11.Pkcs11Token.Open(Cmp.Keys.Pkcs11.Pkcs11Uri.Parse(token.Uri));
        return hold.Token.Use(session => Cmp.Keys.Pkcs11.Pkcs11Objects.ShownPublicKeys(session, new Cmp.Keys.Pkcs11.Pkcs11Uri()));
    }

    private static KeyRequest Wanted(SoftToken token, string algorithm) => new() { Provider = token.Uri, Pin = token.Pin, Algorithm = KeyAlgorithm.Parse(algorithm) };

    private Server Start(Func<TestServerOptions, TestServerOptions>? options = null)
    {
        var said = new TestServerOptions { Secret = new NetworkCredential(string.Empty, _secret).SecurePassword };
        Server server = Server.Start(options?.Invoke(said) ?? said);
        _folder.Write("root.cer", server.RootCertificate.RawData);
        return server;
    }

    private ServerSettings Settings(Server server) => Victim.Settings(server.Uri.OriginalString, server.Reference, _folder.PathOf("root.cer"), _secret);

    private ServerSettings Signed(Server server, EnrolledCertificate old, PrivateKey key) =>
        Settings(server) with { Protection = ProtectionKind.Signature, ClientCertificate = old.Installed.Certificate, ClientKey = key, ClientKeyPath = key.Location };

    private EnrollmentRequest Asked(string file) => new() { Subject = Name.Parse("CN=router7"), Destination = CertificateDestination.InFile(_folder.PathOf(file)) };

    private EnrollmentRequest Renewal(SoftToken token, EnrolledCertificate old, PrivateKey key, OldCertificateAction action) => new()
    {
        Operation = EnrollmentOperation.KeyUpdate,
        OldCertificate = old.Certificate,
        OldCertificateReference = CertificateReference.Of(old.Installed.Certificate, key.Location),
        OldCertificateObject = old.Installed.Certificate,
        OldCertificateAction = action,
        Key = Wanted(token, key.Algorithm.Name),
        Destination = CertificateDestination.InFile(_folder.PathOf("second.pem")),
    };

    private Task<EnrolledCertificate> EnrollAsync(Server server, SoftToken token, string algorithm, string file) => RunAsync(server, Asked(file) with { Key = Wanted(token, algorithm) });

    private Task<EnrolledCertificate> RenewAsync(Server server, SoftToken token, EnrolledCertificate old, PrivateKey key, OldCertificateAction action) =>
        RunAsync(server, Renewal(token, old, key, action), Signed(server, old, key));

    private async Task<EnrolledCertificate> RunAsync(Server server, EnrollmentRequest request, ServerSettings? settings = null)
    {
        using var client = new CmpClient(settings ?? Settings(server));
        using var enrollment = new Enrollment(client, request) { Store = _store };
        return Assert.IsType<EnrolledCertificate>(await enrollment.RunAsync());
    }

    private async Task<string> WaitAsync(Server server, SoftToken token)
    {
        using var client = new CmpClient(Settings(server));
        using var enrollment = new Enrollment(client, Asked("a.pem") with { Key = Wanted(token, "ECDSA_P256"), IsImpatient = true }) { Store = _store };
        Assert.Null(await enrollment.RunAsync());
        return enrollment.TransactionId!;
    }

    private ResumeOptions Options(Server server, SoftToken token) => new() { Said = Settings(server), Pin = token.Pin, KeyPassword = token.Pin };

    /// <summary>Another process ends it.</summary>
    private (int ExitCode, string Output) Finish(Server server, string id, string pin)
    {
        string root = _folder.PathOf("root.cer");
        return Errand.Run(new Dictionary<string, string> { [Victim.SecretVariable] = _secret, [Victim.PinVariable] = pin }, "finish", _folder.PathOf("home"), id, server.Uri.OriginalString, server.Reference, root);
    }

    private void NoSecretIsKept()
    {
        foreach (string file in Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(SoftToken.UsersPin, File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.PathOf("home"), "*.key", SearchOption.AllDirectories));
    }
}
