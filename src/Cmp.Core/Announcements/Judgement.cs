using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;

namespace Cmp.Announcements;

/// <summary>One announcement that is being judged: what is known, and the reasons so far. Each kind has its own.</summary>
/// <remarks>Whatever a peer's octets provoke becomes a reason; what fails here, our credential or our memory, is thrown before.</remarks>
internal abstract class Judgement
{
    /// <summary>Characters of a name that are shown in a reason: there may be many names.</summary>
    private const int MaxNameLength = 200;

    private readonly List<AnnouncementReason> _reasons = [];

    private protected Judgement(JudgedContent given)
    {
        Given = given;
        Now = given.Settings.Clock?.Invoke() ?? given.Client.Now;
        Identity = given.Client.IdentityToListen;
        Trust = given.Client.TransactionSettings(Identity, null, given.Settings.Trace).Trust with
        {
            // extraCerts are not protected: nobody becomes trusted by what he sends unasked
            TrustedExtraCerts = [],
            TrustFirstUse = false,
            AllowMacAsBefore = false,
            WarnOnMixedProtection = false,
            Untrusted = given.Client.KnownSigner is { } known ? [.. given.Client.Settings.UntrustedCertificate!, known.Certificate] : given.Client.Settings.UntrustedCertificate!,
            Limits = given.Settings.Limits,
        };
        Anchors = [.. given.Client.Settings.TrustAnchor!, .. given.Client.Settings.IssuedTrustAnchor!];
        Candidates = Trust.Untrusted;
    }

    /// <summary>What is judged, and by what.</summary>
    private protected JudgedContent Given { get; }

    /// <summary>The time.</summary>
    private protected DateTimeOffset Now { get; }

    /// <summary>Who is trusted for what a CA issues: certificates, CRLs, new roots.</summary>
    private protected IReadOnlyList<Certificate> Anchors { get; }

    /// <summary>Certificates that paths may go through; what came with a message only where somebody vouches for that, so that nobody else makes work.</summary>
    private protected IReadOnlyList<Certificate> Candidates { get; private set; }

    /// <summary>Whom the server's settings believe.</summary>
    private protected TrustSettings Trust { get; }

    /// <summary>Whose word it is: what the reason says of the signer.</summary>
    private protected string Standing { get; set; } = "who may speak for the CA";

    /// <summary>Whether somebody vouches for it who may: nobody else has us fetch CRLs, or write warnings.</summary>
    private protected bool IsVouchedFor { get; private set; }

    private Identity Identity { get; }

    /// <summary>The judgement of a body that announces something.</summary>
    internal static Judgement Of(JudgedContent given) => given.Content switch
    {
        CaKeyUpdContent update => new CaKeyUpdateJudgement(given, update),
        CertAnnContent certificate => new CertificateJudgement(given, certificate),
        RevAnnContent revocation => new RevocationJudgement(given, revocation),
        CrlAnnContent crls => new CrlJudgement(given, crls),
        _ => throw new ArgumentException("A body that announces nothing.", nameof(given)),
    };

