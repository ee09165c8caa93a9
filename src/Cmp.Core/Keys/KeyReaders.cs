using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;

namespace Cmp.Keys;

/// <summary>Lets accounts use the private key of a certificate in a store of Windows, whatever provider keeps it; only on Windows.</summary>
internal sealed class KeyReaders(ICngStorage? storage, IAccounts? accounts)
{
    internal static KeyReaders Default { get; } = Create();

    /// <summary>Whether this platform knows who may use a key.</summary>
    internal bool AreKnown => storage is not null;

    /// <summary>Finds accounts, before anything is sent.</summary>
    /// <param name="names">Names, as in <c>NETWORK SERVICE</c> or <c>DOMAIN\user</c>, or SIDs. Those that every Windows has are known by their English names in all languages.</param>
    /// <returns>Their SIDs.</returns>
    /// <exception cref="CmpException"><c>CmpPlatform.NotSupported</c>: this is not Windows; <c>CmpKey.Reader</c>: there is no such account.</exception>
    internal IReadOnlyList<Sid> Resolve(IEnumerable<string> names)
    {
        List<string> all = [.. names];
        if (all.Count > 0 && (storage is null || accounts is null))
        {
            throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "Only Windows knows which accounts may use a private key.")
            {
                RecommendedAction = "Leave -PrivateKeyReader out, and let the certificate go to a file that those accounts may read.",
            };
        }
        return [.. all.Select(Resolve)];
    }

    /// <summary>Who may use the key of a certificate.</summary>
    /// <returns>It; <see langword="null"/> where the key is none of CNG's, or this is not Windows.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Permissions</c>: it cannot be found out; <c>CmpKey.…</c>.</exception>
    internal KeySecurity? Of(X509Certificate2 certificate) =>
        storage?.KeyOf(certificate) is { } name ? Use(name, key => KeySecurity.Decode(key.GetProperty(CngKeyProperty.SecurityDescriptor, CngKeyProperty.Dacl))) : null;

    /// <summary>Lets those use a key who may use another one, and accounts besides.</summary>
    /// <param name="certificate">The certificate of the key.</param>
    /// <param name="like">Who may use the other one; <see langword="null"/>: who may use this one.</param>
    /// <param name="readers">The accounts besides.</param>
    /// <returns>Whether it was done: not where the key is none of CNG's.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Permissions</c>, <c>CmpKey.AccessDenied</c>, <c>CmpKey.…</c>.</exception>
    internal bool Grant(X509Certificate2 certificate, KeySecurity? like, IReadOnlyList<Sid> readers)
    {
        if (like is null && readers.Count == 0)
            return true;
        if (storage?.KeyOf(certificate) is not { } name)
            return false;
        return Use(name, key =>
        {
            KeySecurity security = (like ?? KeySecurity.Decode(key.GetProperty(CngKeyProperty.SecurityDescriptor, CngKeyProperty.Dacl))).With(readers);
            key.SetProperty(new CngKeyProperty(CngKeyProperty.SecurityDescriptor, security.Encode(), IsPersisted: true), CngKeyProperty.Dacl);
            return true;
        });
    }

    private T Use<T>(CngName name, Func<ICngKey, T> use)
    {
        try
        {
            using ICngKey key = storage!.Open(name, UserPresence.IsAbsent);
            return use(key);
        }
        catch (FormatException e)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Permissions", $"The permissions of the key {PeerText.Escape(name.Name)} cannot be used: {e.Message}", e);
        }
        catch (CryptographicException e) when (e.HResult == CngErrors.NotSupported)
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Permissions", $"'{PeerText.Escape(name.Provider)}' keeps no permissions for its keys.", e);
        }
        catch (CryptographicException e)
        {
            throw CngErrors.Of("The permissions of the key cannot be used", name, e);
        }
    }

    private Sid Resolve(string name) => Sid.Parse(name) ?? Sid.OfWellKnown(name) ?? Look(name)
        ?? throw new CmpException(CmpErrorKind.Argument, "CmpKey.Reader", $"There is no account '{PeerText.Escape(name)}'.")
        {
            RecommendedAction = @"Write it as DOMAIN\user, COMPUTER\user, IIS AppPool\name or NT SERVICE\name, or give its SID.",
        };

    private Sid? Look(string name)
    {
        try
        {
            return accounts!.SidOf(name) is { } text ? Sid.Parse(text) : null;
        }
        catch (Exception e)
        {
            // a domain that does not answer is no enrolment's end in the middle
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Reader", $"The account '{PeerText.Escape(name)}' cannot be looked up: {PeerText.Escape(e.Message, 200)}", e)
            {
                RecommendedAction = "Try again where its domain can be reached, or give its SID.",
            };
        }
    }

    private static KeyReaders Create()
    {
#if NET
        return OperatingSystem.IsWindows() ? new KeyReaders(CngPlatform.Storage, new WindowsAccounts()) : new KeyReaders(null, null);
#else
        return new KeyReaders(CngPlatform.Storage, RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? new WindowsAccounts() : null);
#endif
    }
}
