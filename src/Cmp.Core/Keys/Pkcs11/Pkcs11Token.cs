using System;
using System.Collections.Generic;
using System.Linq;
using System.Security;
using System.Threading;
using Cmp.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>A token that is in use: its sessions, and whether we are logged in.</summary>
/// <remarks>
/// Being logged in is the process's and not a session's (PKCS #11 2.40, 2.6): the first who needs it logs in, the last who lets go logs out. Safe from
/// several threads: each operation has a session of its own for as long as it lasts.
/// </remarks>
internal sealed class Pkcs11Token
{
    /// <summary>Sessions at once; more wait. Cards have few, and more do not make a token faster.</summary>
    private const int MostSessions = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<(string Module, ulong Slot, string Serial), Pkcs11Token> InUse = [];

    private static readonly RefusedPins Refused = new();

    private readonly (string Module, ulong Slot, string Serial) _place;
    private readonly ISlot _slot;
    private readonly ITokenInfo _info;
    private readonly SemaphoreSlim _free;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly Stack<ISession> _idle = new();
    private readonly object _gate = new();
    private readonly Lazy<HashSet<CKM>> _mechanisms;
    private int _users;
    private ISession? _anchor;
    private bool _isLoggedIn;
    private bool _isOurLogin;
    private volatile bool _isGone;

    private Pkcs11Token((string Module, ulong Slot, string Serial) place, ISlot slot, ITokenInfo info)
    {
        _place = place;
        _slot = slot;
        _info = info;
        Name = $"'{PeerText.Escape(info.Label, 64)}'";
        // 0 and all bits set: as many as one likes, or unknown; one session is ours for as long as we are logged in
        int most = info.MaxSessionCount is > 1 and <= MostSessions ? (int)info.MaxSessionCount - 1 : MostSessions;
        _free = new SemaphoreSlim(most, most);
        // what fails is asked again
        _mechanisms = new Lazy<HashSet<CKM>>(() => Guard(() => new HashSet<CKM>(_slot.GetMechanismList())), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The label in quotation marks, escaped.</summary>
    internal string Name { get; }

    /// <summary>All that the token says of itself.</summary>
    private string Identity => string.Join("\n", _info.ManufacturerId, _info.Model, _info.SerialNumber, _info.Label);

    /// <summary>Opens the token that a URI names; nobody logs in yet.</summary>
    /// <returns>A hold on it, to be disposed of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Module</c>, <c>CmpKey.TokenMissing</c>, <c>CmpKey.Ambiguous</c>.</exception>
    internal static Pkcs11Hold Open(Pkcs11Uri uri)
    {
        (string module, ISlot slot, ITokenInfo info) = Pkcs11Module.Find(uri);
        var place = (module, slot.SlotId, info.SerialNumber);
        lock (InUse)
        {
            // one that was gone takes its sessions with it: who opens it anew begins anew
            if (!InUse.TryGetValue(place, out Pkcs11Token? token) || token._isGone)
                InUse[place] = token = new Pkcs11Token(place, slot, info);
            return token.Hold();
        }
    }

    /// <summary>The token and nothing else, by all that it is known by.</summary>
    /// <param name="uri">The URI that it was found by.</param>
    internal Pkcs11Uri Describe(Pkcs11Uri uri) => uri with
    {
        Token = Trimmed(_info.Label) ?? uri.Token,
        Serial = Trimmed(_info.SerialNumber) ?? uri.Serial,
        Manufacturer = Trimmed(_info.ManufacturerId) ?? uri.Manufacturer,
        Model = Trimmed(_info.Model) ?? uri.Model,
        // slots are counted anew when readers come and go
        SlotId = Trimmed(_info.SerialNumber) is null ? uri.SlotId : null,
    };

    /// <summary>Whether it knows a mechanism.</summary>
    internal bool Has(CKM mechanism) => _mechanisms.Value.Contains(mechanism);

    /// <summary>One more user of the token.</summary>
    internal Pkcs11Hold Hold()
    {
        lock (InUse)
        {
            _users++;
            return new Pkcs11Hold(this);
        }
    }

    /// <summary>One user less; the last one logs out.</summary>
    internal void Release()
    {
        // under the lock: who opens the token anew must not be logged out by this
        lock (InUse)
        {
            if (--_users > 0)
                return;
            if (InUse.TryGetValue(_place, out Pkcs11Token? same) && same == this)
                InUse.Remove(_place);
            lock (_gate)
            {
                // one that came back may be in other hands
                if (_isOurLogin && !_isGone && _anchor is { } anchor)
                    Quietly(anchor.Logout);
                Forget();
            }
        }
    }

    /// <summary>Logs the user in, where that is not done and the token wants it. A PIN that is refused is an error at once.</summary>
    /// <param name="pin">The PIN, where somebody gave one.</param>
    /// <param name="source">The file that it is in else, or <see langword="null"/>; it is read only where it is needed.</param>
    /// <exception cref="CmpException">
    /// <c>CmpKey.PinRequired</c>, <c>CmpKey.Pin</c>, <c>CmpKey.PinLocked</c>, <c>CmpKey.TokenGone</c>; <c>CmpKey.PinSource</c>; <c>CmpKey.PinTries</c>:
    /// nobody is there, and the token may not have many tries left.
    /// </exception>
    internal void LogIn(SecureString? pin, string? source = null)
    {
        lock (_gate)
        {
            if (_isLoggedIn || !_info.TokenFlags.LoginRequired)
                return;
            _anchor ??= Guard(() => _slot.OpenSession(SessionType.ReadOnly));
            if (Guard(_anchor.GetSessionInfo).State is CKS.CKS_RO_USER_FUNCTIONS or CKS.CKS_RW_USER_FUNCTIONS)
            {
                _isLoggedIn = true; // by somebody else in this process
                return;
            }
            bool isGiven = pin is { Length: > 0 };
            if (!isGiven && source is null)
                throw _info.TokenFlags.ProtectedAuthenticationPath ? Pkcs11Errors.PinPad(Name) : Pkcs11Errors.PinRequired(Name);
            using SecureString? kept = isGiven ? null : PinFile.Read(source!, Name);
            byte[] octets = Secrets.Utf8(kept ?? pin!);
            try
            {
                if (kept is not null || UserPresence.IsAbsent)
                    LogInUnattended(_anchor, octets, kept is null ? null : source);
                else
                    LogIn(_anchor, octets);
            }
            finally
            {
                Secrets.Clear(octets);
            }
        }
    }

    /// <summary>Does something in a session that nobody else has meanwhile.</summary>
    /// <param name="action">What.</param>
    /// <param name="writes">Whether it makes or removes objects.</param>
    /// <exception cref="CmpException"><c>CmpKey.Busy</c>, <c>CmpKey.TokenGone</c>, and what else a token answers.</exception>
    internal T Use<T>(Func<ISession, T> action, bool writes = false)
    {
        // objects come and go one after the other: SoftHSM stumbles over itself otherwise, and a device is no faster
        if (writes && !_writing.Wait(Patience))
            throw Pkcs11Errors.Busy(Name, null);
        try
        {
            return UseSession(action, writes);
        }
        finally
        {
            if (writes)
                _writing.Release();
        }
    }

    private T UseSession<T>(Func<ISession, T> action, bool writes)
    {
        if (!_free.Wait(Patience))
            throw Pkcs11Errors.Busy(Name, null);
        ISession? session = null;
        try
        {
            session = writes ? _slot.OpenSession(SessionType.ReadWrite) : Take();
            T result = action(session);
            if (!writes)
            {
                lock (_gate)
                    _idle.Push(session);
                session = null;
            }
            return result;
        }
        catch (Pkcs11Exception e)
        {
            throw Failed(e);
        }
        finally
        {
            // what went wrong may be the session's fault: it is not used again
            if (session is not null)
                Quietly(session.Dispose);
            _free.Release();
        }
    }

    /// <summary>One round trip that needs no session of its own.</summary>
    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Pkcs11Exception e)
        {
            throw Failed(e);
        }
    }

