using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks for the certificates of the CAs, intermediate and issuing ones as a rule (RFC 9810 5.3.19.14, RFC 9483 4.3.1).</summary>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The certificates; empty where the server has none to give. They are trusted no more for that they came.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpTrust.NotCA</c>, <c>CmpTrust.Expired</c>, <c>CmpTrust.NotYetValid</c>: one of them is no CA's, or not valid now (rule 47);
    /// <c>CmpServer.…</c>, <c>CmpMessage.Malformed</c>, <c>CmpTransaction.StillWaiting</c>.
    /// </exception>
    public async Task<IReadOnlyList<Certificate>> GetCACertificatesAsync(RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        (IReadOnlyList<Certificate> certificates, _) = await AskCACertificatesAsync(options, cancellationToken).ConfigureAwait(false);
        return certificates;
    }

    /// <summary>Asks for the certificates of the CAs, and gives the transaction with them.</summary>
    internal async Task<(IReadOnlyList<Certificate> Certificates, GeneralTransaction Transaction)> AskCACertificatesAsync(RequestOptions? options, CancellationToken cancellationToken)
    {
        GeneralTransaction transaction = await AskAsync([new InfoTypeAndValue(Oids.CaCerts)], [Oids.CaCerts], CmpOperation.CaCertificates, [], options, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<Certificate> certificates = ReadValue(transaction.Item, (ref Asn1Reader reader) => reader.ReadFilledList(Certificate.Read)) ?? [];
        foreach (Certificate certificate in certificates)
        {
            if (!certificate.IsCA)
                throw Refused("CmpTrust.NotCA", $"The server calls {certificate} a CA, which its certificate does not.", certificate);
            if (Now < certificate.NotBefore)
                throw Refused("CmpTrust.NotYetValid", $"The server sent the certificate of the CA {certificate}, which is valid from {certificate.NotBefore:u} only.", certificate);
            if (Now > certificate.NotAfter)
                throw Refused("CmpTrust.Expired", $"The server sent the certificate of the CA {certificate}, which expired at {certificate.NotAfter:u}.", certificate);
        }
        return (certificates, transaction);
    }

    private static CmpException Refused(string errorId, string message, Certificate certificate) => new(CmpErrorKind.Trust, errorId, message) { Octets = certificate.Encoded };
}
