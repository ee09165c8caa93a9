using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Renews certificates that are due, or with -Force at once: a new certificate for the old one, signed with the old one.</summary>
[Cmdlet(VerbsData.Update, "CmpCertificate", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = SearchSet)]
[OutputType(typeof(X509Certificate2))]
[OutputType(typeof(CmpTransaction))]
public sealed class UpdateCmpCertificateCommand : EnrollmentCmdlet
{
    private const string CertificateSet = "Certificate";
    private const string NameSet = "Name";
    private const string SearchSet = "Search";

    private static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    private readonly Stopwatch _waiting = new();
    private double _chance;
    private EnrollmentRecord? _record;

    /// <summary>The row as it came, which its error is about.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true, ParameterSetName = CertificateSet)]
    public PSObject? InputObject { get; set; }

    /// <summary>The certificate to renew: an object, a thumbprint, a Cert: path or a file.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = CertificateSet)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2 Certificate { get; set; } = null!;

    /// <summary>The names of the enrolments whose certificates are renewed; wildcards are understood.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[] Name { get; set; } = null!;

    /// <summary>Of a store those certificates that this CA issued: its name, or its certificate, which tells two CAs of one name apart.</summary>
    [Parameter(ParameterSetName = SearchSet)]
    [IssuerTransformation]
    public object? Issuer { get; set; }

    /// <summary>The file with the old certificate's key, or the PKCS #11 URI of a key in a token, where the certificate does not bring it; password or PIN is -ClientKeyPassword.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? CertificateKeyPath { get; set; }

    /// <summary>Renews although it is not due.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The beginning of validity that is asked for; not taken from the pipeline, where the old certificate has one.</summary>
    [Parameter]
    public DateTime? NotBefore { get; set; }

    /// <summary>The end of validity that is asked for; not taken from the pipeline, where the old certificate has one.</summary>
    [Parameter]
    public DateTime? NotAfter { get; set; }

    /// <summary>The friendly name in a Windows store, the old one's by default; where a store is searched, the one that is looked for, with wildcards.</summary>
    [Parameter]
    [SupportsWildcards]
    public string? FriendlyName { get; set; }

    /// <summary>Certifies the old key again.</summary>
    [Parameter]
    public SwitchParameter ReuseKey { get; set; }

    /// <summary>What becomes of the old certificate: archived by default, kept where the new one goes nowhere.</summary>
    [Parameter]
    public OldCertificateAction? OldCertificateAction { get; set; }

    /// <summary>Waits a random time up to this before the first renewal that is due, so that a fleet does not come at once.</summary>
    [Parameter]
    public TimeSpan RandomDelay { get; set; }

    private protected override ServerSettings? UnnamedServer => _record?.CurrentServer ?? base.UnnamedServer;

    /// <summary>As it was when the enrolment began, unless something else is said of the key.</summary>
    private protected override bool IsCentralKey => MyInvocation.BoundParameters.ContainsKey(nameof(CentralKeyGeneration))
        ? CentralKeyGeneration
        : _record is { IsCentralKey: true } && !ReuseKey && Provider is null && KeyPath is null && ProofOfPossession is null;

    /// <summary>As it was when the enrolment began, unless something else is said of the key.</summary>
    private protected override bool IsKeyArchived => MyInvocation.BoundParameters.ContainsKey(nameof(ArchiveKey))
        ? ArchiveKey
        : _record is { ArchiveKey: true } && !ReuseKey && Provider is null && KeyPath is null;

    private protected override string? EnrollmentName => _record is { IsNameless: false } ? _record.Name : null;