    private ISession Take()
    {
        lock (_gate)
        {
            if (_idle.Count > 0)
                return _idle.Pop();
        }
        return _slot.OpenSession(SessionType.ReadOnly);
    }

    /// <summary>Logs in where nobody sees that a PIN is refused: what comes again and again by itself must not lock the token.</summary>
    private void LogInUnattended(ISession session, byte[] pin, string? source)
    {
        using UnattendedPins refused = UnattendedPins.Open(Identity, Name);
        if (refused.Has(pin))
            throw Pkcs11Errors.RefusedUnattended(Name, source, refused.Path);
        ITokenFlags flags = Guard(_slot.GetTokenInfo).TokenFlags;
        if (flags.UserPinFinalTry || refused.Count >= UnattendedPins.Most)
            throw Pkcs11Errors.FewTries(Name, flags.UserPinFinalTry ? "it has one try left" : "it has refused two since it took one", refused.Path);
        // after our own wrong PIN the one that it was corrected to may be tried
        if (flags.UserPinCountLow && refused.Count == 0)
            throw Pkcs11Errors.FewTries(Name, "somebody else has given a wrong one since it took one", refused.Path);
        try
        {
            LogIn(session, pin);
        }
        catch (CmpException e) when (e is { ErrorId: "CmpKey.Pin", InnerException: not null })
        {
            refused.Add(pin);
            throw;
        }
    }

    private void LogIn(ISession session, byte[] pin)
    {
        byte[] digest = RefusedPins.DigestOf(pin);
        // serial numbers of two makers may be the same
        string place = $"{_place.Module}\n{_place.Serial}\n{_info.Label}";
        if (Refused.Has(place, digest))
            throw Pkcs11Errors.RefusedBefore(Name);
        try
        {
            session.Login(CKU.CKU_USER, pin);
            _isOurLogin = true;
        }
        catch (Pkcs11Exception e) when (e.RV == CKR.CKR_USER_ALREADY_LOGGED_IN)
        {
            // by somebody else in this process, a moment ago
        }
        catch (Pkcs11Exception e)
        {
            if (e.RV is CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE)
                Refused.Add(place, digest);
            throw Failed(e);
        }
        _isLoggedIn = true;
        Refused.Forget(place);
        if (_isOurLogin)
            UnattendedPins.Forget(Identity);
    }

    private CmpException Failed(Pkcs11Exception e)
    {
        CmpException error = Pkcs11Errors.Of(e, Name);
        if (error.ErrorId == "CmpKey.TokenGone")
            _isGone = true;
        return error;
    }

    private void Forget()
    {
        foreach (ISession session in _idle.Concat(_anchor is { } anchor ? [anchor] : []))
            Quietly(session.Dispose);
        _idle.Clear();
        _anchor = null;
        _isLoggedIn = _isOurLogin = false;
    }

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Pkcs11Exception)
        {
            // the token is gone, and its sessions with it
        }
    }

    private static string? Trimmed(string text) => text.TrimEnd() is { Length: > 0 } trimmed ? trimmed : null;
}
