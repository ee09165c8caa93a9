using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    private const string GiveEncryptionCertificate = "Give the CA's certificate for that with -EncryptionCertificate of Register-CmpServer or Set-CmpServer.";

    /// <summary>
    /// The CA's certificate to encrypt keys to, or to agree with: that of the settings, else the one that the server names when it is asked for
    /// caProtEncCert (RFC 9810 5.3.19.1), which must lead to a trust anchor. It is asked for once in the life of this client and of those that share its road.
    /// </summary>
    /// <param name="mustAgree">Whether its key is to agree on a secret with one of ours, and not only to have something encrypted to it.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The certificate: valid now, with a key that can be encrypted to or agreed with and a key usage that allows it, and not known to be revoked.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.EncryptionCertificate</c>: there is none, and the server has none to give or is not to be asked;
    /// <c>CmpTrust.EncryptionCertificate</c>: its key or its key usage is not for that;
    /// <c>CmpTrust.Expired</c>, <c>CmpTrust.NotYetValid</c>, <c>CmpTrust.NoAnchor</c>, <c>CmpTrust.NoPath</c> and what else a path can lack, <c>CmpTrust.Revoked</c>;
    /// <c>CmpServer.…</c>, <c>CmpMessage.Malformed</c>, <c>CmpTransaction.StillWaiting</c>.
    /// </exception>
    internal async Task<Certificate> EncryptionCertificateAsync(bool mustAgree, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (Settings.EncryptionCertificate is { } given)
        {
            // who gave it trusts it as it is, like a pin
            await ValidateAsync(given, [], isGiven: true, options, cancellationToken).ConfigureAwait(false);
            CheckUse(given, mustAgree);
            return given;
        }
        await _encryption.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // one that has expired since, or may have been revoked, is asked for anew
            if (_encryption.Certificate is not { } kept || Now > kept.ValidUntil)
                _encryption.Certificate = kept = await AskEncryptionCertificateAsync(options, cancellationToken).ConfigureAwait(false);
            CheckUse(kept.Certificate, mustAgree);
            return kept.Certificate;
        }
        finally
        {
            _encryption.Gate.Release();
        }
    }

    private async Task<ValidatedSigner> AskEncryptionCertificateAsync(RequestOptions? options, CancellationToken cancellationToken)
    {
        if (_transport is NoRoad)
            throw NoEncryptionCertificate("Nothing says to which certificate of the CA a key is to be encrypted, and a server whose messages are carried by hand is not asked for it.");
        if (Settings.TrustAnchor!.Count == 0 && Settings.IssuedTrustAnchor!.Count == 0)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NoAnchor", "There is no trust anchor by which the CA's encryption certificate could be believed.")
            {
                RecommendedAction = "Give the CA's root with -TrustAnchor. " + GiveEncryptionCertificate,
            };
        }
        GeneralTransaction transaction = await AskAsync([new InfoTypeAndValue(Oids.CaProtEncCert)], [Oids.CaProtEncCert], CmpOperation.General, [], options, cancellationToken).ConfigureAwait(false);
        Certificate certificate = ReadValue(transaction.Item, Certificate.Read)
            ?? throw NoEncryptionCertificate("The server names no certificate that keys could be encrypted to (caProtEncCert).");
        options?.Trace?.Note($"The CA's encryption certificate is that of {certificate}.");
        return await ValidateAsync(certificate, transaction.SeenCertificates, isGiven: false, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says whether it is valid now, leads to an anchor where it was not given, and is not revoked as far as that is asked.</summary>
    private async Task<ValidatedSigner> ValidateAsync(Certificate certificate, IReadOnlyList<Certificate> candidates, bool isGiven, RequestOptions? options, CancellationToken cancellationToken)
    {
        if (Now < certificate.NotBefore)
            throw Refused("CmpTrust.NotYetValid", $"The CA's encryption certificate {certificate} is valid from {certificate.NotBefore:u} only.", certificate);
        if (Now > certificate.NotAfter)
            throw Refused("CmpTrust.Expired", $"The CA's encryption certificate {certificate} expired at {certificate.NotAfter:u}.", certificate);
        CheckUse(certificate, mustAgree: false);
        var trust = new TrustSettings
        {
            // it is the CA's that issues, which need not be that of who signs its messages
            Anchors = [.. Settings.TrustAnchor!, .. Settings.IssuedTrustAnchor!],
            Pin = isGiven ? certificate : null,
            Untrusted = Settings.UntrustedCertificate!,
            Crls = Crls.Mode == RevocationMode.None ? null : Crls,
            // whose word it is says the protection of the answer
            MaySign = (_, _) => true,
        };
        var peers = new PeerTrust(trust, credential: null);
        var warnings = new List<string>();
        ValidatedSigner? validated = null;
        await Crls.WithCrlsAsync(
            () =>
            {
                warnings.Clear();
                validated = peers.Validate(certificate, (KeyUsages)~0, candidates, known: null, issuing: [], issuers: [], Now, warnings);
            },
            options?.Trace,
            cancellationToken).ConfigureAwait(false);
        foreach (string warning in warnings)
            options?.Trace?.Warning(warning);
        return validated!;
    }

    /// <summary>A key usage that is there must allow what the key is used for: RFC 5280 4.2.1.3, for KEM keys RFC 9935 5.</summary>
    private static void CheckUse(Certificate certificate, bool mustAgree)
    {
        (KeyUsages needed, string name) = KeyAlgorithm.FamilyOf(certificate.PublicKey) switch
        {
            KeyFamily.EllipticCurve or KeyFamily.Montgomery or KeyFamily.DiffieHellman => (KeyUsages.KeyAgreement, "keyAgreement"),
            KeyFamily.Rsa or KeyFamily.MLKem => (KeyUsages.KeyEncipherment, "keyEncipherment"),
            _ => (KeyUsages.None, string.Empty),
        };
        if (needed == KeyUsages.None)
            throw Unfit($"nothing can be encrypted to its key of {KeyAlgorithm.Of(certificate.PublicKey)}");
        if (mustAgree && needed != KeyUsages.KeyAgreement)
            throw Unfit($"no key can agree on a secret with its key of {KeyAlgorithm.Of(certificate.PublicKey)}");
        if (certificate.KeyUsage is { } usage && (usage & needed) == 0)
            throw Unfit($"its key usage lacks {name}");

        CmpException Unfit(string why) => new(CmpErrorKind.Trust, "CmpTrust.EncryptionCertificate", $"The CA's encryption certificate {certificate} cannot be used: {why}.")
        {
            RecommendedAction = GiveEncryptionCertificate,
            Octets = certificate.Encoded,
        };
    }

    private static CmpException NoEncryptionCertificate(string message) => new(CmpErrorKind.Argument, "CmpArgument.EncryptionCertificate", message) { RecommendedAction = GiveEncryptionCertificate };

    /// <summary>What the server answered, shared by all clients over one road: asked for by one of them at a time.</summary>
    private sealed class KeptEncryptionCertificate
    {
        internal SemaphoreSlim Gate { get; } = new(1);

        internal ValidatedSigner? Certificate { get; set; }
    }
}
