using System;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;

namespace Cmp.Transactions;

/// <summary>What opens what a server encrypts for one request of an enrolment.</summary>
public sealed class RequestKey
{
    private RequestKey(PrivateKey? own, EnvelopeKey? recipient)
    {
        Own = own;
        Recipient = recipient;
    }

    /// <summary>The private key that is to be certified: it opens an encrypted certificate and answers a challenge.</summary>
    internal PrivateKey? Own { get; }

    /// <summary>Opens the private key that the CA made.</summary>
    internal EnvelopeKey? Recipient { get; }

    /// <summary>For a request whose proof of possession follows.</summary>
    /// <param name="own">The private key that is to be certified. It stays the caller's.</param>
    /// <returns>What opens it.</returns>
    public static RequestKey Of(PrivateKey own) => new(own ?? throw new ArgumentNullException(nameof(own)), null);

    /// <summary>For a request that has the CA make the key.</summary>
    /// <param name="recipient">The shared secret, the client certificate's key, or one that was made for this and named by protocolEncrKey. It stays the caller's.</param>
    /// <returns>What opens it.</returns>
    public static RequestKey Of(EnvelopeKey recipient) => new(null, recipient ?? throw new ArgumentNullException(nameof(recipient)));
}
