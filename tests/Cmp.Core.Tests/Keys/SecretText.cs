using System.Security;

namespace Cmp.Tests.Keys;

/// <summary>Passwords of tests.</summary>
internal static class SecretText
{
    internal static SecureString Of(string text)
    {
        var secret = new SecureString();
        foreach (char c in text)
            secret.AppendChar(c);
        return secret;
    }
}
