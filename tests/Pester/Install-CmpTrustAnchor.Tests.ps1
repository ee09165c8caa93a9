BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Install-CmpTrustAnchor' {
    BeforeAll {
        $old = $server.RootCertificate
        $null = $server.UpdateRoot()
        $update = Get-CmpRootUpdate
    }

    It 'asks with a high impact, and stores nothing with -WhatIf' {
        [Management.Automation.CommandMetadata]::new((Get-Command Install-CmpTrustAnchor)).ConfirmImpact | Should -Be 'High'
        $update | Install-CmpTrustAnchor -WhatIf
        (Get-CmpServer ca).TrustAnchor | Should -HaveCount 1
    }

    It 'refuses what is not proven' {
        { Install-CmpTrustAnchor -OldRoot $old -NewRoot $old -NewWithOld $update.NewWithOld -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'CmpRootUpdate.Keys,*'
        { Install-CmpTrustAnchor -OldRoot $old -NewRoot $update.NewRoot -NewWithOld $old -Confirm:$false -ErrorAction Stop } | Should -Throw -ErrorId 'CmpRootUpdate.Keys,*'
        (Get-CmpServer ca).TrustAnchor | Should -HaveCount 1
    }

    It 'trusts the new root beside the old one, and the next enrolment chains to it' {
        $changed = $update | Install-CmpTrustAnchor -Confirm:$false -PassThru
        $changed.TrustAnchor | ForEach-Object Thumbprint | Should -Be $old.Thumbprint, $server.RootCertificate.Thumbprint
        (New-CmpCertificateRequest -Subject 'CN=after' -NoInstall).Chain[-1].Thumbprint | Should -Be $server.RootCertificate.Thumbprint
        Get-CmpRootUpdate | Should -BeNullOrEmpty
    }

    It 'goes to no store but one of trusted roots that trusts the old one' {
        $update | Install-CmpTrustAnchor -CertStoreLocation Cert:\CurrentUser\My -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpStore.Path'
        $update | Install-CmpTrustAnchor -CertStoreLocation Cert:\CurrentUser\Root -Confirm:$false -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpRootUpdate.OldNotTrusted'
    }

    It 'completes stores of roots' { Get-Completion 'Install-CmpTrustAnchor -CertStoreLocation Cert:\Current' | Should -Be 'Cert:\CurrentUser\Root' }
}
