BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpRootUpdate' {
    It 'emits nothing where there is no new root, and says so' {
        $verbose = Get-CmpRootUpdate -Verbose 4>&1
        $verbose | Should -BeOfType ([Management.Automation.VerboseRecord])
        "$verbose" | Should -Match 'knows of no root after'
    }

    It 'emits a new root with its proof, and trusts nothing' {
        $old = $server.RootCertificate
        $null = $server.UpdateRoot()
        $update = Get-CmpRootUpdate
        $update.OldRoot.Thumbprint | Should -Be $old.Thumbprint
        $update.NewRoot.Thumbprint | Should -Be $server.RootCertificate.Thumbprint
        $update.NewWithOld.Issuer | Should -Be $old.Subject
        (Get-CmpServer ca).TrustAnchor | Should -HaveCount 1
        $update | Out-String -Width 140 | Should -Match $update.NewRoot.Thumbprint
        $old | Get-CmpRootUpdate | Should -HaveCount 1
        Get-CmpRootUpdate -Certificate $server.RootCertificate | Should -BeNullOrEmpty
    }

    It 'knows which root only where one is named or trusted' {
        Get-CmpRootUpdate -Server $server.Uri -Credential $server.Credential -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpArgument.OldRoot'
    }
}
