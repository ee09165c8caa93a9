# Enrols many certificates in one pipeline and says from time to time what this process holds.
param([string] $Module, [string] $Uri, [string] $Marks, [int] $ThrottleLimit = 1)

Import-Module $Module
$credential = [Management.Automation.PSCredential]::new('bench', [Net.NetworkCredential]::new('', $env:CMP_BENCH_SECRET).SecurePassword)
Register-CmpServer -Name bench -Uri $Uri -Credential $credential -IterationCount 500
$processor = [Environment]::CpuUsage.TotalTime
$clock = [Diagnostics.Stopwatch]::StartNew()
$done = 0
$at = [int[]] $Marks.Split(',')
1..$at[-1] | ForEach-Object { [pscustomobject]@{ Subject = "CN=device$_" } } | New-CmpCertificateRequest -Server bench -NoInstall -ThrottleLimit $ThrottleLimit | ForEach-Object {
    $done++
    if ($at -contains $done) {
        $clock.Stop()
        $used = [long] ([Environment]::CpuUsage.TotalTime - $processor).TotalMilliseconds
        [GC]::Collect()
        [GC]::WaitForPendingFinalizers()
        "$done $([GC]::GetTotalMemory($true)) $([Environment]::WorkingSet) $($clock.ElapsedMilliseconds) $used"
        $clock.Start()
    }
}
