using System;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Commands;

/// <summary>Who asks where the old certificate has expired: it signs nothing any more, so its holder is known by something else, and asks for a first certificate again.</summary>
internal static class RenewalFallback
{
    /// <summary>The same server, to be asked by another credential than the old certificate.</summary>
    /// <param name="settings">What is said of the server.</param>
    /// <param name="protection">The protection that the user wants, or <see langword="null"/>.</param>
    /// <param name="old">The certificate that has expired.</param>
    /// <param name="now">The time.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="CmpException"><c>CmpRenewal.Expired</c>: there is no other credential.</exception>
    internal static ServerSettings Choose(ServerSettings settings, ProtectionKind? protection, Certificate old, DateTimeOffset now)
    {
        bool hasSecret = settings.Secret is not null || settings.SecretReference is not null;
        bool canSign = Signer(settings) is { } signer && !signer.IsSameAs(old) && signer.NotAfter > now;
        if (protection is not null)
        {
            bool isThere = protection == ProtectionKind.None || (protection.Value.IsUnderSharedSecret() ? hasSecret : canSign);
            return isThere ? settings : throw Expired(old);
        }
        // a client certificate that stands on the command line wants to sign (ServerCmdlet has said so), unless it is over too
        if (hasSecret && !(canSign && settings.Protection == ProtectionKind.Signature))
            return settings.Protection == ProtectionKind.Signature ? settings with { Protection = null } : settings;
        return canSign ? settings : throw Expired(old);
    }

    private static Certificate? Signer(ServerSettings settings) =>
        settings.ClientCertificate is { } certificate ? Certificate.From(certificate) : settings.ClientCertificateReference?.Certificate;

    /// <summary>There is no other credential, or none that can be got.</summary>
    /// <param name="old">The certificate that has expired.</param>
    /// <param name="cause">Why what was saved is not there, or <see langword="null"/>.</param>
    internal static CmpException Expired(Certificate old, CmpException? cause = null) => new(
        CmpErrorKind.Argument,
        "CmpRenewal.Expired",
        $"The certificate {old} expired on {old.NotAfter.LocalDateTime:d}: it cannot sign the request for a new one, and nothing else is at hand that could.{(cause is null ? string.Empty : " " + cause.Message)}",
        cause)
    {
        RecommendedAction = "Give -Credential with a reference value and secret of the CA, or -ClientCertificate. What Register-CmpServer or Set-CmpServer saves of that serves the next time by itself.",
    };
}
