# Starts a test server, says where it is, and serves until nobody holds the other end of its standard input.
param([string] $Module)

Import-Module $Module
$credential = [Management.Automation.PSCredential]::new('bench', [Net.NetworkCredential]::new('', $env:CMP_BENCH_SECRET).SecurePassword)
$server = Start-CmpTestServer -Credential $credential
$server.Uri.AbsoluteUri
$null = [Console]::In.ReadToEnd()
