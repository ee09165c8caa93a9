# Starts a test server on every road that it has, says where it is on each, and serves until nobody holds the other end of its standard input.
param([string] $Module)

Import-Module $Module
$credential = [Management.Automation.PSCredential]::new('bench', [Net.NetworkCredential]::new('', $env:CMP_BENCH_SECRET).SecurePassword)
$server = Start-CmpTestServer -Credential $credential -Transport ([Enum]::GetValues([Cmp.TestServer.TestServerRoad]))
foreach ($road in $server.Servers.Keys) { "$road $($server.Servers[$road].Uri.OriginalString)" }
"Folder $($server.FolderPath)"
"TlsRoot $([Convert]::ToBase64String($server.TlsRootCertificate.RawData))"
'.'
$null = [Console]::In.ReadToEnd()
