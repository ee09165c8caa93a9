using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Keys;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>
/// What the DSC resource CmpCertificate is told of a certificate, and the judgement of how it stands. What is not said is not compared.
/// </summary>
/// <remarks>
/// It compares with what was asked for, not with what the certificate says: a CA may issue another subject than the one that was asked for,
/// and asking again would not change that.
/// </remarks>
public sealed class DesiredCertificate
{
    private const int PercentBound = 100;

    /// <summary>A hundred years: what lives longer is not renewed, and .NET counts no time that is longer than some of such numbers.</summary>
    private const int DaysBound = 36_525;

    /// <summary>Providers that make keys in a chip, which leave it never.</summary>
    private static readonly string[] Chips = ["Microsoft Platform Crypto Provider", "Microsoft Smart Card Key Storage Provider"];

    /// <summary>The name of the enrolment.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Present or Absent.</summary>
    public string Ensure { get; set; } = "Present";

    /// <summary>A registered server's name or an address; empty: the default server.</summary>
    public string? Server { get; set; }

    /// <summary>The subject that is asked for.</summary>
    public string? Subject { get; set; }

    /// <summary>The DNS names that are asked for.</summary>
    public string[]? DnsName { get; set; }

    /// <summary>The kind of key, as <c>-KeyAlgorithm</c> takes it.</summary>
    public string? KeyAlgorithm { get; set; }

    /// <summary>Who makes and keeps the key, as <c>-Provider</c> takes it.</summary>
    public string? Provider { get; set; }

    /// <summary>Whether the key may leave the store.</summary>
    public bool Exportable { get; set; }

    /// <summary>The store, as in <c>Cert:\LocalMachine\My</c>.</summary>
    public string? CertStoreLocation { get; set; }

    /// <summary>The file, in place of a store.</summary>
    public string? OutFile { get; set; }

    /// <summary>Which issuers go into the stores beside it, as <c>-InstallChain</c> takes it.</summary>
    public string? InstallChain { get; set; }

    /// <summary>What Windows is to call the certificate.</summary>
    public string? FriendlyName { get; set; }

    /// <summary>Accounts that may use the private key besides, in a store of Windows.</summary>
    public string[]? PrivateKeyReader { get; set; }

    /// <summary>How many days before its end it is renewed; 0: not said.</summary>
    public int RenewBeforeDays { get; set; }

    /// <summary>The last percentage of its lifetime in which it is renewed; 0: not said.</summary>
    public int RenewBeforePercent { get; set; }

    /// <summary>The certificate that signs the first request.</summary>
    public string? ClientCertificateThumbprint { get; set; }

    /// <summary>Whom we trust to vouch for the server.</summary>
    public string? TrustAnchorThumbprint { get; set; }

    /// <summary>How long before its end the certificate is renewed; <see langword="null"/>: as is said of the enrolment.</summary>
    public RenewalWindow? RenewBefore =>
        RenewBeforeDays > 0 ? new RenewalWindow(TimeSpan.FromDays(RenewBeforeDays), null) : RenewBeforePercent > 0 ? new RenewalWindow(null, RenewBeforePercent) : null;

    /// <summary>The issuers that go into stores, once <see cref="Check"/> has passed.</summary>
    internal ChainInstallation Chain => Enum.TryParse(InstallChain, ignoreCase: true, out ChainInstallation chain) ? chain : ChainInstallation.None;

    internal bool IsToBeAbsent => Is(Ensure, "Absent");

    /// <summary>Looks for the trust anchor.</summary>
    /// <returns>The certificate, or <see langword="null"/> where none was named.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpArgument.Thumbprint</c>.</exception>
    public X509Certificate2? FindTrustAnchor() => IsSaid(TrustAnchorThumbprint) ? CertificateSource.FindAuthority(TrustAnchorThumbprint!) : null;

    /// <summary>Lets the accounts use the private key that are to.</summary>
    /// <exception cref="CmpException">As <see cref="EnrollmentReaders.Add"/>; <c>CmpEnrollment.NotFound</c>.</exception>
    public void Entrust()
    {
        var store = new EnrollmentStore();
        EnrollmentReaders.Add(store, store.Enrollments.Get(Name), PrivateKeyReader ?? []);
    }

    /// <summary>Remembers how long before its end the certificate is to be renewed, for whoever renews it: the certificate stays.</summary>
    /// <exception cref="CmpException">As <see cref="EnrollmentSchedule.Change"/>; <c>CmpEnrollment.NotFound</c>.</exception>
    public void Reschedule()
    {
        var store = new EnrollmentStore();
        EnrollmentSchedule.Change(store, store.Enrollments.Get(Name), RenewBefore);
    }