    /// <inheritdoc/>
    private protected override string Activity => "Renewing certificates";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (RandomDelay < TimeSpan.Zero)
            ThrowTerminatingError(new CmpException(CmpErrorKind.Argument, "CmpArgument.RandomDelay", "-RandomDelay is a time of zero or more.").ToErrorRecord(RandomDelay));
        _chance = Renewal.Chance();
        base.BeginProcessing();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case NameSet:
                foreach (string name in Name.SelectMany(Expand).Distinct(StringComparer.OrdinalIgnoreCase).ToList())
                    ProcessRow(name, writer => Prepare(writer, null, name));
                break;
            case SearchSet:
                foreach (X509Certificate2 found in Search())
                    ProcessRow(found, writer => Prepare(writer, found, null));
                break;
            default:
                X509Certificate2 old = Certificate;
                ProcessRow(InputObject ?? (object)old, writer => Prepare(writer, old, null));
                break;
        }
    }

    /// <summary>The enrolments that a pattern means; a name that is none is one, be it there or not.</summary>
    private IEnumerable<string> Expand(string name)
    {
        var failed = new List<CmpException>();
        List<string> names = [];
        try
        {
            EnrollmentRecords records = new EnrollmentStore().Enrollments;
            if (EnrollmentNames.PatternOf(records, name, out string literal) is not { } pattern)
                return [literal];
            names.AddRange(records.All(failed.Add).Select(record => record.Name).Where(pattern.IsMatch));
        }
        catch (CmpException e)
        {
            failed.Add(e);
        }
        failed.ForEach(error => Report(error, name));
        return names;
    }

    /// <summary>The certificates of the store that are meant. That there is none is no error: a fleet has machines without.</summary>
    private IReadOnlyList<X509Certificate2> Search()
    {
        IReadOnlyList<X509Certificate2> found = [];
        string store = CertStoreLocation ?? StorePath.Own.PSPath;
        ProcessRow(store, writer =>
        {
            if (Issuer is null && FriendlyName is null)
            {
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Search", "Nothing says which certificate is meant.")
                {
                    RecommendedAction = "Give -Certificate or -Name; or -Issuer or -FriendlyName, by which a store is searched.",
                };
            }
            var search = new RenewalSearch
            {
                Store = StorePath.Parse(store),
                Issuer = Issuer as Name,
                IssuerCertificate = Issuer as Certificate,
                FriendlyName = FriendlyName is { } pattern ? WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch : null,
            };
            found = search.Find(new EnrollmentStore().Enrollments);
            writer.Verbose($"{search.Store.Store} holds {found.Count} certificates that are meant.");
            return null;
        });
        return found;
    }

    /// <summary>The certificate that is meant, and the enrolment that brought it, if it is remembered; <see langword="null"/> where that says that it is not due.</summary>
    private X509Certificate2? Find(PipelineWriter writer, X509Certificate2? certificate, string? name)
    {
        EnrollmentRecords records = new EnrollmentStore().Enrollments;
        _record = name is null ? records.Of(certificate!.Thumbprint) : records.Get(name);
        Prefer(_record);
        if (certificate is not null)
            return certificate;
        // where a file has a password, it is asked for when there is something to do
        if (!Force && RenewBefore is null && !_record!.IsDue(DueClock.Now))
        {
            writer.Verbose(NotDue(_record.Thumbprint, _record.Subject, _record.RenewAfter));
            return null;
        }
        return writer.Own(Open(_record!)).Certificate;
    }

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer, X509Certificate2? certificate, string? name)
    {
        if (Find(writer, certificate, name) is not { } old)
            return null;
        Certificate oldCertificate = Messages.Pkix.Certificate.From(old);
        if (IsReplaced(writer, old))
            return null;
        DateTimeOffset due = Renewal.After(oldCertificate, RenewBefore, _record);
        if (!Force && due > DueClock.Now)
        {
            writer.Verbose(NotDue(old.Thumbprint, PeerText.Escape(old.Subject), due));
            return null;
        }
        WaitForFiles();
        ChainInstallation wanted = InstallChain ?? _record?.Destination.Chain ?? ChainInstallation.None;
        if (Consented(oldCertificate.Subject.ToString(), $"Renew the certificate at {NamedServer?.ToString() ?? "its server"}{KeyConsequence}", wanted, StoreFor(old)) is not { } chain)
            return null;
        var store = new EnrollmentStore();
        if (store.TryLockRenewal(old.Thumbprint) is not { } held)
        {
            writer.Warning($"{old.Thumbprint} is being renewed already, by another command or process: that one goes on with it.");
            return null;
        }
        writer.Own(held);
        // who held the lock before may have renewed it since it was looked up
        if (_record is not null && store.Enrollments.Of(old.Thumbprint) is null)
        {
            writer.Verbose($"{old.Thumbprint} was renewed meanwhile.");
            return null;
        }
        if (IsReplaced(writer, old))
            return null;
        bool hasExpired = oldCertificate.NotAfter < DueClock.Now;
        Func<CancellationToken, Task> renew = Pending(writer, store, old, hasExpired) ?? Begin(writer, old, oldCertificate, hasExpired, chain);
        return Force || RandomDelay == TimeSpan.Zero ? renew : async token =>
        {
            await WaitAsync(writer, oldCertificate.NotAfter - DueClock.Now, token).ConfigureAwait(false);
            await renew(token).ConfigureAwait(false);
        };
    }

    /// <summary>One that stays where it was is due each day until its end, and for ever after that: its successor is renewed in its place.</summary>
    private bool IsReplaced(PipelineWriter writer, X509Certificate2 old)
    {
        if (Force || _record is not null || new EnrollmentStore().Enrollments.SuccessorOf(old.Thumbprint) is not { } successor)
            return false;
        writer.Verbose($"{old.Thumbprint} was replaced already: {successor.Thumbprint} took its place, of the enrolment {successor.Name}.");
        return true;
    }

    private Func<CancellationToken, Task> Begin(PipelineWriter writer, X509Certificate2 old, Certificate oldCertificate, bool hasExpired, ChainInstallation chain)
    {
        FoundCertificate? place = PlaceOf(old);
        PrivateKey? oldKey = writer.Own(CertificateKeyPath is { } path ? Keys.KeyProviders.Open(KeyPlace(path)!, OldKeyPassword(path)) : PrivateKey.Of(old)) ?? KeyBeside.Of(old)
            ?? writer.Own(_record?.TokenKey is { } token ? Keys.KeyProviders.Open(Keys.KeyProviders.WithPinOf(token, Provider), OldKeyPassword(token)) : null);
        CmpClient client;
        try
        {
            client = OpenClient(writer, settings => hasExpired ? RenewalFallback.Choose(settings, Protection, oldCertificate, DueClock.Now) : SignedBy(writer, settings, old, oldKey));
        }
        catch (CmpException e) when (hasExpired && e.ErrorId == "CmpCredential.Missing")
        {
            throw RenewalFallback.Expired(oldCertificate, e);
        }
        if (hasExpired)
            writer.Verbose($"{old.Thumbprint} has expired: a certificate is asked for anew, with its subject and names.");
        return Enroll(writer, client, Request(old, oldCertificate, oldKey, Destination(place, chain), hasExpired), $"Renewing {oldCertificate.Subject}");
    }

    /// <summary>Goes on with a renewal that a server let wait: another request would bring another certificate.</summary>
    private Func<CancellationToken, Task>? Pending(PipelineWriter writer, EnrollmentStore store, X509Certificate2 old, bool hasExpired)
    {
        if (Offline || TransactionId is not null || store.RenewalOf(old.Thumbprint) is not { } pending)
            return null;
        string id = pending.Id;
        if (pending.IsOffline || (hasExpired && pending.Operation == EnrollmentOperation.KeyUpdate))
        {
            string why = pending.IsOffline ? "its messages are carried by hand" : "the certificate that signs for it has expired since";
            writer.Warning($"The transaction {id} is to renew {old.Thumbprint} too, but {why}: Wait-CmpTransaction goes on with it, Remove-CmpTransaction gives it up.");
            return pending.IsOffline ? _ => Task.CompletedTask : null;
        }
        writer.Verbose($"The transaction {id} renews {old.Thumbprint}: it goes on.");
        CmdletProgress? progress = AtOnce == 1 ? new CmdletProgress(writer, $"Renewing {pending.Subject}") : null;
        var enrollment = Enrollment.Resume(store, id, new ResumeOptions
        {
            Said = Said(),
            OpenSecrets = settings => ServerRegistry.Open(settings, SecretManagementStore.For(settings)),
            OutPassword = OutPassword,
            KeyPassword = KeyPassword,
            Pin = KeyPassword,
            IsImpatient = NoWait,
            Approve = Approve is { } script ? (issued, _) => writer.CallAsync(() => Approval.Ask(writer, script, issued)) : null,
            Trace = Trace(writer),
            Progress = progress,
        });
        return token => Outcome.RunAsync(writer, store, enrollment, progress, token);
    }

    /// <summary>Waits as long as chance has it, but once for the whole command: what comes after the first certificate has waited with it.</summary>
    private async Task WaitAsync(PipelineWriter writer, TimeSpan left, CancellationToken token)
    {
        TimeSpan delay;
        lock (_waiting)
        {
            delay = Renewal.Delay(RandomDelay, left, _chance) - _waiting.Elapsed;
            _waiting.Start();
        }
        if (delay <= TimeSpan.Zero)
            return;
        writer.Verbose($"Waiting {delay.TotalSeconds:0} seconds, by chance.");
        // a timer takes 24 days at the most on .NET Framework
        for (TimeSpan rest = delay; rest > TimeSpan.Zero; rest -= OneDay)
            await Task.Delay(rest < OneDay ? rest : OneDay, token).ConfigureAwait(false);
    }

    private static string NotDue(string thumbprint, string subject, DateTimeOffset due) => $"{thumbprint} ({subject}) is not due before {due.LocalDateTime:g}.";

    /// <summary>The PIN of the token that the new key is made in is that of the old key in it; neither another token's nor a file's password is ever tried there.</summary>
    private SecureString? OldKeyPassword(string oldKey) =>
        ClientKeyPassword ?? (!Keys.KeyProviders.IsFile(oldKey) && Keys.KeyProviders.MayBeInOneToken(oldKey, Provider ?? KeyPath ?? _record?.KeyProvider ?? oldKey) ? KeyPassword : null);

    private FoundCertificate Open(EnrollmentRecord record)
    {
        try
        {
            return record.Open(OutPassword ?? (record.TokenKey is null ? KeyPassword : null));
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.PasswordRequired")
        {
            throw new CmpException(e.Kind, e.ErrorId, e.Message, e) { RecommendedAction = "Give it with -OutPassword: passwords are not kept. It protects the new file too." };
        }
        catch (CmpException e) when (e.ErrorId is "CmpStore.NotFound" or "CmpKey.Vanished")
        {
            throw new CmpException(e.Kind, e.ErrorId, $"The certificate of the enrolment {record.Name} cannot be renewed as it is: {e.Message}", e)
            {
                RecommendedAction = "Put back what is missing. Where it is lost, enrol anew under the same name with New-CmpCertificateRequest, or forget the enrolment with Remove-CmpCertificate.",
            };
        }
    }

    /// <summary>Rule 17: the old certificate signs, unless -Protection says otherwise.</summary>
    private ServerSettings SignedBy(PipelineWriter writer, ServerSettings settings, X509Certificate2 old, PrivateKey? oldKey)
    {
        if (Protection is not null and not ProtectionKind.Signature)
            return settings;
        if (oldKey is null && ClientCertificate is null)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "The certificate that is to be renewed has no private key here, so it cannot sign the request.")
            {
                RecommendedAction = "Name its key with -CertificateKeyPath, or use the shared secret with -Protection PasswordBasedMac.",
            };
        }
        if (ClientCertificate is null && Protection is null && oldKey is { CanSign: false })
            return VouchedFor(writer, settings, old, oldKey);
        if (ClientCertificate is null && Protection is null && Messages.Pkix.Certificate.From(old).KeyUsage is { } usage && !usage.HasFlag(KeyUsages.DigitalSignature))
            writer.Warning($"The key usage of {old.Thumbprint} is {usage}: a server need not take what it signs. -Protection PasswordBasedMac uses the shared secret in its place.");
        return ClientCertificate is not null
            ? settings with { Protection = ProtectionKind.Signature }
            : settings with { Protection = ProtectionKind.Signature, ClientCertificate = old, ClientKey = oldKey, ClientKeyPath = KeyPlace(CertificateKeyPath) ?? oldKey?.Location, ClientKeyPassword = ClientKeyPassword, ClientChain = ClientIdentity.ChainOf(old) };
    }

    /// <summary>
    /// Where the old key signs nothing, whoever the server knows us as asks by that; else a key of a KEM protects the request its own way (RFC 9810 C.6 lets MACs do
    /// it, RFC 9483 4.1.3 knows keys that sign only).
    /// </summary>
    private ServerSettings VouchedFor(PipelineWriter writer, ServerSettings settings, X509Certificate2 old, PrivateKey oldKey)
    {
        if (settings.Secret is not null || settings.SecretReference is not null || settings.ClientCertificate is not null || settings.ClientCertificateReference is not null)
        {
            writer.Verbose($"The key of {old.Thumbprint} cannot sign: the request is protected by the credential of the server.");
            return settings;
        }
        if (oldKey.CanDecapsulate)
            writer.Verbose($"The key of {old.Thumbprint} cannot sign: the request is protected by KemBasedMac.");
        return settings with
        {
            Protection = oldKey.CanDecapsulate ? ProtectionKind.KemBasedMac : ProtectionKind.Signature,
            ClientCertificate = old,
            ClientKey = oldKey,
            ClientKeyPath = KeyPlace(CertificateKeyPath) ?? oldKey.Location,
            ClientKeyPassword = ClientKeyPassword,
            ClientChain = ClientIdentity.ChainOf(old),
        };
    }

    /// <summary>The request; after the end of the old certificate it is of the kind that brought the first one, and asks for the same.</summary>
    private EnrollmentRequest Request(X509Certificate2 old, Certificate oldCertificate, PrivateKey? oldKey, CertificateDestination destination, bool hasExpired)
    {
        if (ReuseKey && oldKey is null)
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Missing", "-ReuseKey needs the old certificate's private key.") { RecommendedAction = "Name it with -CertificateKeyPath, or leave -ReuseKey out: a new key is made then." };
        return new EnrollmentRequest
        {
            Operation = !hasExpired ? EnrollmentOperation.KeyUpdate
                : _record?.Operation == EnrollmentOperation.Certification ? EnrollmentOperation.Certification : EnrollmentOperation.Initialization,
            OldCertificate = oldCertificate,
            OldCertificateReference = CertificateReference.Of(old, KeyPlace(CertificateKeyPath) ?? oldKey?.Location),
            OldCertificateObject = old,
            OldCertificateAction = OldCertificateAction ?? (NoInstall ? Stores.OldCertificateAction.Keep : Stores.OldCertificateAction.Archive),
            SubjectAltNames = SubjectAltNames(),
            Extensions = Extensions(),
            NotBefore = NotBefore,
            NotAfter = NotAfter,
            Key = ReuseKey ? null : KeyRequest(Cryptography.KeyAlgorithm.Of(oldCertificate.PublicKey), ProviderOf(oldKey) ?? Keys.KeyProviders.NameFor(old)),
            ExistingKey = ReuseKey ? oldKey : null,
            IsCentralKey = IsCentralKey,
            ArchiveKey = IsKeyArchived,
            ProofOfPossession = ProofOfPossession,
            RegistrationToken = RegistrationToken,
            Authenticator = Authenticator,
            RegistrationInfo = RegistrationPairs(),
            ExplicitConfirm = ExplicitConfirm || Approve is not null,
            TransactionId = TransactionIdOctets(),
            Destination = destination,
            PrivateKeyReaders = _record?.PrivateKeyReaders ?? [],
            FriendlyName = NullIfEmpty((ParameterSetName == SearchSet ? null : FriendlyName) ?? FriendlyNameOf(old, _record)),
            RenewBefore = RenewBefore ?? _record?.RenewBefore,
        };
    }

    /// <summary>The new key is made where the old one was made: with its provider, in its token.</summary>
    private string? ProviderOf(PrivateKey? oldKey) =>
        _record?.KeyProvider ?? ((oldKey?.Location ?? _record?.TokenKey) is { } uri ? Keys.KeyProviders.TokenOf(uri) : null);

    /// <summary>The new certificate goes where the old one is; to a file only where the user says so, or said so when he enrolled it.</summary>
    private CertificateDestination Destination(FoundCertificate? place, ChainInstallation chain)
    {
        if (!IsDestinationSaid && _record is { } record)
        {
            if (IsChainWanted && record.Destination.Store is null)
                throw NoStoreForChain();
            return CertificateDestination.Of(record.Destination with { Chain = chain }, OutPassword);
        }
        if (!IsDestinationSaid && place is { Store: null })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Destination", "The old certificate is in a file: where the new one goes must be said.")
            {
                RecommendedAction = "Give -OutFile (the same file is replaced at the very end), -CertStoreLocation or -NoInstall.",
            };
        }
        return IsDestinationSaid || place?.Store is not { } store ? Destination(overwrite: true, chain) : CertificateDestination.InStore($@"Cert:\{store.Store}", chain);
    }

    /// <summary>Whether it was said where the new certificate goes; where a store is searched, its name says where the old one is.</summary>
    private bool IsDestinationSaid => (CertStoreLocation is not null && ParameterSetName != SearchSet) || OutFile is not null || NoInstall;

    /// <summary>The store that the new certificate goes to, or <see langword="null"/>.</summary>
    private string? StoreFor(X509Certificate2 old)
    {
        if (IsDestinationSaid)
            return CertStoreLocation;
        return _record is { } record ? record.Destination.Store : PlaceOf(old) is { } place ? place.Store?.Store : StorePath.Own.Store;
    }

    /// <summary>Where the old certificate is kept: as it was named, else by its thumbprint in the stores.</summary>
    private static FoundCertificate? PlaceOf(X509Certificate2 old)
    {
        try
        {
            return FoundCertificate.Of(old) ?? CertificateSource.Find(old.Thumbprint);
        }
        catch (CmpException)
        {
            return null; // it is an object only
        }
    }

    private static string FriendlyNameOf(X509Certificate2 certificate, EnrollmentRecord? record) =>
        Environment.OSVersion.Platform == PlatformID.Win32NT ? certificate.FriendlyName : record?.FriendlyName ?? string.Empty;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
