BeforeAll {
    . $PSScriptRoot/Common.ps1

    $ca = Start-CmpTestServer
    Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
    $kept = @{ KeyAlgorithm = 'RSA_2048'; KeyUsage = 'KeyEncipherment'; ArchiveKey = $true; NoInstall = $true }
    $lost = New-CmpCertificateRequest 'CN=Alice, O=Example' @kept
    $another = New-CmpCertificateRequest 'CN=Bob' @kept
    $password = Get-TestSecret 'secret'
}

AfterAll { Stop-CmpTestServer }

Describe 'Restore-CmpKey' {
    It 'gives a lost key back with its certificate, in a PFX' {
        $path = Get-TestPath 'alice.pfx'
        $restored = Restore-CmpKey 'CN=Alice, O=Example' -OutFile $path -OutPassword $password
        $restored.PSTypeNames[0] | Should -Be 'Cmp.Certificate'
        $restored.Thumbprint | Should -Be $lost.Thumbprint
        $restored.Path | Should -Be $path
        $restored.Status | Should -Be 'Accepted'
        $opened = [Security.Cryptography.X509Certificates.X509Certificate2]::new($path, $password)
        $opened.Thumbprint | Should -Be $lost.Thumbprint
        Test-PrivateKey $opened | Should -BeTrue
    }

    It 'takes a certificate from the pipeline' {
        $restored = $another | Restore-CmpKey -NoInstall
        $restored.Thumbprint | Should -Be $another.Thumbprint
        Test-PrivateKey $restored | Should -BeTrue
    }

    It 'takes rows of a table' {
        $rows = @(
            [pscustomobject] @{ Subject = 'CN=Alice, O=Example'; OutFile = Get-TestPath 'row1.pem' }
            [pscustomobject] @{ Subject = 'CN=Bob'; OutFile = Get-TestPath 'row2.pem' }
        )
        ($rows | Restore-CmpKey).Thumbprint | Should -Be $lost.Thumbprint, $another.Thumbprint
        Get-TestPath 'row2.pem' | Should -FileContentMatch 'PRIVATE KEY'
    }

    It 'numbers the files of several' {
        $null = New-CmpCertificateRequest 'CN=Carol' @kept
        $null = New-CmpCertificateRequest 'CN=Carol' @kept
        $restored = Restore-CmpKey 'CN=Carol' -OutFile (Get-TestPath 'carol.pem')
        $restored.Path | Should -Be (Get-TestPath 'carol.pem'), (Get-TestPath 'carol-2.pem')
    }

    It 'has a new key certified along with it' {
        $restored = Restore-CmpKey 'CN=Alice, O=Example' -NewCertificate -KeyAlgorithm ECDSA_P384 -NoInstall
        $restored | Should -HaveCount 2
        $restored[0].Thumbprint | Should -Be $lost.Thumbprint
        $restored[1].PublicKey.Oid.FriendlyName | Should -Be 'ECC'
        Test-PrivateKey $restored[1] | Should -BeTrue
    }

    It 'has the CA encrypt to a key of <Kind>' -ForEach @(@{ Kind = 'ECDSA_P384' }, @{ Kind = 'X25519' }, @{ Kind = 'ML-KEM-768' }) {
        (Restore-CmpKey 'CN=Bob' -EncryptionKeyAlgorithm $Kind -NoInstall).Thumbprint | Should -Be $another.Thumbprint
    }

    It 'asks for nothing with -WhatIf' {
        Restore-CmpKey 'CN=Alice, O=Example' -OutFile (Get-TestPath 'whatif.pfx') -WhatIf | Should -BeNullOrEmpty
        Get-TestPath 'whatif.pfx' | Should -Not -Exist
    }

    It 'says what is not there' {
        $failed = { Restore-CmpKey 'CN=Nobody' -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -BeLike 'Cmp*'
        $failed = { Restore-CmpKey 'CN=Bob' -KeyAlgorithm ECDSA_P256 -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.KeyAlgorithm'
        $failed = { Restore-CmpKey 'CN=Bob' -EncryptionKeyAlgorithm Ed25519 -NoInstall -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Algorithm'
    }

    It 'waits, or leaves it to Wait-CmpTransaction' {
        $slow = Start-CmpTestServer -Credential $ca.Credential -PollCount 1 -CheckAfter 0
        Register-CmpServer slow $slow.Uri -Credential $slow.Credential -TrustAnchor $slow.RootCertificate
        $dave = New-CmpCertificateRequest 'CN=Dave' -Server slow @kept
        $asked = Restore-CmpKey 'CN=Dave' -Server slow -OutFile (Get-TestPath 'dave.pem') -NoWait
        $asked.Operation | Should -Be 'KeyRecovery'
        $asked.Subject | Should -Be 'CN=Dave'
        $restored = $asked | Wait-CmpTransaction
        $restored.Thumbprint | Should -Be $dave.Thumbprint
        $restored.Path | Should -Be (Get-TestPath 'dave.pem')
        Get-CmpTransaction | Should -BeNullOrEmpty
    }
}
