BeforeAll { . $PSScriptRoot/Common.ps1 }

Describe 'Get-CmpTestServer' {
    AfterEach { Stop-CmpTestServer }

    It 'gives nothing where none runs' { Get-CmpTestServer | Should -BeNullOrEmpty }

    It 'gives those that run' {
        $one = Start-CmpTestServer
        $two = Start-CmpTestServer
        (Get-CmpTestServer).Uri | Should -Be $one.Uri, $two.Uri
    }

    It 'gives the one of a port' {
        $one = Start-CmpTestServer
        $two = Start-CmpTestServer
        Get-CmpTestServer $two.Uri.Port | Should -Be $two
        Get-CmpTestServer -Port $one.Uri.Port | Should -Be $one
        Get-CmpTestServer 1 | Should -BeNullOrEmpty
    }

    It 'says what was issued so far' {
        $server = Start-CmpTestServer
        $null = 1..3 | ForEach-Object { New-CmpCertificateRequest -Server $server -Subject "CN=$_" -NoInstall }
        (Get-CmpTestServer).Issued.Subject | Should -Be 'CN=1', 'CN=2', 'CN=3'
    }

    It 'shows a table without the secret' {
        $null = Start-CmpTestServer -Credential (Get-TestCredential 'me' 'hush-hush')
        $text = Get-CmpTestServer | Out-String -Width 120
        $text | Should -Match 'Uri +Reference +Issued +Root'
        $text | Should -Match '127\.0\.0\.1:\d+/ +me '
        $text | Should -Not -Match 'hush-hush'
    }

    It 'shows a list with the subjects of what was issued, escaped' {
        $server = Start-CmpTestServer
        $null = New-CmpCertificateRequest -Server $server -Subject "CN=a$([char] 27)b" -NoInstall
        $text = $server | Format-List | Out-String -Width 120
        $text | Should -Match 'Issued +: CN=a\\u\{001B\}b'
        $text | Should -Match "RootCertificate +: CN=Cmp Test Root CA, $($server.RootCertificate.Thumbprint)"
    }
}
