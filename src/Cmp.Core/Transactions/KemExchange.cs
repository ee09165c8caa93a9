using System;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>
/// How a transaction comes to the key of its own KemBasedMac: where our certificate has a KEM key the server is asked for a ciphertext first, by a
/// genm that is not protected, and the request waits until it is there (RFC 9810 appendix E, figure 3). Nothing of ours is under any other key.
/// </summary>
/// <remarks>
/// What was encapsulated for the server's key is <see cref="AnswerVerifier"/>'s (figures 4 and 5). Who sent our ciphertext is not known, and does not matter:
/// only we can open it, so it proves us to the server, and never the server to us.
/// </remarks>
internal sealed class KemExchange(KemMacOptions options, KemCertificate? own, ReadOnlyMemory<byte> transactionId) : IDisposable
{
    private SharedSecret? _secret;

    /// <summary>Whether nothing can be protected yet.</summary>
    internal bool LacksCiphertext => own is not null && Protector is null;

    /// <summary>Protects our messages; <see langword="null"/> where our certificate has no KEM key, or the ciphertext is not there yet.</summary>
    internal MessageProtector? Protector { get; private set; }

    /// <summary>The ciphertext that came.</summary>
    internal KemCiphertextInfo? Ciphertext { get; private set; }

    /// <summary>The request that waits, as it would be without protection; afterwards as it was sent. It is what a transaction's state is about.</summary>
    internal PkiMessage? Request { get; set; }

    /// <summary>Opens the ciphertext: the key of our messages is there.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Ciphertext</c>: it was not made for a key like ours, or has another length.</exception>
    internal void Take(KemCiphertextInfo ciphertext)
    {
        KemCertificate certificate = own ?? throw new InvalidOperationException("Our certificate has no key of a KEM.");
        if (!ciphertext.Kem.IsSameAs(certificate.Key.PublicKey.Algorithm))
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Ciphertext", $"The ciphertext is of {Oids.NameOf(ciphertext.Kem.Oid)}, our key is {certificate.Key.Algorithm}.") { Octets = ciphertext.Encoded };
        var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, certificate.Key.Decapsulate(ciphertext.Ct));
        try
        {
            Protector = MessageProtector.KemBasedMac(secret, certificate.Certificate, options with { TransactionId = transactionId });
        }
        catch
        {
            secret.Dispose();
            throw;
        }
        _secret = secret;
        Ciphertext = ciphertext;
    }

    /// <summary>Forgets the secret.</summary>
    public void Dispose()
    {
        Protector?.Dispose();
        _secret?.Dispose();
    }
}
