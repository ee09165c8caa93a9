using System;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Transactions;

/// <summary>One certificate that a CA gave back, and its key or why there is none.</summary>
public sealed class RecoveredKey : IDisposable
{
    internal RecoveredKey(Certificate certificate, PrivateKey key)
    {
        Certificate = certificate;
        Key = key;
    }

    internal RecoveredKey(Certificate? certificate, CmpException error)
    {
        Certificate = certificate;
        Error = error;
    }

    /// <summary>The certificate; <see langword="null"/> where it came encrypted and could not be opened.</summary>
    public Certificate? Certificate { get; }

    /// <summary>Its private key, which fits it; <see langword="null"/> where <see cref="Error"/> says why.</summary>
    public PrivateKey? Key { get; }

    /// <summary>Why there is no key; <see langword="null"/> where there is one.</summary>
    public CmpException? Error { get; }

    /// <summary>Lets go of the key.</summary>
    public void Dispose() => Key?.Dispose();
}
