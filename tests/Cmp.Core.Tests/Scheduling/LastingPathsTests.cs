using System.IO;
using System.Linq;
using Cmp.Scheduling;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>What a timer or task calls is there after updates of the module and of PowerShell too.</summary>
public sealed class LastingPathsTests
{
    [Theory]
    [InlineData("/usr/share/Modules/Cmp/0.1.0", "/usr/share/Modules/Cmp")]
    [InlineData("/usr/share/Modules/cmp/0.1.0/", "/usr/share/Modules/cmp")]
    [InlineData("/usr/share/Modules/Cmp", "/usr/share/Modules/Cmp/Cmp.psd1")]
    [InlineData("/usr/share/Modules/Other/0.1.0", "/usr/share/Modules/Other/0.1.0/Cmp.psd1")]
    [InlineData("/build/output", "/build/output/Cmp.psd1")]
    public void A_module_is_found_whichever_version_is_there(string moduleBase, string lasting) => Assert.Equal(Native(lasting), LastingPaths.OfModule(Native(moduleBase), "Cmp.psd1"));

    [Theory]
    [InlineData("/opt/microsoft/powershell/7", "/opt/microsoft/powershell/7")]
    [InlineData("/snap/powershell/311/opt/powershell", "/snap/powershell/current/opt/powershell")]
    [InlineData("/home/a/.dotnet/tools/.store/powershell/7.6.9/powershell/7.6.9/tools/net10.0/any/unix", null)]
    public void Of_PowerShell_a_version_is_not_named(string home, string? lasting) => Assert.Equal(lasting is null ? [] : [lasting], LastingPaths.OfPowerShell(home, null));

    [Theory]
    [InlineData(@"C:\Program Files\PowerShell\7", true)]
    [InlineData(@"C:\Program Files\WindowsApps\Microsoft.PowerShell_7.6.0.0_x64__8wekyb3d8bbwe", false)]
    [InlineData(@"C:\Users\a\.dotnet\tools\.store\powershell\7.6.9", false)]
    public void On_Windows_its_own_PowerShell_is_there_in_any_case(string home, bool isFirst)
    {
        string[] folders = [.. LastingPaths.OfPowerShell(home, "System32")];
        Assert.Equal(Path.Combine("System32", "WindowsPowerShell", "v1.0"), folders.Last());
        Assert.Equal(isFirst, folders[0] == home);
        Assert.Equal(isFirst ? 2 : 1, folders.Length);
    }

    private static string Native(string path) => path.Replace('/', Path.DirectorySeparatorChar);
}
