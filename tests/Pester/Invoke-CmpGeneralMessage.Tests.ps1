BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Invoke-CmpGeneralMessage' {
    It 'asks for everything' {
        (Invoke-CmpGeneralMessage).Name | Should -Be 'signKeyPairTypes', 'encKeyPairTypes', 'preferredSymmAlg', 'currentCRL'
    }

    It 'asks by name and by number, and reads the values' {
        (Invoke-CmpGeneralMessage caCerts).Value[0].Subject | Should -Be 'CN=Cmp Test Issuing CA'
        (Invoke-CmpGeneralMessage 1.3.6.1.5.5.7.4.17).Name | Should -Be 'caCerts'
        (Invoke-CmpGeneralMessage keyPairParamReq 1.2.840.10045.2.1).Value | Should -Be 'ECDSA_P256'
        (Invoke-CmpGeneralMessage suppLangTags -Value de, en).Value | Should -Be 'en'
        (Invoke-CmpGeneralMessage 1.2.3.4 -Value ([byte[]] (5, 0))).Value | Should -Be '1.2.3.4'
        Invoke-CmpGeneralMessage signKeyPairTypes | Out-String -Width 120 | Should -Match 'signKeyPairTypes +1\.3\.6\.1\.5\.5\.7\.4\.2 +RSA, ECDSA_P256'
    }

    It 'completes every type' {
        Get-Completion 'Invoke-CmpGeneralMessage caC' | Should -Be 'caCerts'
        @(Get-Completion 'Invoke-CmpGeneralMessage ').Count | Should -BeGreaterThan 20
    }

    It 'says what cannot be asked' {
        Invoke-CmpGeneralMessage nonsense -ErrorVariable failed -ErrorAction SilentlyContinue
        Get-ErrorId $failed[0] | Should -Be 'CmpArgument.InfoType'
        Invoke-CmpGeneralMessage caCerts -WhatIf | Should -BeNullOrEmpty
    }
}
