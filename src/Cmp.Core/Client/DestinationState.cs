using Cmp.State;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>A destination as it stands in files of ours, and back.</summary>
internal static class DestinationState
{
    internal static StateObject Write(DestinationDescription destination)
    {
        var state = new StateObject();
        state.Set("store", destination.Store);
        state.Set("chain", destination.Chain == ChainInstallation.None ? null : destination.Chain.ToString());
        state.Set("path", destination.Path);
        state.Set("keyPath", destination.KeyPath);
        state.Set("overwrite", destination.Overwrite ? true : null);
        state.Set("password", destination.HasPassword ? true : null);
        return state;
    }

    internal static DestinationDescription Read(StateObject state) => new()
    {
        Store = state.Text("store"),
        Chain = state.Word<ChainInstallation>("chain") ?? ChainInstallation.None,
        Path = state.Text("path"),
        KeyPath = state.Text("keyPath"),
        Overwrite = state.Flag("overwrite") ?? false,
        HasPassword = state.Flag("password") ?? false,
    };
}
