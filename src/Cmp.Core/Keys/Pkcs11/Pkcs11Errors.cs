using System;
using Net.Pkcs11Interop.Common;

namespace Cmp.Keys.Pkcs11;

/// <summary>What goes wrong with tokens, and what to do about it. Names of tokens come from outside and are escaped.</summary>
internal static class Pkcs11Errors
{
    internal const string PinSourceId = "CmpKey.PinSource";

    private const string GivePin = "Give the token's user PIN with -KeyPassword, or -ClientKeyPassword for the certificate that signs, as a SecureString; "
        + "for what runs by itself name a file that holds it, with pin-source in the URI.";

    /// <summary>What a module's return value means.</summary>
    /// <param name="e">What the module answered.</param>
    /// <param name="token">The token, as <see cref="Pkcs11Token.Name"/>.</param>
    internal static CmpException Of(Pkcs11Exception e, string token) => e.RV switch
    {
        CKR.CKR_PIN_INCORRECT or CKR.CKR_PIN_INVALID or CKR.CKR_PIN_LEN_RANGE => WrongPin(token, e),
        CKR.CKR_PIN_LOCKED => Make("CmpKey.PinLocked", $"The PIN of the token {token} is locked.", "Have its security officer unlock it; no PIN is taken before that.", e),
        CKR.CKR_PIN_EXPIRED => Make("CmpKey.PinLocked", $"The PIN of the token {token} has expired.", "Set a new one with the token's own tool.", e),
        CKR.CKR_USER_PIN_NOT_INITIALIZED => Make("CmpKey.PinLocked", $"The token {token} has no user PIN yet.", "Set one with the token's own tool.", e),
        CKR.CKR_TOKEN_NOT_PRESENT or CKR.CKR_DEVICE_REMOVED or CKR.CKR_TOKEN_NOT_RECOGNIZED or CKR.CKR_SLOT_ID_INVALID or CKR.CKR_DEVICE_ERROR
            or CKR.CKR_SESSION_HANDLE_INVALID or CKR.CKR_SESSION_CLOSED or CKR.CKR_CRYPTOKI_NOT_INITIALIZED or CKR.CKR_USER_NOT_LOGGED_IN =>
            Make("CmpKey.TokenGone", $"The token {token} is no longer there, or ended our session ({e.RV}).", "Put it back, and try again with its PIN.", e),
        CKR.CKR_KEY_HANDLE_INVALID or CKR.CKR_OBJECT_HANDLE_INVALID => Vanished(token, e),
        CKR.CKR_MECHANISM_INVALID or CKR.CKR_MECHANISM_PARAM_INVALID or CKR.CKR_CURVE_NOT_SUPPORTED or CKR.CKR_KEY_SIZE_RANGE or CKR.CKR_KEY_TYPE_INCONSISTENT
            or CKR.CKR_KEY_FUNCTION_NOT_PERMITTED => Make("CmpKey.Mechanism", $"The token {token} does not do this with such a key ({e.RV}).", "Choose another kind of key or digest.", e),
        // SoftHSM says so of digests of OAEP that it does not know
        CKR.CKR_ARGUMENTS_BAD when e.Method == "C_DecryptInit" => Make("CmpKey.Mechanism", $"The token {token} does not open what was encrypted so.", "Have it encrypted by RSAES-OAEP with SHA-1, or by PKCS #1.", e),
        CKR.CKR_SESSION_COUNT => Busy(token, e),
        CKR.CKR_TOKEN_WRITE_PROTECTED or CKR.CKR_SESSION_READ_ONLY => Make("CmpKey.Failed", $"The token {token} can only be read.", "Take the write protection off, or use a key that is in it with -KeyPath.", e),
        CKR.CKR_DEVICE_MEMORY => Make("CmpKey.Failed", $"The token {token} is full.", "Remove keys that are no longer needed.", e),
        _ => Make("CmpKey.Failed", $"The token {token} answered {e.RV} to {e.Method}.", null, e),
    };

    internal static CmpException WrongPin(string token, Exception? cause) =>
        Make("CmpKey.Pin", $"The token {token} refused the PIN. It was not tried again: tokens lock after a few.", "Give the right one.", cause);

