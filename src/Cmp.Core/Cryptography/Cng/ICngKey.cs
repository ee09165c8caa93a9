using System;

namespace Cmp.Cryptography.Cng;

/// <summary>A key in CNG that is open. What it refuses is a CryptographicException whose HResult is the status.</summary>
internal interface ICngKey : IDisposable
{
    /// <summary>Reads a property.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="flags">For a security descriptor which parts of it.</param>
    byte[] GetProperty(string name, uint flags = 0);

    /// <summary>Sets a property.</summary>
    /// <param name="property">It.</param>
    /// <param name="flags">For a security descriptor which parts of it.</param>
    void SetProperty(CngKeyProperty property, uint flags = 0);

    /// <summary>Exports it as a blob.</summary>
    byte[] Export(string blobType);

    /// <summary>Signs.</summary>
    /// <param name="input">A digest, or of ML-DSA the message.</param>
    /// <param name="padding">How it is padded.</param>
    byte[] Sign(byte[] input, CngPadding padding);

    /// <summary>Decrypts.</summary>
    /// <param name="input">The ciphertext.</param>
    /// <param name="padding">How it was padded: <see cref="CngPadding.Pkcs1Encryption"/> or <see cref="CngPadding.Oaep"/>.</param>
    byte[] Decrypt(byte[] input, CngPadding padding);

    /// <summary>Deletes it, and lets go of it.</summary>
    void Delete();
}
