using System;
using System.Security;
using Cmp.Cryptography;
using Cmp.Keys.Pkcs11;
using Cmp.Messages.Pkix;

namespace Cmp.Keys;

/// <summary>
/// Keys in PKCS #11 tokens. A provider <c>pkcs11:token=…?module-path=…</c> (RFC 7512) makes new ones, which never leave the token; a path
/// <c>pkcs11:…;object=…</c> opens one that is there, and that stays the user's.
/// </summary>
/// <remarks>
/// A new key is RSA, ECDSA, or Ed25519 and Ed448 where the token has them: CKA_SENSITIVE, not CKA_EXTRACTABLE, CKA_SIGN. Its CKA_ID is random, its CKA_LABEL
/// what the provider's URI says of <c>object</c>, else <c>Cmp-</c> and the identifier. The PIN is the user's (CKU_USER); nobody is asked for it. Where none is
/// given, it is read from the file that <c>pin-source</c> of the URI names; the reference of a new key names the same one.
/// </remarks>
public sealed class Pkcs11Keys : IKeyKeeper
{
    private const int IdBytes = 16;

    /// <inheritdoc/>
    public bool Serves(KeyRequest request) => Pkcs11Uri.IsOne(request.Provider ?? request.Path);

    /// <inheritdoc/>
    public bool Keeps(KeyReference reference) => reference.Scheme == "pkcs11";

    /// <inheritdoc/>
    /// <exception cref="CmpException">
    /// <c>CmpKey.Uri</c>; <c>CmpKey.Module</c>, <c>CmpKey.TokenMissing</c>, <c>CmpKey.Ambiguous</c>: the token is not found; <c>CmpKey.PinRequired</c>,
    /// <c>CmpKey.Pin</c>, <c>CmpKey.PinLocked</c>, <c>CmpKey.PinSource</c>, <c>CmpKey.PinTries</c>; <c>CmpKey.Vanished</c>: there is no such key;
    /// <c>CmpKey.Mechanism</c>: the token has no such keys.
    /// </exception>
    public KeyHandle Get(KeyRequest request)
    {
        if (request.Path is { } path)
            return new KeyHandle(Open(path, request.Pin));
        KeyReference reference = request.Reference ?? Reserve(request);
        Pkcs11Uri uri = Read(reference);
        Pkcs11Key key = In(uri, request.Pin, hold => Pkcs11Key.Make(hold, request.Algorithm, uri));
        return new KeyHandle(key, () => Remove(key.Hold, uri)) { Reference = reference };
    }

    /// <inheritdoc/>
    /// <exception cref="CmpException"><c>CmpKey.Request</c>: the key is to be exportable; and as <see cref="Get"/>, but nothing of the PIN.</exception>
    public KeyReference Reserve(KeyRequest request)
    {
        if (request.Exportable)
            throw Argument("A key that a PKCS #11 token makes never leaves it.", "Leave -KeyExportPolicy out, or leave -Provider out.");
        Pkcs11Uri wanted = Pkcs11Uri.Parse(request.Provider!);
        if (wanted.Id is not null)
            throw Argument("A new key gets an identifier of its own, and the provider's URI names one.", "Leave id out; with -KeyPath it names a key that is there.");
        using Pkcs11Hold hold = Pkcs11Token.Open(wanted);
        Pkcs11Token token = hold.Token;
        if (!request.Algorithm.CanBeMade)
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.Algorithm", $"A new key of {request.Algorithm} would be too weak.") { RecommendedAction = "Choose RSA_2048 or more." };
        if (Pkcs11Objects.PairsOf(request.Algorithm) is not { } mechanism || !token.Has(mechanism))
            throw Pkcs11Errors.Mechanism(token.Name, $"makes no keys of {request.Algorithm}");
        byte[] id = Secrets.Random(IdBytes);
        Pkcs11Uri key = token.Describe(wanted) with { Id = id, Object = wanted.Object ?? "Cmp-" + Messages.Asn1.Hex.Of(id) };
        return KeyReference.Parse(key.ToString());
    }

    /// <inheritdoc/>
    public KeyHandle Open(KeyReference reference, SecureString? pin)
    {
        Pkcs11Uri uri = Read(reference);
        Pkcs11Key key = In(uri, pin, hold => Pkcs11Key.Open(hold, uri));
        return new KeyHandle(key, () => Remove(key.Hold, uri)) { Reference = reference };
    }

    /// <inheritdoc/>
    public void Delete(KeyReference reference, SecureString? pin)
    {
        Pkcs11Uri uri = Read(reference);
        using Pkcs11Hold hold = Pkcs11Token.Open(uri);
        // the public half of each key that was made here shows without a PIN: where there is none, there is nothing to remove
        if (pin is null && hold.Token.Use(session => Pkcs11Objects.FindPublic(session, uri).Count == 0))
            return;
        hold.Token.LogIn(pin, uri.PinSource);
        Remove(hold, uri);
    }

    /// <summary>Opens a key that is there.</summary>
    /// <param name="uri">Its PKCS #11 URI.</param>
    /// <param name="pin">The token's user PIN, or <see langword="null"/> where nobody needs to log in.</param>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException">As <see cref="Get"/>.</exception>
    internal static PrivateKey Open(string uri, SecureString? pin)
    {
        Pkcs11Uri key = Pkcs11Uri.Parse(uri);
        return key.NamesKey
            ? In(key, pin, hold => Pkcs11Key.Open(hold, key))
            : throw Argument("The PKCS #11 URI names a token and no key in it.", "Add object= or id=.");
    }

    /// <summary>The public half of a key, where its token shows that without the PIN.</summary>
    /// <param name="uri">Its PKCS #11 URI.</param>
    /// <returns>It; <see langword="null"/> where the token does not show it, as with a key that somebody else made without one.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Uri</c>, <c>CmpKey.Module</c>, <c>CmpKey.TokenMissing</c>, <c>CmpKey.Ambiguous</c>.</exception>
    internal static SubjectPublicKeyInfo? Look(string uri)
    {
        Pkcs11Uri key = Pkcs11Uri.Parse(uri);
        using Pkcs11Hold hold = Pkcs11Token.Open(key);
        return hold.Token.Use(session => Pkcs11Objects.ShownPublicKey(session, key));
    }

    /// <summary>The key of a reference, which names each by its identifier: by a label or by nothing others would be meant too.</summary>
    private static Pkcs11Uri Read(KeyReference reference) =>
        Pkcs11Uri.Parse(reference.Text) is { Id: not null } uri ? uri : throw KeyReference.Malformed(reference.Text);

    private static Pkcs11Key In(Pkcs11Uri uri, SecureString? pin, Func<Pkcs11Hold, Pkcs11Key> open)
    {
        Pkcs11Hold hold = Pkcs11Token.Open(uri);
        try
        {
            hold.Token.LogIn(pin, uri.PinSource);
            return open(hold);
        }
        catch
        {
            hold.Dispose();
            throw;
        }
    }

    private static void Remove(Pkcs11Hold hold, Pkcs11Uri uri) => hold.Token.Use(
        session =>
        {
            Pkcs11Objects.Remove(session, uri);
            return true;
        },
        writes: true);

    private static CmpException Argument(string message, string action) => new(CmpErrorKind.Argument, "CmpKey.Request", message) { RecommendedAction = action };
}
