using System.Collections.Generic;
using System.Security;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Whose keys are to come back from the CA's archive, and where they go.</summary>
public sealed record KeyRecoveryRequest
{
    /// <summary>Whose keys; <see langword="null"/>: those of the subject of <see cref="Certificate"/>.</summary>
    public Name? Subject { get; init; }

    /// <summary>The certificate whose key is lost; <see langword="null"/>: all that the CA has of the subject.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>The kind of key that is made for the CA to encrypt to, and gone afterwards: one that opens or agrees.</summary>
    public KeyAlgorithm EncryptionKeyAlgorithm { get; init; } = KeyAlgorithm.Parse("RSA_3072");

    /// <summary>The kind of a new key for signatures, which the CA is to certify along with it; <see langword="null"/>: none is made.</summary>
    public KeyAlgorithm? NewKeyAlgorithm { get; init; }

    /// <summary>Where each certificate goes with its key. Of several the first goes to the file that is named, the next ones to files beside it, with their numbers.</summary>
    public required CertificateDestination Destination { get; init; }

    /// <summary>The password of those files.</summary>
    public SecureString? OutPassword { get; init; }

    /// <summary>Whether a key that goes to a store of Windows may leave it again.</summary>
    public bool IsKeyExportable { get; init; }

    /// <summary>Accounts that may use the private keys besides, in a store of Windows: names or SIDs.</summary>
    public IReadOnlyList<string> PrivateKeyReaders { get; init; } = [];

    /// <summary>Whether it ends where the server makes it wait, however short.</summary>
    public bool IsImpatient { get; init; }
}
