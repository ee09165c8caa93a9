using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.State;

namespace Cmp.Keys.Pkcs11;

/// <summary>
/// The PINs that a token refused where nobody was there to see it, since it took one last: a timer with a wrong PIN would lock the token night after night.
/// Whoever holds this is the only one of all processes of its user that tries one.
/// </summary>
/// <remarks>
/// They are kept as salted digests that are slow to compute, in a file of the owner's alone: a PIN that is wrong here may be right elsewhere. Of what
/// somebody typed nothing is kept.
/// </remarks>
internal sealed class UnattendedPins : IDisposable
{
    /// <summary>PINs that are tried without anybody being there, between two that the token took: one, and the one that it was corrected to. Cards lock after three.</summary>
    internal const int Most = 2;

    private const string Extension = ".pins";
    private const string Salt = "salt";
    private const string Refused = "refused";
    private const int Iterations = 600_000;

    private static readonly StateKind Kind = new("tokens", 1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StateFolder _folder;
    private readonly string _name;
    private readonly StateLock _held;
    private readonly List<byte[]> _digests;
    private readonly byte[] _salt;

    private UnattendedPins(StateFolder folder, string name, StateLock held)
    {
        _folder = folder;
        _name = name;
        _held = held;
        (_salt, _digests) = Read();
    }

    /// <summary>How many were refused.</summary>
    internal int Count => _digests.Count;

    /// <summary>The file that they are in, or would be.</summary>
    internal string Path => _folder.PathOf(_name, Extension);

    /// <summary>Waits until nobody else tries a PIN of the token, and looks which ones it has refused.</summary>
    /// <param name="identity">What the token says of itself; any text.</param>
    /// <param name="token">The token, as <see cref="Pkcs11Token.Name"/>.</param>
    /// <exception cref="CmpException"><c>CmpKey.Busy</c>; <c>CmpStore.…</c>, <c>CmpState.…</c>: nothing can be remembered, so nothing is to be tried.</exception>
    internal static UnattendedPins Open(string identity, string token)
    {
        var folder = new StateFolder(StateScope.CurrentUser, Kind);
        string name = NameOf(identity);
        var waiting = Stopwatch.StartNew();
        StateLock? held;
        while ((held = folder.TryLock(name)) is null)
        {
            if (waiting.Elapsed > Patience)
                throw Pkcs11Errors.Make("CmpKey.Busy", $"Another process has been trying a PIN of the token {token} for a minute.", "Try again when it has ended.");
            Thread.Sleep(20);
        }
        try
        {
            return new UnattendedPins(folder, name, held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Forgets what a token refused, since it took a PIN now. Where that fails it is said with the next one that is not tried.</summary>
    internal static void Forget(string identity)
    {
        try
        {
            File.Delete(new StateFolder(StateScope.CurrentUser, Kind).PathOf(NameOf(identity), Extension));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CmpException)
        {
            // most often nothing was ever kept
        }
    }

    /// <summary>Whether a PIN is one of them.</summary>
    internal bool Has(byte[] pin)
    {
        if (_digests.Count == 0)
            return false;
        byte[] digest = Digest(pin);
        return _digests.Exists(refused => Secrets.FixedTimeEquals(refused, digest));
    }

    /// <summary>Remembers one more.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>, <c>CmpState.…</c>.</exception>
    internal void Add(byte[] pin)
    {
        _digests.Add(Digest(pin));
        var state = new StateObject();
        state.Set(Salt, (ReadOnlyMemory<byte>?)_salt);
        state.Set(Refused, _digests.Select(digest => (ReadOnlyMemory<byte>)digest));
        _folder.WriteSecret(_name, Extension, StateJson.Write(state));
    }

    public void Dispose() => _held.Dispose();

    /// <summary>Names of tokens are anybody's text, and longer than names of files here.</summary>
    private static string NameOf(string identity)
    {
        using var sha256 = SHA256.Create();
        return Hex.Of(sha256.ComputeHash(Encoding.UTF8.GetBytes(identity)).AsSpan(0, 16));
    }

    private (byte[] Salt, List<byte[]> Digests) Read()
    {
        if (_folder.ReadSecret(_name, Extension) is not { } octets)
            return (Secrets.Random(16), []);
        try
        {
            StateObject state = StateJson.Read(octets);
            return (state.Octets(Salt) ?? throw new FormatException("'salt' is missing."), [.. state.OctetsList(Refused) ?? throw new FormatException("'refused' is missing.")]);
        }
        catch (FormatException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpState.Unreadable", $"'{PeerText.Escape(Path)}' is damaged: {PeerText.Escape(e.Message, 200)}", e)
            {
                RecommendedAction = "Remove it, once the token has taken a PIN.",
            };
        }
    }

    private byte[] Digest(byte[] pin) => Pbkdf2.Derive(Oids.HmacWithSha256, pin, _salt, Iterations, 32);
}
