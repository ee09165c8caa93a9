using System;
using System.Security.Cryptography;

namespace Cmp.Cryptography.Cng;

/// <summary>What the statuses of CNG mean for who uses a key.</summary>
internal static class CngErrors
{
    // winerror.h
    internal const int BadAlgorithm = unchecked((int)0x80090008);
    internal const int BadFlags = unchecked((int)0x80090009);
    internal const int NoKey = unchecked((int)0x8009000D);
    internal const int Exists = unchecked((int)0x8009000F);
    internal const int NoPermission = unchecked((int)0x80090010);
    internal const int NotFound = unchecked((int)0x80090011);
    internal const int BadKeySet = unchecked((int)0x80090016);
    internal const int SilentContext = unchecked((int)0x80090022);
    internal const int InvalidParameter = unchecked((int)0x80090027);
    internal const int NotSupported = unchecked((int)0x80090029);
    internal const int UiRequired = unchecked((int)0x8009002E);
    internal const int DeviceNotReady = unchecked((int)0x80090030);
    internal const int IncorrectPassword = unchecked((int)0x80090033);
    internal const int DeviceNotFound = unchecked((int)0x80090035);
    internal const int UserCancelled = unchecked((int)0x80090036);
    internal const int AccessDenied = unchecked((int)0x80070005);
    internal const int Cancelled = unchecked((int)0x80100002);
    internal const int NoSmartCard = unchecked((int)0x8010000C);
    internal const int ReaderUnavailable = unchecked((int)0x80100017);
    internal const int NoCardService = unchecked((int)0x8010001D);
    internal const int CardServiceStopped = unchecked((int)0x8010001E);
    internal const int InvalidPin = unchecked((int)0x8010002A);
    internal const int NoReaders = unchecked((int)0x8010002E);
    internal const int CardRemoved = unchecked((int)0x80100069);
    internal const int WrongPin = unchecked((int)0x8010006B);
    internal const int PinBlocked = unchecked((int)0x8010006C);
    internal const int CancelledByUser = unchecked((int)0x8010006E);
    internal const int CardNotAuthenticated = unchecked((int)0x8010006F);
    internal const int Tpm12LockedOut = unchecked((int)0x80280803);
    internal const int TpmLockedOut = unchecked((int)0x80280921);

    /// <summary>TPM_E_PCP_UNSUPPORTED_PSS_SALT of the Platform Crypto Provider: a warning by its severity, an error by what it means.</summary>
    internal const int UnsupportedPssSalt = 0x40290423;

    /// <summary>The same as .NET Framework's own keys tell it.</summary>
    internal const int UnsupportedPssSaltOfFramework = unchecked((int)0x80070423);

    /// <summary>Whether a refusal says that the key is not there.</summary>
    internal static bool IsAbsence(CryptographicException e) => e.HResult is BadKeySet or NoKey or NotFound;

    /// <summary>Whether a refusal says that the provider does not know how, rather than that it would not.</summary>
    internal static bool IsInability(CryptographicException e) => e.HResult is NotSupported or UnsupportedPssSalt or UnsupportedPssSaltOfFramework or BadAlgorithm or BadFlags or InvalidParameter;

    /// <summary>Whether a refusal says that the PIN is wrong.</summary>
    internal static bool IsWrongPin(Exception e) => e is CryptographicException { HResult: WrongPin or InvalidPin or IncorrectPassword };

    /// <summary>The same PIN again, which the provider has refused before.</summary>
    internal static CmpException RefusedBefore(string what, CngName name) =>
        new(CmpErrorKind.Key, "CmpKey.Locked", $"{what}: '{PeerText.Escape(name.Provider)}' has refused this PIN before. It was not tried again: cards lock after a few.")
        {
            RecommendedAction = "Give the right one; where the card's PIN was changed to this one, or another card is in, begin a new process.",
        };

    /// <summary>The exception for a refusal.</summary>
    /// <param name="what">What did not work, as in <c>The key did not sign</c>.</param>
    /// <param name="name">The key.</param>
    /// <param name="e">The refusal.</param>
    internal static CmpException Of(string what, CngName name, CryptographicException e)
    {
        string provider = PeerText.Escape(name.Provider);
        return e.HResult switch
        {
            SilentContext or UiRequired or CardNotAuthenticated => New("CmpKey.Locked", $"{what}: '{provider}' wants a PIN or a word of the user, and there is nobody to ask.",
                "Run it where a user can answer, give the PIN, or keep the key with a provider that asks for nothing."),
            _ when IsWrongPin(e) => New("CmpKey.Locked", $"{what}: the PIN is wrong. It was not tried again: cards lock after a few.", "Give the right one."),
            PinBlocked => New("CmpKey.Locked", $"{what}: the card is blocked after too many wrong PINs.", "Have it unblocked by who issued it."),
            TpmLockedOut or Tpm12LockedOut => New("CmpKey.Locked", $"{what}: the TPM is locked after too many wrong attempts.", "Wait: it lets go by itself after a while, or have an administrator reset the lockout."),
            UserCancelled or CancelledByUser or Cancelled => New("CmpKey.Locked", $"{what}: the user cancelled.", null),
            NoSmartCard or NoReaders or ReaderUnavailable or NoCardService or CardServiceStopped or CardRemoved or DeviceNotReady or DeviceNotFound => New("CmpKey.NotPresent", $"{what}: '{provider}' has no card or device.", "Insert it, and try again."),
            NoPermission or AccessDenied => New("CmpKey.AccessDenied", $"{what}: this user may not use the key.", "Run elevated, or have the key made with -PrivateKeyReader for this user."),
            _ when IsAbsence(e) => New("CmpKey.Vanished", $"{what}: '{provider}' has no key {PeerText.Escape(name.Name)} {(name.IsMachine ? "of the computer" : "of this user")}.",
                "Without it its certificate is worth nothing: ask for a new one."),
            _ => New("CmpKey.Failed", $"{what}: '{provider}' says {e.Message}", null),
        };

        CmpException New(string id, string message, string? action) => new(CmpErrorKind.Key, id, message, e) { RecommendedAction = action };
    }
}
