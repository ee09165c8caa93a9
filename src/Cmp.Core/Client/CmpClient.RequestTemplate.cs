using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks what a request for a certificate should look like (RFC 9810 5.3.19.16, RFC 9483 4.3.3).</summary>
    /// <param name="profile">The certificate profile that is meant; <see langword="null"/>: that of the server's settings, if any.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The template; <see langword="null"/> where the server has no wishes.</returns>
    /// <exception cref="CmpException"><c>CmpRequestTemplate.PublicKey</c>, <c>CmpServer.…</c>, <c>CmpMessage.Malformed</c>, <c>CmpTransaction.StillWaiting</c>.</exception>
    public async Task<RequestTemplate?> GetRequestTemplateAsync(string? profile = null, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        profile ??= Settings.CertificateProfile;
        InfoTypeAndValue[] info = profile is null ? [] : [InfoTypeAndValue.CertProfile(profile)];
        GeneralTransaction transaction = await AskAsync([new InfoTypeAndValue(Oids.CertReqTemplate)], [Oids.CertReqTemplate], CmpOperation.RequestTemplate, info, options, cancellationToken).ConfigureAwait(false);
        return ReadValue(transaction.Item, CertReqTemplateContent.Read) is { } content ? RequestTemplate.Read(content, profile) : null;
    }
}
