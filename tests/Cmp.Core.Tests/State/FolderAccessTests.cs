using Cmp.State;
using Xunit;

namespace Cmp.Tests.State;

/// <summary>Who may change the computer's folder on Windows, by its access list; and which folders are meant. The list itself is Windows' own, and not read here.</summary>
public sealed class FolderAccessTests
{
    private const string Self = "S-1-5-21-1-2-3-1001";
    private const string Users = "S-1-5-32-545";

    [Theory]
    [InlineData("S-1-5-18", 0x1F01FFu)] // SYSTEM, all
    [InlineData("S-1-5-32-544", 0x1F01FFu)] // administrators, all
    [InlineData(Self, 0x1F01FFu)]
    [InlineData(Users, 0x1200A9u)] // reading and going through
    public void Rule71_Who_only_reads_or_is_trusted_makes_no_folder_unsafe(string account, uint rights) =>
        Assert.False(FolderAccess.MayOthersChange([("S-1-5-18", 0x1F01FFu), (account, rights)], Self));

    /// <summary>What any folder in %ProgramData% inherits lets all users make files in it, and so an enrolment that SYSTEM would renew.</summary>
    [Theory]
    [InlineData(Users, 0x1200A9u | 0x2u)]
    [InlineData(Users, 0x4u)]
    [InlineData(Users, 0x40u)]
    [InlineData("S-1-1-0", 0x1F01FFu)]
    [InlineData("S-1-5-11", 0x40000000u)]
    [InlineData(Self + "2", 0x40000u)]
    public void Rule71_A_folder_that_others_may_write_to_is_unsafe(string account, uint rights) =>
        Assert.True(FolderAccess.MayOthersChange([("S-1-5-18", 0x1F01FFu), (account, rights)], Self));

    [Theory]
    [InlineData(@"C:\ProgramData\Cmp", true)]
    [InlineData(@"c:\programdata\cmp", true)]
    [InlineData(@"C:\ProgramData", false)]
    [InlineData(@"C:\ProgramDataX\Cmp", false)]
    [InlineData(@"C:\Users\me\AppData\Local\Cmp", false)]
    public void The_computers_folder_is_known_whoever_has_state_there(string home, bool isWithin)
    {
        Assert.Equal(isWithin, StateHome.IsWithin(home, @"C:\ProgramData"));
        Assert.False(StateHome.IsWithin(home, string.Empty));
    }
}