    /// <summary>Has Windows call the certificate as is wished.</summary>
    /// <exception cref="CmpException">
    /// <c>CmpEnrollment.NotFound</c>; <c>CmpPlatform.NotSupported</c>: this is not Windows; <c>CmpStore.AccessDenied</c>: it may not be called
    /// otherwise; <c>CmpStore.…</c>.
    /// </exception>
    public void Rename()
    {
        var store = new EnrollmentStore();
        EnrollmentRecord record = store.Enrollments.Get(Name);
        if (!Platform.IsWindows)
            throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "Only a store of Windows calls certificates otherwise than by their subjects.");
        using FoundCertificate found = record.Open();
        try
        {
            found.Certificate.FriendlyName = FriendlyName!;
        }
        catch (CryptographicException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The certificate {record.Thumbprint} cannot be called '{PeerText.Escape(FriendlyName)}': {e.Message}", e);
        }
        store.Enrollments.Change(record, remembered => remembered with { FriendlyName = FriendlyName });
    }

    /// <summary>Says how the certificate stands. It asks nobody and changes nothing.</summary>
    /// <param name="now">The time of now.</param>
    /// <returns>That, and what is to be done.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.Contradiction</c>: what is said does not go together, all of it in one message; <c>CmpArgument.RenewBefore</c>: the window is
    /// longer than the certificate lives; <c>CmpState.…</c>, <c>CmpStore.…</c>, <c>CmpKey.PasswordRequired</c>: how it stands cannot be seen.
    /// </exception>
    public DesiredCertificateState Judge(DateTimeOffset now) => Judge(now, new EnrollmentStore());

    /// <inheritdoc cref="Judge(DateTimeOffset)"/>
    /// <param name="now">The time of now.</param>
    /// <param name="store">What enrolments have left.</param>
    public DesiredCertificateState Judge(DateTimeOffset now, EnrollmentStore store)
    {
        Check();
        return new DesiredCertificateJudge(this, store, now).Judge();
    }

    /// <summary>Lists the enrolments that are remembered, as they were asked for, and how their certificates stand.</summary>
    /// <param name="now">The time of now.</param>
    /// <returns>By the names of their files.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>; <c>CmpState.…</c>: one of them cannot be read, and a list without it would not be all.</exception>
    public static DesiredCertificateState[] List(DateTimeOffset now) => List(now, new EnrollmentStore());

    /// <inheritdoc cref="List(DateTimeOffset)"/>
    /// <param name="now">The time of now.</param>
    /// <param name="store">What enrolments have left.</param>
    public static DesiredCertificateState[] List(DateTimeOffset now, EnrollmentStore store) =>
        [.. store.Enrollments.All(e => throw e).Select(record => new DesiredCertificateJudge(new DesiredCertificate { Name = record.Name, Exportable = record.IsKeyExportable }, store, now).Of(record))];

    /// <summary>An enrolment as it was asked for; where that is not known, what came of it.</summary>
    internal static DesiredCertificate From(EnrollmentRecord record) => new()
    {
        Name = record.Name,
        Server = record.Server.Name ?? record.Server.Uri?.OriginalString,
        Subject = record.RequestedSubject ?? record.Subject,
        DnsName = record.RequestedDnsNames?.ToArray(),
        KeyAlgorithm = record.KeyAlgorithm,
        Provider = record.KeyProvider,
        Exportable = record is { IsKeyExportable: true, Destination.Path: null },
        CertStoreLocation = record.Destination.Store is { } store ? $@"Cert:\{store}" : null,
        OutFile = record.Destination.Path,
        InstallChain = record.Destination.Chain.ToString(),
        FriendlyName = record.FriendlyName,
        RenewBeforeDays = record.RenewBefore?.Time is { Ticks: var ticks } && ticks % TimeSpan.TicksPerDay == 0 ? (int)(ticks / TimeSpan.TicksPerDay) : 0,
        RenewBeforePercent = record.RenewBefore?.Percent is { } percent && percent == Math.Floor(percent) && percent < PercentBound ? (int)percent : 0,
        PrivateKeyReader = record.PrivateKeyReaders.Count > 0 ? [.. record.PrivateKeyReaders] : null,
    };

    internal static bool Is(string? text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);

    internal static bool IsSaid(string? text) => !string.IsNullOrWhiteSpace(text);

    /// <summary>What contradicts itself is said before anything is looked at.</summary>
    private void Check()
    {
        List<string> problems =
        [
            .. When(!IsSaid(Name), "Name is empty"),
            .. When(!Is(Ensure, "Present") && !IsToBeAbsent, "Ensure is Present or Absent"),
            .. When(RenewBeforeDays > 0 && RenewBeforePercent > 0, "RenewBeforeDays and RenewBeforePercent say the same thing twice"),
            .. When(RenewBeforeDays < 0, "RenewBeforeDays is negative"),
            .. When(RenewBeforeDays > DaysBound, $"RenewBeforeDays is more than {DaysBound}, which is longer than certificates live"),
            .. When(RenewBeforePercent is < 0 or >= PercentBound, $"RenewBeforePercent is not between 1 and {PercentBound - 1}"),
            .. When(IsSaid(CertStoreLocation) && IsSaid(OutFile), "CertStoreLocation and OutFile are two places"),
            .. When(IsSaid(OutFile) && !Path.IsPathRooted(OutFile!), "OutFile is not a full path"),
            .. When(IsSaid(OutFile) && !Reads(() => CertificateDestination.InFile(OutFile!)), "OutFile is no .pem, .cer, .pfx or .p12 file"),
            .. When(IsSaid(OutFile) && !IsTokens && Is(Path.GetExtension(OutFile), ".cer"), "OutFile is a .cer file, which holds no private key"),
            .. When(IsSaid(OutFile) && IsSaid(FriendlyName), "FriendlyName is a store's, and OutFile names a file"),
            .. When(IsSaid(OutFile) && PrivateKeyReader is { Length: > 0 }, "PrivateKeyReader is about a store, and OutFile names a file"),
            .. When(IsSaid(InstallChain) && !Enum.GetNames(typeof(ChainInstallation)).Contains(InstallChain!, StringComparer.OrdinalIgnoreCase), "InstallChain is None, Intermediate or WithRoot"),
            .. When(IsSaid(OutFile) && Chain != ChainInstallation.None, "InstallChain is about stores, and OutFile names a file"),
            .. When(!IsToBeAbsent && !IsSaid(Subject) && DnsName is not { Length: > 0 }, "neither Subject nor DnsName says whom the certificate is for"),
            .. When(IsSaid(Subject) && !Reads(() => Messages.Pkix.Name.Parse(Subject!)), "Subject is no name as in 'CN=web, O=Example'"),
            .. When(IsSaid(KeyAlgorithm) && !Reads(() => Cryptography.KeyAlgorithm.Parse(KeyAlgorithm!)), $"KeyAlgorithm '{PeerText.Escape(KeyAlgorithm)}' is not known"),
            .. When(IsSaid(KeyAlgorithm) && !CanSign(KeyAlgorithm!), $"KeyAlgorithm '{PeerText.Escape(KeyAlgorithm)}' makes keys that cannot sign, and so prove nothing"),
            .. When(IsTokens && !Reads(() => KeyProviders.TokenOf(Provider!)), "Provider is no PKCS #11 URI as in pkcs11:token=My%20token, or has a PIN in it"),
            .. When(!IsToBeAbsent && IsTokens && !IsSaid(OutFile), "Provider is a token, to whose keys no store refers: OutFile says where the certificate goes"),
            .. When(Exportable && (IsTokens || Array.Exists(Chips, chip => Is(Provider, chip))), $"Exportable says that the key may leave its place, and a key of '{PeerText.Escape(Provider)}' never does"),
            .. When(IsSaid(Provider) && !IsTokens && IsSaid(OutFile) && !Exportable, "Provider keeps the key, and OutFile would have it"),
            .. When(!IsThumbprint(ClientCertificateThumbprint), "ClientCertificateThumbprint is no thumbprint, which has 40 hexadecimal digits"),
            .. When(!IsThumbprint(TrustAnchorThumbprint), "TrustAnchorThumbprint is no thumbprint, which has 40 hexadecimal digits"),
            .. When(IsSaid(CertStoreLocation) && !Reads(() => StorePath.Parse(CertStoreLocation!)), @"CertStoreLocation is no store as in Cert:\LocalMachine\My"),
        ];
        if (problems.Count == 0)
            return;
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Contradiction", $"CmpCertificate '{PeerText.Escape(Name)}': {string.Join("; ", problems)}.")
        {
            RecommendedAction = "Correct the configuration. Nothing was done.",
        };
    }

    /// <summary>Whether a token is to make and keep the key.</summary>
    private bool IsTokens => IsSaid(Provider) && !KeyProviders.IsFile(Provider!);

    private static bool CanSign(string keyAlgorithm)
    {
        try
        {
            return Cryptography.KeyAlgorithm.Parse(keyAlgorithm).CanSign;
        }
        catch (CmpException)
        {
            return true; // another problem
        }
    }

    private static bool IsThumbprint(string? text) => !IsSaid(text) || Thumbprints.TryParse(text!, out _);

    private static IEnumerable<string> When(bool condition, string problem) => condition ? [problem] : [];

    private static bool Reads(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }
}
