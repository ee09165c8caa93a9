using System.Collections.Generic;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>The stores that certificates of one's own are in, and where they go by default: SYSTEM is the computer, and has the computer's.</summary>
internal static class OwnStores
{
    /// <summary>Where a certificate goes where nobody says otherwise.</summary>
    /// <param name="account">Who runs this process.</param>
    internal static StorePath Default(IRunningAccount account) => RunningAccount.IsComputer(account) ? StorePath.LocalMachineMy : StorePath.CurrentUserMy;

    /// <summary>Those that are looked into for a thumbprint, in this order.</summary>
    /// <param name="account">Who runs this process.</param>
    internal static IReadOnlyList<StorePath> Searched(IRunningAccount account) =>
        RunningAccount.IsComputer(account) ? [StorePath.LocalMachineMy, StorePath.CurrentUserMy] : [StorePath.CurrentUserMy, StorePath.LocalMachineMy];
}
