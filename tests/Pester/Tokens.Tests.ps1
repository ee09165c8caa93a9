# Keys in PKCS #11 tokens, as a user would have them: with SoftHSM, where it is installed.
BeforeDiscovery {
    $module = @(
        '/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so', '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so'
        '/usr/lib64/softhsm/libsofthsm2.so', '/usr/lib64/pkcs11/libsofthsm2.so', '/usr/local/lib/softhsm/libsofthsm2.so'
    ).Where({ Test-Path $_ })[0]
    $noHsm = -not $module -or -not (Get-Command softhsm2-util -ErrorAction Ignore)
}

# A library finds its tokens when it is loaded, and reads the environment of the process: each session with a token is a process of its own.
Describe 'Keys in PKCS #11 tokens (SoftHSM; skipped where softhsm2 is not installed)' -Skip:$noHsm -ForEach @{ Module = $module } {
    BeforeAll {
        . $PSScriptRoot/Common.ps1
        $server = Start-CmpTestServer
        Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Scope CurrentUser -CredentialStore File
        $before = $env:SOFTHSM2_CONF
        $env:SOFTHSM2_CONF = Get-TestPath 'softhsm2.conf'
        $null = New-Item -ItemType Directory (Get-TestPath 'tokens')
        Set-Content $env:SOFTHSM2_CONF "directories.tokendir = $(Get-TestPath 'tokens')`nobjectstore.backend = file`nlog.level = ERROR"
        $null = softhsm2-util --init-token --free --label 'My token' --so-pin 87654321 --pin 24681357

        $pinFile = Get-TestPath 'gateway.pin'
        function Set-Pin([string] $Pin, [string] $Mode = '600') { Set-Content $pinFile $Pin; chmod $Mode $pinFile }

        # What an administrator types in a console of his own, or a timer runs.
        function Invoke-Session([string] $Script) {
            Invoke-OtherProcess -Credential $server.Credential -Script @"
`$ErrorView = 'NormalView'
`$token = 'pkcs11:token=My%20token?module-path=$Module'
`$inFile = "`$token&pin-source=file:$pinFile"
`$pin = [Net.NetworkCredential]::new('', '24681357').SecurePassword
`$wrong = [Net.NetworkCredential]::new('', '99999999').SecurePassword
`$path = '$(Get-TestPath 'gateway.pem')'
try { & { $Script } } catch { "`$_"; (`$_.FullyQualifiedErrorId -split ',')[0] }
"@
        }
    }

    AfterAll {
        $env:SOFTHSM2_CONF = $before
        Stop-CmpTestServer
        Unregister-CmpServer ca -Confirm:$false
    }

    It 'makes the key in the token, and puts the certificate into a file without it' {
        $key = Invoke-Session @'
$certificate = New-CmpCertificateRequest -Server ca -Subject 'CN=gateway.example' -OutFile $path -Name gateway -Provider $token -KeyPassword $pin -ErrorAction Stop
"$($certificate.HasPrivateKey)"; $certificate.Key.Location; "$($certificate.Key.Exportable)"
'@
        $key[0] | Should -Be 'False'
        $key[1] | Should -BeLike 'pkcs11:token=My%20token;*;type=private?module-path=*'
        $key[2] | Should -Be 'False'
        Get-Content (Get-TestPath 'gateway.pem') -Raw | Should -Not -Match 'PRIVATE'
        Invoke-Session 'Test-CmpCertificate gateway; Test-CmpCertificate gateway -KeyPassword $pin' | Should -Be 'True', 'True'
    }

    It 'says of a wrong PIN that it was tried once' {
        $said = Invoke-Session 'Update-CmpCertificate -Name gateway -Force -KeyPassword $wrong -ErrorAction Stop'
        $said | Should -Be "The token 'My token' refused the PIN. It was not tried again: tokens lock after a few.", 'CmpKey.Pin'
    }

    It 'says which parameter takes the PIN' {
        (Invoke-Session 'Update-CmpCertificate -Name gateway -Force -ErrorAction Stop')[-1] | Should -Be 'CmpKey.PinRequired'
    }

    It 'renews in the same token, with the PIN or with the file that holds it' {
        Set-Pin 24681357
        $keys = Invoke-Session @'
(Update-CmpCertificate -Name gateway -Force -KeyPassword $pin -OldCertificateAction Remove -ErrorAction Stop).Key.Location
(Update-CmpCertificate -Name gateway -Force -Provider $inFile -OldCertificateAction Remove -ErrorAction Stop).Key.Location
'@
        $keys | Should -HaveCount 2
        $keys[0] | Should -Not -BeLike '*pin-source*'
        $keys[1] | Should -BeLike "*&pin-source=file:$pinFile"
        # from now on nobody gives it
        Invoke-Session '(Update-CmpCertificate -Name gateway -Force -OldCertificateAction Remove -ErrorAction Stop).Subject' | Should -Be 'CN=gateway.example'
    }

    It 'tries a wrong PIN of the file once, however often a timer comes' {
        Set-Pin 99999999
        $first = Invoke-Session 'Update-CmpCertificate -Name gateway -Force -ErrorAction Stop'
        $second = Invoke-Session 'Update-CmpCertificate -Name gateway -Force -ErrorAction Stop'
        $first[-1], $second[-1] | Should -Be 'CmpKey.Pin', 'CmpKey.Pin'
        $first[0] | Should -BeLike '*refused the PIN.*'
        $second[0] | Should -BeLike '*before. It is not tried again where nobody is there*'
        Set-Pin 24681357
        Invoke-Session '(Update-CmpCertificate -Name gateway -Force -OldCertificateAction Remove -ErrorAction Stop).Subject' | Should -Be 'CN=gateway.example'
    }

    It 'reads the PIN from a file of its owner only' {
        Set-Pin 24681357 -Mode 644
        $said = Invoke-Session 'Update-CmpCertificate -Name gateway -Force -ErrorAction Stop'
        $said[-1] | Should -Be 'CmpKey.PinSource'
        $said[0] | Should -BeLike '*Others than its owner may read*'
        Remove-Item $pinFile
        (Invoke-Session 'Update-CmpCertificate -Name gateway -Force -ErrorAction Stop')[0] | Should -BeLike "*'$pinFile' is not there."
        Set-Pin 24681357
    }

    It 'certifies a key that is there, and leaves it there' {
        Invoke-Session @'
$other = New-CmpCertificateRequest -Server ca -Subject 'CN=other' -NoInstall -KeyPath (Update-CmpCertificate -Name gateway -Force -OldCertificateAction Remove).Key.Location -ErrorAction Stop
$other.Subject
'@ | Should -Be 'CN=other'
        Invoke-Session 'Test-CmpCertificate gateway' | Should -Be 'True'
    }

    It 'removes the key with the certificate, and takes no other password for its PIN' {
        Set-Pin 24681357
        Remove-Item $pinFile
        (Invoke-Session 'Remove-CmpCertificate gateway -Password $pin -Confirm:$false -ErrorAction Stop')[-1] | Should -Be 'CmpKey.PinSource'
        Get-TestPath 'gateway.pem' | Should -Exist
        Invoke-Session 'Remove-CmpCertificate gateway -KeyPassword $pin -Confirm:$false -ErrorAction Stop' | Should -BeNullOrEmpty
        Get-TestPath 'gateway.pem' | Should -Not -Exist
        Get-CmpCertificate | Should -BeNullOrEmpty
    }

    It 'keeps no PIN' {
        Get-ChildItem $env:CMP_HOME -Recurse -File | Select-String -Pattern '24681357', '99999999' | Should -BeNullOrEmpty
    }
}
