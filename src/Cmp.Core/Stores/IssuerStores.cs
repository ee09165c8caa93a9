using System;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>Those of this platform, by .NET.</summary>
/// <remarks>
/// Windows shows a dialog when a root goes into <c>CurrentUser\Root</c> or out of it, and waits for its answer; the computer's own store is
/// written without one, by who has the rights.
/// </remarks>
internal sealed class IssuerStores : IIssuerStores
{
    internal const string Intermediates = "CA";
    internal const string Roots = "Root";

    internal static IIssuerStores Default { get; } = new IssuerStores();

    public bool WaitsForNobody(StorePath store) => Platform.IsWindows && UserPresence.IsAbsent
        && store.Location == StoreLocation.CurrentUser && string.Equals(store.Name, Roots, StringComparison.OrdinalIgnoreCase);

    public void EnsureWritable(StorePath store)
    {
        using X509Store opened = store.Open(OpenFlags.ReadWrite);
        if (Platform.KeepsStoresInFiles)
            StoreFolder.EnsureWritable(store);
    }

    public bool Contains(StorePath store, Certificate certificate)
    {
        using X509Store opened = store.OpenToRead();
        try
        {
            using X509Certificate2? found = CertificateSource.FindIn(opened, store with { Thumbprint = certificate.Thumbprint });
            return found is not null && certificate.IsSameAs(Certificate.From(found));
        }
        catch (Exception e)
        {
            throw StoreErrors.Of(store, e);
        }
    }

    public void Add(StorePath store, Certificate certificate) => Change(store, certificate, (opened, one) => opened.Add(one));

    public void Remove(StorePath store, Certificate certificate) => Change(store, certificate, (opened, one) => opened.Remove(one));

    private void Change(StorePath store, Certificate certificate, Action<X509Store, X509Certificate2> change)
    {
        if (WaitsForNobody(store))
            throw StoreErrors.NobodyToAsk(store);
        using X509Store opened = store.Open(OpenFlags.ReadWrite);
        try
        {
            using var one = new X509Certificate2(certificate.Encoded.ToArray());
            change(opened, one);
        }
        catch (Exception e)
        {
            throw StoreErrors.Of(store, e);
        }
    }
}
