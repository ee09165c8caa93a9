using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>A library that computes. Whoever calls an operation has asked <see cref="Can"/> through <see cref="BackEnd"/>; what a library throws is caught there where octets of a peer or of a key go in.</summary>
internal interface ICryptoBackEnd
{
    /// <summary>Whether it can, and whether it should be the one who does. Asked once for each pair.</summary>
    bool Can(CryptoOperation operation, string oid);

    byte[] Digest(string oid, ReadOnlyMemory<byte> data);

    /// <summary>Digests <paramref name="first"/>, then the digest, and so on.</summary>
    /// <param name="oid">The digest.</param>
    /// <param name="first">What is digested first.</param>
    /// <param name="times">Applications in all, at least 1.</param>
    /// <param name="result">Takes the last digest; no other copy of it is left.</param>
    void IterateDigest(string oid, byte[] first, int times, byte[] result);

    byte[] Hmac(string digestOid, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data);

    /// <summary>Opens a public key whose length is within the limits. It may throw anything.</summary>
    Verifier Open(SubjectPublicKeyInfo key);

    /// <summary>Encrypts for the owner of an RSA key whose length is within the limits. It may throw anything.</summary>
    byte[] Encrypt(SubjectPublicKeyInfo key, RsaEncryption encryption, byte[] data);

    /// <summary>Makes a secret for the owner of a KEM key that has its length. It may throw anything.</summary>
    KemEncapsulation Encapsulate(SubjectPublicKeyInfo key);

    PrivateKey Generate(KeyAlgorithm algorithm);

    /// <summary>Opens a private key: what PKCS #8 has within. It may throw anything.</summary>
    PrivateKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey);
}
