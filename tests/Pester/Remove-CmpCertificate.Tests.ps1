BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Remove-CmpCertificate' {
    BeforeEach {
        $path = Get-TestPath 'first.pem'
        $keyPath = Get-TestPath 'first.key'
        $null = New-CmpCertificateRequest -Name first -Subject 'CN=first' -OutFile $path -OutKeyFile $keyPath -Force
        $second = New-CmpCertificateRequest -Name second -Subject 'CN=second'
    }

    AfterEach { Remove-CmpCertificate * -Confirm:$false -ErrorAction SilentlyContinue }

    It 'removes files, and the key first' {
        Remove-CmpCertificate first -Confirm:$false | Should -BeNullOrEmpty
        $path, $keyPath | Should -Not -Exist
        (Get-CmpCertificate).Name | Should -Be 'second'
    }

    It 'takes a certificate out of its store' {
        Get-CmpCertificate second | Remove-CmpCertificate -Confirm:$false
        { Test-CmpCertificate -Certificate $second.Thumbprint -ErrorAction Stop } | Should -Throw
        (Get-CmpCertificate).Name | Should -Be 'first'
    }

    It 'says what it would do' {
        Remove-CmpCertificate * -WhatIf
        Get-CmpCertificate | Should -HaveCount 2
        $path, $keyPath | Should -Exist
    }

    It 'leaves a file that holds another certificate by now' {
        $null = New-CmpCertificateRequest -Subject 'CN=other' -OutFile $path -Force
        $said = Remove-CmpCertificate first -Confirm:$false -Verbose 4>&1
        $path | Should -Exist
        "$said" | Should -BeLike '*holds another certificate*'
        (Get-CmpCertificate).Name | Should -Not -Contain 'first'
    }

    It 'leaves the key file that was there before' {
        $null = New-CmpCertificateRequest -Name third -Subject 'CN=third' -KeyPath $keyPath -CertStoreLocation Cert:\CurrentUser\My
        Remove-CmpCertificate third -Confirm:$false
        (Get-CmpCertificate).Name | Should -Not -Contain 'third'
        $keyPath | Should -Exist
    }

    It 'wants the password of a file before it deletes it' {
        $pfx = Get-TestPath 'fourth.pfx'
        $password = Get-TestSecret 'secret'
        $null = New-CmpCertificateRequest -Name fourth -Subject 'CN=fourth' -OutFile $pfx -OutPassword $password
        $failed = { Remove-CmpCertificate fourth -Confirm:$false -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpKey.PasswordRequired'
        $pfx | Should -Exist
        Test-CmpCertificate fourth -Password $password | Should -BeTrue
        Remove-CmpCertificate fourth -Password $password -Confirm:$false
        $pfx | Should -Not -Exist
    }

    It 'forgets one whose certificate is gone already' {
        Remove-Item $path
        Remove-CmpCertificate first -Confirm:$false -ErrorAction Stop
        Test-CmpCertificate first | Should -BeFalse
        (Test-CmpCertificate first -Detailed).Problem | Should -Be 'no such enrolment'
    }

    It 'names the one that is not there, and goes on' {
        Remove-CmpCertificate nobody, first -Confirm:$false -ErrorAction SilentlyContinue -ErrorVariable failed
        Get-ErrorId $failed[0] | Should -Be 'CmpEnrollment.NotFound'
        (Get-CmpCertificate).Name | Should -Be 'second'
    }

    It 'completes names' { Get-Completion 'Remove-CmpCertificate sec' | Should -Be 'second' }
}
