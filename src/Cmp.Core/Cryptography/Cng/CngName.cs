using System;

namespace Cmp.Cryptography.Cng;

/// <summary>What a key is called in CNG.</summary>
/// <param name="Provider">The key storage provider, as in <c>Microsoft Software Key Storage Provider</c>.</param>
/// <param name="Name">The name of the key with that provider.</param>
/// <param name="IsMachine">Whether it is the computer's instead of the user's.</param>
internal sealed record CngName(string Provider, string Name, bool IsMachine)
{
    /// <summary>How the names of the keys begin that are made here.</summary>
    internal const string Prefix = "Cmp-";

    /// <summary>Whether it is the name of a key that was made here.</summary>
    internal bool IsOurs => Name.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParse(Name.Substring(Prefix.Length), out _);

    /// <summary>MS_KEY_STORAGE_PROVIDER of ncrypt.h: keys in files.</summary>
    internal const string SoftwareProvider = "Microsoft Software Key Storage Provider";
}
