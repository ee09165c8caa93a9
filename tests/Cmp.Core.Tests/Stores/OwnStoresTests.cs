using Cmp.State;
using Cmp.Stores;
using Xunit;

namespace Cmp.Tests.Stores;

/// <summary>Whose store a certificate goes to where nobody says so, by who runs the process.</summary>
public sealed class OwnStoresTests
{
    [Theory]
    [InlineData("S-1-5-18", @"LocalMachine\My")]
    [InlineData("S-1-5-19", @"CurrentUser\My")]
    [InlineData("S-1-5-20", @"CurrentUser\My")]
    [InlineData("S-1-5-21-1111111111-2222222222-3333333333-500", @"CurrentUser\My")]
    [InlineData("S-1-5-180", @"CurrentUser\My")]
    [InlineData(null, @"CurrentUser\My")]
    public void SYSTEM_is_the_computer_and_services_with_a_profile_are_not(string? sid, string store)
    {
        var account = new Account(sid);
        Assert.Equal(store, OwnStores.Default(account).Store);
        Assert.Equal(store, OwnStores.Searched(account)[0].Store);
        Assert.Equal(2, OwnStores.Searched(account).Count);
    }

    [SkippableFact]
    public void Elsewhere_than_on_Windows_all_have_a_store_of_their_own()
    {
        Skip.If(System.OperatingSystem.IsWindows(), "Windows has accounts with SIDs");
        Assert.Null(RunningAccount.Default.Sid);
        Assert.Equal(StorePath.CurrentUserMy, StorePath.Own);
    }

    private sealed record Account(string? Sid) : IRunningAccount;
}
