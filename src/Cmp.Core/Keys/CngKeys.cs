using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;

namespace Cmp.Keys;

/// <summary>Makes and keeps keys with any key storage provider of Windows: the software one, the TPM, smart cards, those of vendors.</summary>
/// <remarks>A key is called <c>Cmp-</c> and a GUID, and cannot be exported unless that was asked for. Where there is nobody to ask, a provider that would ask is an error.</remarks>
internal sealed class CngKeys(ICngStorage? storage) : IKeyKeeper
{
    /// <summary>Which card a provider is about to ask nobody knows before, so that its PINs are the provider's.</summary>
    private readonly RefusedPins _refused = new();

    /// <summary>The providers of this computer; none where it is not Windows.</summary>
    internal IReadOnlyList<string> Providers => storage?.Providers ?? [];

    /// <inheritdoc/>
    public bool Serves(KeyRequest request) => storage is not null && request is { Path: null, Provider: { } provider } && !provider.StartsWith("pkcs11:", StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public bool Keeps(KeyReference reference) => storage is not null && reference.Scheme == CngReference.Scheme;

    /// <inheritdoc/>
    public KeyReference Reserve(KeyRequest request)
    {
        string provider = ProviderOf(request);
        IReadOnlyList<string> known = Ask(provider, () => storage!.Algorithms(provider));
        _ = Choose(request, provider, known);
        return CngReference.Of(new CngName(provider, CngName.Prefix + Guid.NewGuid(), request.IsMachineKey));
    }

    /// <inheritdoc/>
    public KeyHandle Get(KeyRequest request)
    {
        CngName name = CngReference.Read(request.Reference ?? Reserve(request));
        IReadOnlyList<string> known = Ask(name.Provider, () => storage!.Algorithms(name.Provider));
        (string algorithm, CngKeyProperty[] properties) = Choose(request, name.Provider, known);
        var all = new List<CngKeyProperty>(properties);
        if (request.Exportable)
            all.Add(CngKeyProperty.Of(CngKeyProperty.ExportPolicy, CngKeyProperty.AllowExport | CngKeyProperty.AllowPlaintextExport) with { IsPersisted = true });
        ICngKey key;
        try
        {
            key = WithPin(name, "The key cannot be made", all, request.Pin, () => storage!.Create(name, algorithm, all, request.IsSilent));
        }
        catch (CryptographicException e) when (CngErrors.IsInability(e))
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Algorithm", $"'{PeerText.Escape(name.Provider)}' makes no{(request.Exportable ? " exportable" : string.Empty)} key of {request.Algorithm}: {e.Message}", e)
            {
                RecommendedAction = $"It has {Join(CngAlgorithms.Words(known))}, not all of them in each length{(request.Exportable ? ", and mostly none that leaves it: leave -KeyExportPolicy out" : string.Empty)}.",
            };
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key cannot be made", name, e);
        }
        try
        {
            return Handle(CngPrivateKey.Of(storage!, name, key));
        }
        catch
        {
            Quietly(() => Delete(name, request.Pin, request.IsSilent));
            throw;
        }
    }

    /// <inheritdoc/>
    public KeyHandle Open(KeyReference reference, SecureString? pin)
    {
        CngName name = CngReference.Read(reference);
        try
        {
            return Handle(CngPrivateKey.Of(storage!, name, Open(name, pin, UserPresence.IsAbsent)));
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key cannot be opened", name, e);
        }
    }

    /// <inheritdoc/>
    public void Delete(KeyReference reference, SecureString? pin) => Delete(CngReference.Read(reference), pin, UserPresence.IsAbsent);

    private static (string Algorithm, CngKeyProperty[] Properties) Choose(KeyRequest request, string provider, IReadOnlyList<string> known)
    {
        if (CngAlgorithms.Of(request.Algorithm) is { } chosen && CngAlgorithms.Has(known, chosen.Algorithm))
            return chosen;
        IReadOnlyList<string> words = CngAlgorithms.Words(known);
        throw new CmpException(CmpErrorKind.Key, "CmpKey.Algorithm", $"'{PeerText.Escape(provider)}' makes no keys of {request.Algorithm}. It has {Join(words)}.")
        {
            RecommendedAction = "Choose one of these with -KeyAlgorithm, or another -Provider.",
        };
    }

