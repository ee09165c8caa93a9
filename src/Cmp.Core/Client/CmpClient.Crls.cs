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
        GeneralTransaction transaction;
        IReadOnlyList<CertificateList> crls;
        if (status is null)
        {
            transaction = await AskAsync([new InfoTypeAndValue(Oids.CurrentCrl)], [Oids.CurrentCrl], CmpOperation.General, [], options, cancellationToken).ConfigureAwait(false);
            crls = ReadValue(transaction.Item, CertificateList.Read) is { } current ? [current] : [];
        }
        else
        {
            var item = new InfoTypeAndValue(Oids.CrlStatusList, Tlv.Of(0x30, status.Encoded.Span));
            transaction = await AskAsync([item], [Oids.Crls], CmpOperation.Crls, [], options, cancellationToken).ConfigureAwait(false);
            crls = ReadValue(transaction.Item, (ref Asn1Reader reader) => reader.ReadFilledList(CertificateList.Read)) ?? [];
        }
        if (crls is not [var crl, ..])
            return null;
        if (crls.Count > 1)
            options?.Trace?.Warning($"The server sent {crls.Count} CRLs where one was asked for: the others are ignored.");
        if (status?.ThisUpdate is { } known && crl.ThisUpdate <= known)
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpCrl.Older", $"The server sent a CRL of {crl.ThisUpdate:u}, which is no newer than the one at hand.") { Octets = crl.Encoded };
        }
        return Judge(crl, transaction);
    }

    private Crl Judge(CertificateList crl, Transaction transaction) =>
        Crl.Judge(crl, Settings.TrustAnchor!, [.. Settings.IssuedTrustAnchor!, .. Settings.UntrustedCertificate!, .. transaction.SeenCertificates], Now);
}