    /// <summary>The same PIN again, which the token has refused before.</summary>
    internal static CmpException RefusedBefore(string token) =>
        Make("CmpKey.Pin", $"The token {token} has refused this PIN before. It was not tried again: tokens lock after a few.", "Give the right one; where the token's PIN was changed to this one, begin a new process.");

    /// <summary>The same PIN again where nobody is there, which the token refused the time before.</summary>
    /// <param name="token">The token.</param>
    /// <param name="source">The file that the PIN is in, or <see langword="null"/>.</param>
    /// <param name="memory">The file that says so.</param>
    internal static CmpException RefusedUnattended(string token, string? source, string memory) => Make(
        "CmpKey.Pin",
        $"The token {token} has refused {(source is null ? "this PIN" : $"the PIN in '{PeerText.Escape(source)}'")} before. It is not tried again where nobody is there: tokens lock after a few.",
        $"{(source is null ? "Give" : "Write")} the right one. If this is the right one by now, log in with it once where you are there to see it: Test-CmpCertificate with -KeyPassword; or remove '{PeerText.Escape(memory)}'.");

    /// <summary>No PIN is tried that might be the last one.</summary>
    /// <param name="token">The token.</param>
    /// <param name="why">What is known, a clause.</param>
    /// <param name="memory">The file that keeps what was refused.</param>
    internal static CmpException FewTries(string token, string why, string memory) => Make(
        "CmpKey.PinTries",
        $"No PIN is tried on the token {token} where nobody is there: {why}.",
        $"Log in with the right one once where you are there to see it: Test-CmpCertificate with -KeyPassword, or the token's own tool and then remove '{PeerText.Escape(memory)}'.");

    /// <summary>The file that is to hold the PIN does not, or not safely.</summary>
    internal static CmpException PinSource(string token, string why, string? action, Exception? cause = null) =>
        Make(PinSourceId, $"The PIN of the token {token} is not read from its file: {why}", action, cause);

    internal static CmpException PinRequired(string token) => Make("CmpKey.PinRequired", $"The token {token} wants its PIN, and none was given.", GivePin);

    internal static CmpException PinPad(string token) =>
        Make("CmpKey.PinRequired", $"The token {token} takes its PIN at a pad of its own, and nobody is asked here.", "Use a token whose PIN can be given with -KeyPassword.");

    internal static CmpException NoModule(string what, string? action = null, Exception? cause = null) =>
        Make("CmpKey.Module", what, action ?? "Name the library that came with the token, as in ?module-path=/usr/lib/softhsm/libsofthsm2.so.", cause);

    internal static CmpException NoToken(string wanted, string there) =>
        Make("CmpKey.TokenMissing", $"There is no token {wanted}. {there}", "Put it in, or correct the URI.");

    internal static CmpException SeveralTokens(string wanted, string there) =>
        Make("CmpKey.Ambiguous", $"More than one token fits {wanted}. {there}", "Add serial= or slot-id= to the URI.");

    internal static CmpException NoKey(string wanted, string token) =>
        Make("CmpKey.Vanished", $"The token {token} has no private key {wanted}, or does not show it.", "See with the token's own tool which keys it has.");

    internal static CmpException SeveralKeys(string wanted, string token) =>
        Make("CmpKey.Ambiguous", $"The token {token} has more than one private key {wanted}.", "Add id= to the URI.");

    internal static CmpException Vanished(string token, Exception? cause) =>
        Make("CmpKey.Vanished", $"The private key is no longer in the token {token}.", "Without it its certificate is worth nothing: enrol anew.", cause);

    internal static CmpException Busy(string token, Exception? cause) =>
        Make("CmpKey.Busy", $"The token {token} has no session free.", "Try again, with a smaller -ThrottleLimit.", cause);

    internal static CmpException Mechanism(string token, string what) => Make("CmpKey.Mechanism", $"The token {token} {what}.", "Choose another kind of key with -KeyAlgorithm.");

    internal static CmpException Make(string errorId, string message, string? action, Exception? cause = null) =>
        new(CmpErrorKind.Key, errorId, message, cause) { RecommendedAction = action };
}
