using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Cryptography.Cng;

/// <summary>The key storage of Windows, as far as it is needed here. What it refuses is a CryptographicException whose HResult is the status.</summary>
internal interface ICngStorage
{
    /// <summary>The registered providers.</summary>
    IReadOnlyList<string> Providers { get; }

    /// <summary>The algorithms that a provider has, by CNG's names.</summary>
    IReadOnlyList<string> Algorithms(string provider);

    /// <summary>Makes a key.</summary>
    /// <param name="name">What it is to be called.</param>
    /// <param name="algorithm">Its algorithm, by CNG's name.</param>
    /// <param name="properties">What is set before it is made, in this order.</param>
    /// <param name="silent">Whether nobody can be asked for anything, now and with what is opened here.</param>
    ICngKey Create(CngName name, string algorithm, IReadOnlyList<CngKeyProperty> properties, bool silent);

    /// <summary>Opens a key.</summary>
    ICngKey Open(CngName name, bool silent);

    /// <summary>A copy of a certificate that is tied to a key; the store that gets it keeps the tie.</summary>
    X509Certificate2 Tie(X509Certificate2 certificate, CngName name);

    /// <summary>The key that a certificate is tied to; <see langword="null"/> where that is none of CNG's, or none.</summary>
    CngName? KeyOf(X509Certificate2 certificate);
}
