using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>The stores that certificates of issuers go to, as a platform keeps them: <c>CA</c> and <c>Root</c>.</summary>
internal interface IIssuerStores
{
    /// <summary>Whether the platform asks the user in a window of its own before it trusts a root there, and nobody is there to answer.</summary>
    /// <param name="store">The store.</param>
    bool WaitsForNobody(StorePath store);

    /// <summary>Finds out whether something can be put there. It leaves nothing behind.</summary>
    /// <param name="store">The store.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    void EnsureWritable(StorePath store);

    /// <summary>Whether the same octets are there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="certificate">The certificate.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    bool Contains(StorePath store, Certificate certificate);

    /// <summary>Puts a certificate there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="certificate">The certificate.</param>
    /// <exception cref="CmpException"><c>CmpStore.NobodyToAsk</c>: see <see cref="WaitsForNobody"/>; <c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    void Add(StorePath store, Certificate certificate);

    /// <summary>Takes a certificate out; one that is not there is no error.</summary>
    /// <param name="store">The store.</param>
    /// <param name="certificate">The certificate.</param>
    /// <exception cref="CmpException">As for <see cref="Add"/>.</exception>
    void Remove(StorePath store, Certificate certificate);
}
