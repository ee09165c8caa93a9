using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks whether a root CA has a new key, and proves that it follows the old one (RFC 9810 5.3.19.15, RFC 9483 4.3.2; rules 47 and 73). Nothing is stored.</summary>
    /// <param name="oldRoot">The root that is trusted; <see langword="null"/>: the only trust anchor of the server's settings.</param>
    /// <param name="crls">CRLs that may say that it is revoked, besides those of the server's settings and, online, those that the certificates name.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The update; <see langword="null"/> where the server knows of none.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.OldRoot</c>: nothing says which root is meant; <c>CmpRootUpdate.…</c>: what came is not proven (<see cref="RootUpdate.Prove"/>);
    /// <c>CmpServer.…</c>, <c>CmpMessage.Malformed</c>, <c>CmpTransaction.StillWaiting</c>.
    /// </exception>
    public async Task<RootUpdate?> GetRootUpdateAsync(Certificate? oldRoot = null, IReadOnlyList<CertificateList>? crls = null, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        Certificate old = oldRoot ?? (Settings.TrustAnchor is [var only] ? only : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OldRoot", "Nothing says which root's update is asked for.")
        {
            RecommendedAction = "Name the root, or give the server exactly one -TrustAnchor.",
        });
        (CaKeyUpdContent? announced, _) = await AskRootUpdateAsync(old, options, cancellationToken).ConfigureAwait(false);
        RootCaKeyUpdateContent? content = announced is null ? null : announced.V3 ?? new RootCaKeyUpdateContent(announced.NewWithNew, announced.NewWithOld, announced.OldWithNew);
        if (content is null || content.NewWithNew.IsSameAs(old))
            return null; // rule 47: an absent value means no update; so does the root that is trusted already
        return await RootUpdate.ProveAsync(old, content, crls ?? [], Crls, Now, options?.Trace, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for the next key of a root. What comes is not judged.</summary>
    /// <param name="old">The root; <see langword="null"/> where the server is to know which one.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the server says, in the form in which a ckuann would; <see langword="null"/> where it knows of none.</returns>
    internal async Task<(CaKeyUpdContent? Content, GeneralTransaction Transaction)> AskRootUpdateAsync(Certificate? old, RequestOptions? options, CancellationToken cancellationToken)
    {
        GeneralTransaction transaction = await AskAsync([new InfoTypeAndValue(Oids.RootCaCert, old?.Encoded)], [Oids.RootCaKeyUpdate, Oids.CaKeyUpdateInfo], CmpOperation.RootUpdate, [], options, cancellationToken).ConfigureAwait(false);
        if (transaction.IsUnsupported && transaction.Items.Any(item => item.InfoType == Oids.UnsupportedOids))
        {
            // the question of cmp2000, which has no word for whose update is meant
            transaction = await AskAsync([new InfoTypeAndValue(Oids.CaKeyUpdateInfo)], [Oids.CaKeyUpdateInfo, Oids.RootCaKeyUpdate], CmpOperation.General, [], options, cancellationToken).ConfigureAwait(false);
        }
        CaKeyUpdContent? content = transaction.Item is not { } item ? null : item.InfoType == Oids.RootCaKeyUpdate
            ? ReadValue(item, RootCaKeyUpdateContent.Read) is { } update ? new CaKeyUpdContent(update) : null
            : ReadValue(item, CaKeyUpdAnnContent.Read) is { } form ? new CaKeyUpdContent(form) : null;
        return (content, transaction);
    }
}
