using System;

namespace Cmp.Keys;

/// <summary>What goes wrong with files of keys.</summary>
internal static class KeyErrors
{
    /// <summary>The password does not fit; an empty one counts as none.</summary>
    internal static CmpException WrongPassword(string name, Password password) => password.IsEmpty
        ? PasswordRequired(name)
        : Of("CmpKey.Password", $"The password does not open '{Show(name)}', or the file is damaged.", "Give the right one; look at the file with openssl pkey -in, or openssl pkcs12 -in.");

    internal static CmpException PasswordRequired(string name) =>
        Of("CmpKey.PasswordRequired", $"'{Show(name)}' is encrypted, and no password was given.", "Give its password.");

    internal static CmpException Unreadable(string name, string why, string? action = null, Exception? cause = null) =>
        Of("CmpKey.Unreadable", $"'{Show(name)}' {why}", action ?? "Name another file; openssl pkey -in says what is in this one.", cause);

    internal static CmpException Algorithm(string what) => Of("CmpKey.Algorithm", $"{what} cannot be read here.",
        "Convert the file: openssl pkcs8 -topk8 -v2 aes-256-cbc for a key, openssl pkcs12 -export for a certificate with its key.");

    /// <summary>A parameter of a peer that would cost too much (rule 18).</summary>
    internal static CmpException Limit(string parameter, string value, string bounds) =>
        Of("CmpKey.Limit", $"The {parameter} of the file's encryption is {value}; allowed is {bounds}.");

    private static CmpException Of(string errorId, string message, string? action = null, Exception? cause = null) =>
        new(CmpErrorKind.Key, errorId, message, cause) { RecommendedAction = action };

    private static string Show(string name) => PeerText.Escape(name);
}
