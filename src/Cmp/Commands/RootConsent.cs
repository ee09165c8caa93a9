using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>What the user is asked where a root would be trusted from then on by all programs of the user, or of the computer.</summary>
internal sealed class RootConsent
{
    private readonly IReadOnlyList<Certificate> _roots;

    private RootConsent(string store, IReadOnlyList<Certificate> roots)
    {
        Store = store;
        _roots = roots;
    }

    /// <summary>Whether there is something to ask: a root that was given as an anchor, and is not in the store yet.</summary>
    internal bool IsNeeded => _roots.Count > 0;

    /// <summary>The store of roots.</summary>
    internal string Store { get; }

    /// <summary>What is done to it.</summary>
    internal string Action => _roots.Count == 1
        ? $"Trust the root {Text(_roots[0])}, if the certificate leads to it"
        : $"Trust that one of these roots which the certificate leads to: {string.Join("; ", _roots.Select(Text))}";

    /// <summary>What is to be asked before an enrolment.</summary>
    /// <param name="location">Whose store of roots it is about.</param>
    /// <param name="server">The server, and whom the user trusts.</param>
    internal static RootConsent For(StoreLocation location, ServerSettings server)
    {
        string store = $@"Cert:\{location}\Root";
        return new RootConsent(store, [.. EnrollmentChain.RootsOf(server).Where(root => !IsThere(store, root))]);
    }

    /// <summary>Of a store that cannot be looked into the enrolment tells; until then one question too many does no harm.</summary>
    private static bool IsThere(string store, Certificate root)
    {
        try
        {
            return RootStore.Parse(store).Contains(root);
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static string Text(Certificate root) => $"{root}, SHA-1 {root.Thumbprint}, until {root.NotAfter.LocalDateTime:yyyy-MM-dd}";
}
