using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks for a CRL: one that is named (RFC 9810 5.3.19.17, RFC 9483 4.3.4), or the current one (RFC 9810 5.3.19.6).</summary>
    /// <param name="request">Which one; <see langword="null"/>: the current one.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The CRL, and whether it is verified; <see langword="null"/> where the server has none, or none that is newer.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.Crl</c>, <c>CmpArgument.Name</c>: nothing was sent; <c>CmpCrl.Older</c>: what came is no newer than what is at hand;
    /// <c>CmpServer.…</c>, <c>CmpMessage.Malformed</c>, <c>CmpTransaction.StillWaiting</c>.
    /// </exception>
    public async Task<Crl?> GetCrlAsync(CrlRequest? request = null, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        CrlStatus? status = request?.Status();
        (IReadOnlyList<CertificateList> crls, GeneralTransaction transaction) = await AskCrlsAsync(status, options, cancellationToken).ConfigureAwait(false);
        if (crls is not [var crl, ..])
            return null;
        if (crls.Count > 1)
            options?.Trace?.Warning($"The server sent {crls.Count} CRLs where one was asked for: the others are ignored.");
        if (status?.ThisUpdate is { } known && crl.ThisUpdate <= known)
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpCrl.Older", $"The server sent a CRL of {crl.ThisUpdate:u}, which is no newer than the one at hand.") { Octets = crl.Encoded };
        }
        return Judge(crl, transaction.SeenCertificates);
    }

    /// <summary>Judges a CRL that is not verified once more, by the certificates that the CA gives: that of its issuer may be among them. It counts only where it leads to a trust anchor.</summary>
    /// <param name="crl">The CRL.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The CRL, verified where that helped.</returns>
    /// <exception cref="CmpException">As for <see cref="GetCACertificatesAsync"/>.</exception>
    public async Task<Crl> JudgeAgainAsync(Crl crl, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        Crl again = Judge(crl.Value, await GetCACertificatesAsync(options, cancellationToken).ConfigureAwait(false));
        return again.Verified ? again : crl;
    }

    /// <summary>Asks for CRLs: of one source, or the current one. They are not judged.</summary>
    internal async Task<(IReadOnlyList<CertificateList> Crls, GeneralTransaction Transaction)> AskCrlsAsync(CrlStatus? status, RequestOptions? options, CancellationToken cancellationToken)
    {
        if (status is null)
        {
            GeneralTransaction one = await AskAsync([new InfoTypeAndValue(Oids.CurrentCrl)], [Oids.CurrentCrl], CmpOperation.General, [], options, cancellationToken).ConfigureAwait(false);
            return (ReadValue(one.Item, CertificateList.Read) is { } current ? [current] : [], one);
        }
        var item = new InfoTypeAndValue(Oids.CrlStatusList, Tlv.Of(0x30, status.Encoded.Span));
        GeneralTransaction transaction = await AskAsync([item], [Oids.Crls], CmpOperation.Crls, [], options, cancellationToken).ConfigureAwait(false);
        return (ReadValue(transaction.Item, (ref Asn1Reader reader) => reader.ReadFilledList(CertificateList.Read)) ?? [], transaction);
    }

    private Crl Judge(CertificateList crl, IReadOnlyList<Certificate> seen) =>
        Crl.Judge(crl, Settings.TrustAnchor!, [.. Settings.IssuedTrustAnchor!, .. Settings.UntrustedCertificate!, .. seen], Now);
}
