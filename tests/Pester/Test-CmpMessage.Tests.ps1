BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    $root = $server.RootCertificate
    $trace = Get-TestPath 'trace'
    $signedTrace = Get-TestPath 'signed'
    $cert = New-CmpCertificateRequest -Server $server.Uri -Credential $server.Credential -TrustAnchor $root -Subject 'CN=checked' -NoInstall -TracePath $trace -ExplicitConfirm
    $null = New-CmpCertificateRequest -Server $server.Uri -ClientCertificate $cert -TrustAnchor $root -Subject 'CN=signed' -NoInstall -TracePath $signedTrace
    $files = @(Get-ChildItem $trace -Filter *.der | Sort-Object Name)
    $wrong = Get-TestCredential $server.Credential.UserName 'another secret'
}

AfterAll { Stop-CmpTestServer }

Describe 'Test-CmpMessage' {
    It 'gives an answer to each message of a trace, in its order' {
        Test-CmpMessage $trace -Credential $server.Credential | Should -Be @($true, $true, $true, $true)
        Test-CmpMessage $trace -Credential $wrong | Should -Be @($false, $false, $false, $false)
    }

    It 'says what it checked' {
        $checks = @(Test-CmpMessage $trace -Credential $server.Credential -Detailed)
        $checks.ForEach({ "$($_.Message) $($_.Type) $($_.Check) $($_.Result)" }) | Should -Be @(
            '1 ir Protection Verified', '1 ir Proof Verified', '2 ip Protection Verified',
            '3 certConf Protection Verified', '3 certConf CertHash Verified', '4 pkiconf Protection Verified')
        $checks[0] | Should -BeOfType ([Cmp.Inspection.MessageCheck])
        $checks[4].Subject | Should -Be 'CN=checked'
        $checks[1].CertReqId | Should -Be 0
        $checks.Passed | Should -Not -Contain $false
    }

    It 'names a wrong secret and a wrong reference' {
        $check = Test-CmpMessage $files[0].FullName -Credential $wrong -Detailed | Where-Object Check -EQ Protection
        $check.Result | Should -Be 'Failed'
        $check.Reason | Should -Match 'the secret is another one'
        $check = Test-CmpMessage $files[0].FullName -Credential (Get-TestCredential 'somebody' 'another secret') -Detailed | Where-Object Check -EQ Protection
        $check.Result | Should -Be 'NotChecked'
        $check.Reason | Should -Match "'somebody'"
    }

    It 'passes nothing in silence' {
        Test-CmpMessage $files[0].FullName | Should -BeFalse
        $check = Test-CmpMessage $files[0].FullName -Detailed | Where-Object Check -EQ Protection
        $check.Result | Should -Be 'NotChecked'
        $check.Reason | Should -Match 'was not given'
    }

    It 'takes objects, octets, text and files from the pipeline' {
        $octets = [IO.File]::ReadAllBytes($files[0].FullName)
        $credential = $server.Credential
        ConvertFrom-CmpMessage $files[0].FullName | Test-CmpMessage -Credential $credential | Should -BeTrue
        ConvertFrom-CmpMessage $trace -AsConversation | Test-CmpMessage -Credential $credential | Should -Be @($true, $true, $true, $true)
        , $octets | Test-CmpMessage -Credential $credential | Should -BeTrue
        $octets | Test-CmpMessage -Credential $credential | Should -BeTrue
        [Convert]::ToBase64String($octets) | Test-CmpMessage -Credential $credential | Should -BeTrue
        $files[0] | Test-CmpMessage -Credential $credential | Should -BeTrue
        Test-CmpMessage -LiteralPath $files[0].FullName -Credential $credential | Should -BeTrue
        Test-CmpMessage (Join-Path $trace '*.der') -Credential $credential | Should -HaveCount 4
    }

    It 'knows earlier messages of the transaction only where it gets them' {
        $confirm = $files | Where-Object { (ConvertFrom-CmpMessage $_.FullName).Type -eq 'CertConf' }
        Test-CmpMessage $confirm.FullName -Credential $server.Credential | Should -BeFalse
        Test-CmpMessage $confirm.FullName -Credential $server.Credential -Certificate $cert | Should -BeTrue
    }

    It 'follows signers to an anchor' {
        $checks = @(Test-CmpMessage $signedTrace -TrustAnchor $root -Detailed)
        $checks.Passed | Should -Not -Contain $false
        @($checks | Where-Object Check -EQ SignerChain).Count | Should -BeGreaterThan 1
        Test-CmpMessage $signedTrace | Should -Not -Contain $true
        @(Test-CmpMessage $signedTrace -Detailed | Where-Object Check -EQ SignerChain).Result | Should -Be @($checks | Where-Object Check -EQ SignerChain).ForEach({ 'NotChecked' })
        Test-CmpMessage $signedTrace -TrustAnchor $root -Time (Get-Date).AddYears(50) | Should -Not -Contain $true
    }

    It 'sees a changed octet' {
        # at the end of a request under a MAC is its protection
        $octets = [IO.File]::ReadAllBytes($files[0].FullName)
        $octets[$octets.Length - 1] = $octets[$octets.Length - 1] -bxor 1
        $path = Get-TestPath 'changed.pki'
        [IO.File]::WriteAllBytes($path, $octets)
        Test-CmpMessage $path -Credential $server.Credential | Should -BeFalse
    }

    It 'says no of a message that does not decode, and an error of what is none' {
        $octets = [IO.File]::ReadAllBytes($files[0].FullName)[0..200]
        , $octets | Test-CmpMessage -ErrorAction Stop | Should -BeFalse
        $check = , $octets | Test-CmpMessage -Detailed
        $check.Check | Should -Be 'Decoding'
        $check.Result | Should -Be 'Failed'
        $path = Get-TestPath 'page.html'
        Set-Content $path '<html></html>'
        Test-CmpMessage $path -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        Get-ErrorId $failed[0] | Should -Be 'CmpMessage.NotAMessage'
        Test-CmpMessage (Get-TestPath 'nowhere.pki') -ErrorAction SilentlyContinue -ErrorVariable failed | Should -BeNullOrEmpty
        Get-ErrorId $failed[0] | Should -Be 'CmpArgument.Path'
    }

    It 'says what is wrong with a key before anything is read' {
        { Test-CmpMessage $trace -KeyPath (Get-TestPath 'nowhere.key') } | Should -Throw -ErrorId 'CmpStore.NotFound*'
    }

    It 'shows a table' {
        $text = Test-CmpMessage $trace -Credential $server.Credential -Detailed | Out-String -Width 100
        $text | Should -Match '#\s+Type\s+Check\s+Result\s+Reason'
        $text | Should -Match 'certConf\s+CertHash\s+Verified'
    }
}
