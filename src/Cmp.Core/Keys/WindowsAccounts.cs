using System.Security.Principal;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.Keys;

/// <summary>Asks Windows (LookupAccountName, by .NET's NTAccount).</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal sealed class WindowsAccounts : IAccounts
{
    public string? SidOf(string name)
    {
        try
        {
            return ((SecurityIdentifier)new NTAccount(name).Translate(typeof(SecurityIdentifier))).Value;
        }
        catch (IdentityNotMappedException)
        {
            return null;
        }
    }
}