    private static string Join(IReadOnlyList<string> words) => words.Count == 0 ? "none that are used here" : string.Join(", ", words);

    /// <summary>Opens a key, and gives it the PIN where there is one.</summary>
    private ICngKey Open(CngName name, SecureString? pin, bool silent)
    {
        ICngKey key = storage!.Open(name, silent);
        if (pin is null)
            return key;
        List<CngKeyProperty> one = [];
        try
        {
            return WithPin(name, "The key cannot be opened", one, pin, () =>
            {
                key.SetProperty(one[0]);
                // most providers look at a PIN when it is needed: it is tried here, once, and not by each of many rows
                PrivateKey opened = CngPrivateKey.Of(storage, name, key);
                opened.EnsureFits(opened.PublicKey);
                return key;
            });
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Adds the PIN to what is set, and clears it afterwards. One that was refused is not tried again.</summary>
    private ICngKey WithPin(CngName name, string what, List<CngKeyProperty> properties, SecureString? pin, Func<ICngKey> action)
    {
        if (pin is null)
            return action();
        // UTF-16 with its end
        var octets = new byte[(2 * pin.Length) + 2];
        IntPtr memory = Marshal.SecureStringToGlobalAllocUnicode(pin);
        try
        {
            Marshal.Copy(memory, octets, 0, 2 * pin.Length);
            byte[] digest = RefusedPins.DigestOf(octets);
            // one after the other: of many rows with a wrong PIN the first one finds out
            lock (_refused)
            {
                if (_refused.Has(name.Provider, digest))
                    throw CngErrors.RefusedBefore(what, name);
                properties.Add(new CngKeyProperty(CngKeyProperty.Pin, octets));
                try
                {
                    ICngKey key = action();
                    _refused.Forget(name.Provider);
                    return key;
                }
                catch (Exception e) when (CngErrors.IsWrongPin(e is CmpException { InnerException: { } cause } ? cause : e))
                {
                    _refused.Add(name.Provider, digest);
                    throw;
                }
            }
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(memory);
            Secrets.Clear(octets);
        }
    }

    /// <summary>The provider by its registered name, whatever the case of its letters.</summary>
    private string ProviderOf(KeyRequest request)
    {
        IReadOnlyList<string> known = Ask(request.Provider!, () => storage!.Providers);
        return known.FirstOrDefault(provider => string.Equals(provider, request.Provider, StringComparison.OrdinalIgnoreCase))
            ?? throw new CmpException(CmpErrorKind.Key, "CmpKey.Provider", $"There is no key storage provider '{PeerText.Escape(request.Provider)}'. There are {string.Join(", ", known.Select(name => $"'{PeerText.Escape(name)}'"))}.")
            {
                RecommendedAction = "Choose one of these with -Provider; Tab completes them.",
            };
    }

    private static T Ask<T>(string provider, Func<T> question)
    {
        try
        {
            return question();
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key storage provider does not answer", new CngName(provider, string.Empty, IsMachine: false), e);
        }
    }

    private static KeyHandle Handle(CngPrivateKey key) => new(key, key.Delete) { Reference = CngReference.Of(key.Name) };

    private void Delete(CngName name, SecureString? pin, bool silent)
    {
        try
        {
            ICngKey key = storage!.Open(name, silent);
            if (pin is null)
                key.Delete();
            else
                DeleteWithPin(name, key, pin);
        }
        catch (CryptographicException e) when (CngErrors.IsAbsence(e))
        {
            // gone is gone
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The key cannot be deleted", name, e);
        }
    }

    private void DeleteWithPin(CngName name, ICngKey key, SecureString pin)
    {
        List<CngKeyProperty> one = [];
        try
        {
            WithPin(name, "The key cannot be deleted", one, pin, () =>
            {
                key.SetProperty(one[0]);
                key.Delete();
                return key;
            });
        }
        finally
        {
            key.Dispose();
        }
    }

    /// <summary>Undoes after an error, which is the one to tell.</summary>
    private static void Quietly(Action undo)
    {
        try
        {
            undo();
        }
        catch (CmpException)
        {
            // the name is written down: whoever clears that away finds the key
        }
    }
}
