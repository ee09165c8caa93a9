using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Tests.Client;

/// <summary>Stores of issuers in memory, which refuse what they are told to.</summary>
internal sealed class FakeIssuerStores : IIssuerStores
{
    /// <summary>What is in them, as <c>CurrentUser\CA 0123…</c>.</summary>
    internal List<string> Held { get; } = [];

    /// <summary>What was done to them, in this order.</summary>
    internal List<string> Changes { get; } = [];

    /// <summary>Stores that may not be written.</summary>
    internal ISet<string> NotWritable { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Stores that let themselves be opened, and take nothing all the same.</summary>
    internal ISet<string> NotTaking { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Whether Windows would ask for each change of the user's roots, and nobody is there.</summary>
    internal bool IsUserAbsent { get; init; }

    internal static string Place(string store, Certificate certificate) => $"{store} {certificate.Thumbprint}";

    public bool WaitsForNobody(StorePath store) => IsUserAbsent && store.Store == @"CurrentUser\Root";

    public void EnsureWritable(StorePath store)
    {
        if (NotWritable.Contains(store.Store))
            throw Denied(store);
    }

    public bool Contains(StorePath store, Certificate certificate) => Held.Contains(Place(store.Store, certificate));

    public void Add(StorePath store, Certificate certificate)
    {
        Refuse(store);
        Held.Add(Place(store.Store, certificate));
        Changes.Add("+" + Place(store.Store, certificate));
    }

    public void Remove(StorePath store, Certificate certificate)
    {
        Refuse(store);
        Held.Remove(Place(store.Store, certificate));
        Changes.Add("-" + Place(store.Store, certificate));
    }

    private static CmpException Denied(StorePath store) => new(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The store {store.Store} may not be opened.");

    private void Refuse(StorePath store)
    {
        if (WaitsForNobody(store))
            throw StoreErrors.NobodyToAsk(store);
        if (NotWritable.Contains(store.Store) || NotTaking.Contains(store.Store))
            throw Denied(store);
    }
}
