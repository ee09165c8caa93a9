using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>Puts the issuers of a certificate into the stores of the user or of the computer. What is there already is left as it is, and stays.</summary>
internal sealed class ChainStores(StoreLocation location, IIssuerStores stores)
{
    private readonly StorePath _intermediates = new(location, IssuerStores.Intermediates);
    private readonly StorePath _roots = new(location, IssuerStores.Roots);

    /// <summary>Finds out, before anything is sent, whether <see cref="Install"/> could do its work.</summary>
    /// <param name="roots">Those of which one is to be trusted; empty where none is.</param>
    /// <exception cref="CmpException"><c>CmpStore.NobodyToAsk</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.…</c>, <c>CmpPlatform.NotSupported</c>.</exception>
    internal void EnsureTakes(IReadOnlyList<Certificate> roots)
    {
        try
        {
            stores.EnsureWritable(_intermediates);
            // which of them it will be is known when the certificate has come
            if (roots.Count == 0 || roots.All(root => stores.Contains(_roots, root)))
                return;
            if (stores.WaitsForNobody(_roots) && !roots.Any(root => stores.Contains(_roots, root)))
                throw StoreErrors.NobodyToAsk(_roots);
            stores.EnsureWritable(_roots);
        }
        catch (CmpException e)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"The chain cannot be installed: {e.Message}", e)
            {
                RecommendedAction = e.ErrorId == "CmpStore.NobodyToAsk" ? e.RecommendedAction : "Leave -InstallChain out, or name a store with -CertStoreLocation beside which the chain may be put.",
            };
        }
    }

    /// <summary>Puts in what is not there. What fails hinders no other.</summary>
    internal InstalledChain Install(ChainToInstall chain)
    {
        var added = new List<(StorePath Store, Certificate Certificate)>();
        var notes = new List<string>();
        var problems = new List<CmpException>();
        foreach (Certificate intermediate in chain.Intermediates)
            Add(_intermediates, intermediate, "The certificate of the issuer");
        if (chain.Root is { } root)
            Add(_roots, root, "The root");
        return new InstalledChain(() => Remove(added)) { Notes = notes, Problems = problems };

        void Add(StorePath store, Certificate certificate, string what)
        {
            try
            {
                if (stores.Contains(store, certificate))
                    return;
                stores.Add(store, certificate);
                added.Add((store, certificate));
                notes.Add($"{what} {certificate}, {certificate.Thumbprint}, is put into {store.Store}.");
            }
            catch (CmpException e)
            {
                problems.Add(new CmpException(e.Kind, e.ErrorId, $"{what} {certificate}, {certificate.Thumbprint}, was not put into {store.Store}: {e.Message}", e) { RecommendedAction = e.RecommendedAction });
            }
        }
    }

    /// <summary>Takes them out, the last one first; one that stays keeps no other in.</summary>
    private void Remove(List<(StorePath Store, Certificate Certificate)> added)
    {
        CmpException? error = null;
        foreach ((StorePath store, Certificate certificate) in Enumerable.Reverse(added))
        {
            try
            {
                stores.Remove(store, certificate);
            }
            catch (CmpException e)
            {
                error ??= e;
            }
        }
        if (error is not null)
            throw error;
    }
}