    /// <summary>Judges: who says it, when, and what.</summary>
    internal async Task<Announcement> RunAsync(CancellationToken cancellationToken)
    {
        var announcement = new Announcement
        {
            Content = Given.Content,
            Message = Given.Message,
            Source = Given.Source,
            From = Given.From is { } from ? PeerText.Escape(from) : null,
            Received = Now,
            Reasons = [],
            Id = AnnouncementId.Of(Given.Content),
        };
        await TryAsync(async () => announcement = announcement with { Signer = await JudgeSenderAsync(cancellationToken).ConfigureAwait(false) }).ConfigureAwait(false);
        if (Given.Message is { } message)
            Try(() => JudgeTime(message));
        await TryAsync(async () => announcement = await JudgeContentAsync(announcement, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return announcement with { Reasons = [.. _reasons] };
    }

    /// <summary>Whom a signature of this kind of announcement is believed of.</summary>
    private protected abstract TrustSettings SignersTrust();

    /// <summary>Looks at who vouches by a MAC: that the server does is known.</summary>
    private protected virtual Task JudgeMacAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Looks at what is said.</summary>
    private protected abstract Task<Announcement> JudgeContentAsync(Announcement announcement, CancellationToken cancellationToken);

    /// <summary>Something that speaks for it.</summary>
    private protected void For(string id, string text) => _reasons.Add(AnnouncementReason.For(id, text));

    /// <summary>Something that speaks against it.</summary>
    private protected void Against(string id, string text) => _reasons.Add(AnnouncementReason.Against(id, text));

    /// <summary>A check that failed.</summary>
    private protected void Against(CmpException error) => _reasons.Add(AnnouncementReason.Against(error));

    /// <summary>A name for a sentence.</summary>
    private protected static string Show(object name) => PeerText.Escape(name.ToString(), MaxNameLength);

    /// <summary>Makes a reason of whatever goes wrong.</summary>
    private protected void Try(Action judge)
    {
        try
        {
            judge();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Catch(e);
        }
    }

    /// <summary>Makes a reason of whatever goes wrong.</summary>
    private protected async Task TryAsync(Func<Task> judge)
    {
        try
        {
            await judge().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Catch(e);
        }
    }

    private void Catch(Exception error)
    {
        if (error is CmpException known)
        {
            Against(known);
            return;
        }
        // the boundary: whatever a peer's octets provoke is a reason
        Against("CmpMessage.Malformed", "The announcement cannot be handled.");
        Given.Settings.Trace?.Note($"The announcement cannot be handled: {PeerText.Escape(error.Message, MaxNameLength)}");
    }

    /// <summary>
    /// Finds a path to an anchor, of certificates that are not revoked as far as that is asked for (rule 69). Where nobody vouches for what is said, the CRLs at hand must do: what is
    /// public, such as a certificate, can be said by anybody, and it is not believed in either case.
    /// </summary>
    private protected async Task<CertificatePath> BuildPathAsync(Certificate certificate, CancellationToken cancellationToken)
    {
        CertificatePath? path = null;
        var options = new PathOptions(Now, Trust.Algorithms, Trust.Limits);
        try
        {
            if (IsVouchedFor)
                await Given.Client.Crls.WithCrlsAsync(Build, Given.Settings.Trace, cancellationToken).ConfigureAwait(false);
            else
                Build();
        }
        catch (CrlsMissingException)
        {
            path = PathBuilder.Build(certificate, Anchors, Candidates, options);
        }
        return path!;

        void Build()
        {
            RevocationReport report = RevocationReport.Nothing;
            if (Trust.Crls is { } crls)
                (path, report) = new RevocationChecker(crls, Candidates, options).Build(certificate, Anchors);
            else
                path = PathBuilder.Build(certificate, Anchors, Candidates, options);
            if (!IsVouchedFor)
                return;
            foreach (string warning in report.Warnings)
                Given.Settings.Trace?.Warning(warning);
        }
    }

    /// <summary>Who says it (rules 65 to 67), over the octets that came.</summary>
    /// <returns>The signer; <see langword="null"/> under a MAC, and where nobody vouches for it.</returns>
    private async Task<Certificate?> JudgeSenderAsync(CancellationToken cancellationToken)
    {
        VerifiedAnswer verified;
        if (Given.Message is { } message)
        {
            int pvno = message.Header.Pvno;
            if (!ServerWords.IsSpoken(pvno, Given.Client.Settings.ProtocolVersion ?? 2))
                Against("CmpTransaction.Version", $"The message is of {ServerWords.VersionName(pvno)}, which is not spoken here.");
            verified = await VerifyAsync(message, cancellationToken).ConfigureAwait(false);
            foreach (string warning in verified.Warnings)
                Given.Settings.Trace?.Warning(warning);
        }
        else
        {
            ProtectionKind kind = Given.Answer!.AnswerProtection ?? ProtectionKind.None;
            verified = new VerifiedAnswer(kind, kind.IsUnderSharedSecret() ? null : Given.Answer.KnownSigner, []);
        }
        if (!verified.IsAuthenticated)
        {
            Against("CmpProtection.Missing", "Nobody vouches for it: the message is not protected.");
            return null;
        }
        IsVouchedFor = true;
        Candidates = [.. Trust.Untrusted, .. (Given.Message?.ExtraCerts ?? Given.Answer!.SeenCertificates).Take(AnswerVerifier.MaxExtraCerts), .. Given.Brought];
        string answers = Given.Message is null ? "It answers our question, and" : "The message";
        if (verified.Signer is { Certificate: var signer })
        {
            string standing = Given.Message is null ? "whom answers are believed of" : Trust.Pin is null ? Standing : "the server's certificate that is pinned";
            string how = verified.Kind == ProtectionKind.Signature ? "signed by" : $"protected by {verified.Kind} and the key of";
            For("CmpAnnouncement.Signer", $"{answers} is {how} {Show(signer)}, {standing}.");
            return signer;
        }
        For("CmpAnnouncement.Mac", $"{answers} is protected by {verified.Kind} under the secret that we share with the server.");
        await JudgeMacAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<VerifiedAnswer> VerifyAsync(PkiMessage message, CancellationToken cancellationToken)
    {
        VerifiedAnswer? verified = null;
        TrustSettings trust = SignersTrust();
        // a CA says the same to all: who has agreed on a MAC with it believes signatures too
        ProtectionKind kind = ProtectionKinds.Of(message.Header.ProtectionAlg) == ProtectionKind.Signature ? ProtectionKind.Signature : Identity.Protector.Kind;
        await Given.Client.Crls.WithCrlsAsync(
            () =>
            {
                using var verifier = new AnswerVerifier(trust, Identity.Credential, kind);
                verified = verifier.Verify(message, [], Now);
            },
            Given.Settings.Trace,
            cancellationToken).ConfigureAwait(false);
        return verified!;
    }

    /// <summary>When it was said: nothing else tells an announcement from one that somebody kept (rule 74).</summary>
    private void JudgeTime(PkiMessage message)
    {
        if (message.Header.MessageTime is not { } time)
        {
            Against("CmpAnnouncement.NoTime", "It does not say when it was made: it may be an old one that somebody kept.");
            return;
        }
        TimeSpan age = Now - time;
        if (age > Given.Settings.MaxAge)
            Against("CmpAnnouncement.TooOld", $"It was made at {time:u}, {Text(age)} ago: no more than {Text(Given.Settings.MaxAge)} are believed.");
        else if (-age > Given.Settings.MaxAhead)
            Against("CmpAnnouncement.Ahead", $"It was made at {time:u}, {Text(-age)} ahead of our clock.");
        else
            For("CmpAnnouncement.Time", age >= TimeSpan.Zero ? $"It was made at {time:u}, {Text(age)} ago." : $"It was made at {time:u}, our clock being {Text(-age)} behind.");
        foreach (string about in AnnouncementId.About(Given.Content))
        {
            if (Given.Before.TimeOf(about) is not { } last || time >= last)
                continue;
            Against("CmpAnnouncement.Older", $"It was made at {time:u}, before the last one that was believed, of {last:u}: somebody may have kept it.");
            return;
        }
    }

    /// <summary>A time that has passed, in the unit that fits.</summary>
    private static string Text(TimeSpan time)
    {
        (double count, string unit) = time switch
        {
            { TotalMinutes: < 2 } => (time.TotalSeconds, "s"),
            { TotalHours: < 2 } => (time.TotalMinutes, "min"),
            { TotalDays: < 2 } => (time.TotalHours, "h"),
            _ => (time.TotalDays, "days"),
        };
        return Math.Floor(count).ToString("0", CultureInfo.InvariantCulture) + " " + unit;
    }
}
