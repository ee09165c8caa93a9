BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    'web1', 'web2' | ForEach-Object { New-CmpCertificateRequest -Subject "CN=$_" -Name $_ } | Out-Null
    $file = Get-TestPath 'file.pem'
    $filed = New-CmpCertificateRequest -Subject 'CN=file' -OutFile $file
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpCertificate' {
    It 'lists what was enrolled, by name or thumbprint' {
        (Get-CmpCertificate).Name | Should -Be $filed.Thumbprint, 'web1', 'web2'
        (Get-CmpCertificate WEB*).Name | Should -Be 'web1', 'web2'
        ('web2', 'web1' | Get-CmpCertificate).Name | Should -Be 'web2', 'web1'
    }

    It 'finds the certificate where it is, with its key' {
        $web1 = Get-CmpCertificate web1
        $web1.Server.Name | Should -Be 'ca'
        $web1.Store | Should -Be 'CurrentUser\My'
        $web1.Due | Should -BeFalse
        $web1.RenewAfter | Should -BeLessThan $web1.NotAfter
        Test-PrivateKey $web1.Certificate | Should -BeTrue
        (Get-CmpCertificate $filed.Thumbprint).Path | Should -Be $file
    }

    It 'gives only what is due where that is wanted' {
        Get-CmpCertificate -Due | Should -BeNullOrEmpty
        $record = "$env:CMP_HOME/enrolments/$($filed.Thumbprint.ToLowerInvariant()).json"
        $before = Get-Content $record -Raw
        Set-Content $record ($before -replace '("renewAfter": ?")\d{4}', '${1}2020')
        try { (Get-CmpCertificate -Due).Name | Should -Be $filed.Thumbprint } finally { Set-Content $record $before }
    }

    It 'goes by the pipeline into <_>' -ForEach 'Test-CmpCertificate', 'Update-CmpCertificate' {
        if ($_ -eq 'Test-CmpCertificate') { Get-CmpCertificate web* | Test-CmpCertificate | Should -Be $true, $true }
        else { (Get-CmpCertificate web* | Update-CmpCertificate -Force -NoInstall).Subject | Should -Be 'CN=web1', 'CN=web2' }
    }

    It 'says what is wrong with one that is missing' {
        Rename-Item $file 'away.pem'
        try {
            $missing = Get-CmpCertificate $filed.Thumbprint
            $missing.Certificate | Should -BeNullOrEmpty
            $missing.Problem | Should -Match 'There is no file'
            $missing | Out-String -Width 120 | Should -Match 'There is no file'
        }
        finally { Rename-Item (Get-TestPath 'away.pem') 'file.pem' }
    }

    It 'opens a file under a password with it' {
        $path = Get-TestPath 'locked.pfx'
        $null = New-CmpCertificateRequest -Subject 'CN=locked' -Name locked -OutFile $path -OutPassword (Get-TestSecret 'locked')
        (Get-CmpCertificate locked).Problem | Should -Match 'password'
        (Get-CmpCertificate locked -Password (Get-TestSecret 'locked')).Certificate.Subject | Should -Be 'CN=locked'
    }

    It 'names the enrolment that is not there' {
        $failed = { Get-CmpCertificate nobody -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpEnrollment.NotFound'
        Get-CmpCertificate nobody* | Should -BeNullOrEmpty
    }

    It 'shows a table that fits, and a list' {
        Get-CmpCertificate web1 | Out-String -Width 120 | Should -Match 'Name +Subject +NotAfter +RenewAfter +State +Server +Place'
        $list = Get-CmpCertificate web1 | Format-List | Out-String -Width 120
        [regex]::Matches($list, '(?m)^(\w+) *: ') | ForEach-Object { $_.Groups[1].Value } | Should -Be Name, Subject, Thumbprint, NotAfter, RenewAfter, Due, Server, Store, HasPrivateKey
    }

    It 'completes names' { Get-Completion 'Get-CmpCertificate web' | Should -Be 'web1', 'web2' }
}
