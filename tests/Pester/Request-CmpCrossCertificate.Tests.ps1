BeforeAll {
    . $PSScriptRoot/Common.ps1

    # An authority that is no server: another CA, or with the purpose cmcRA a registration authority.
    function New-TestAuthority([string] $Subject, [switch] $Registration) {
        $x509 = 'Security.Cryptography.X509Certificates'
        $key = [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve]::CreateFromFriendlyName('nistP256'))
        $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new($Subject, $key, 'SHA256')
        if ($Registration) {
            $purposes = [Security.Cryptography.OidCollection]::new()
            $null = $purposes.Add([Security.Cryptography.Oid]::new('1.3.6.1.5.5.7.3.28'))
            $request.CertificateExtensions.Add((New-Object "$x509.X509EnhancedKeyUsageExtension" $purposes, $false))
        }
        else {
            $request.CertificateExtensions.Add((New-Object "$x509.X509BasicConstraintsExtension" $true, $false, 0, $true))
            $request.CertificateExtensions.Add((New-Object "$x509.X509KeyUsageExtension" 'KeyCertSign, CrlSign, DigitalSignature', $true))
        }
        $request.CertificateExtensions.Add((New-Object "$x509.X509SubjectKeyIdentifierExtension" $request.PublicKey, $false))
        $request.CreateSelfSigned([DateTimeOffset]::Now.AddDays(-1), [DateTimeOffset]::Now.AddDays(100))
    }

    $them = New-TestAuthority 'CN=Other CA, O=Example'
    $registrar = New-TestAuthority 'CN=RA' -Registration
    $ca = Start-CmpTestServer -TrustedClient $them, $registrar
    $request = @{ Server = $ca; ClientCertificate = $registrar }
}

AfterAll { Stop-CmpTestServer }

Describe 'Request-CmpCrossCertificate' {
    It 'certifies the key of another CA, asked for by <By>' -ForEach @(
        @{ By = 'itself'; Signer = { $them } }
        @{ By = 'a registration authority'; Signer = { $registrar } }
    ) {
        $cross = $them | Request-CmpCrossCertificate -Server $ca -ClientCertificate (& $Signer)
        $cross.PSTypeNames[0] | Should -Be 'Cmp.Certificate'
        $cross.Subject | Should -Be 'CN=Other CA, O=Example'
        $cross.Issuer | Should -Be $ca.RootCertificate.Subject
        $cross.GetPublicKeyString() | Should -Be $them.GetPublicKeyString()
        $cross.HasPrivateKey | Should -BeFalse
    }

    It 'takes a PKCS #10 request, with an end' {
        $octets = Get-TestPkcs10 'CN=By request'
        (Request-CmpCrossCertificate -Pkcs10 $octets -NotAfter ([datetime]::Now.AddDays(9)) @request).Subject | Should -Be 'CN=By request'
        $failed = { Request-CmpCrossCertificate -Pkcs10 $octets @request -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.NotAfter'
    }

    It 'writes a file, and replaces one by -Force only' {
        $path = Get-TestPath 'cross.cer'
        (Request-CmpCrossCertificate $them -OutFile $path @request).Path | Should -Be $path
        [Security.Cryptography.X509Certificates.X509Certificate2]::new($path).Subject | Should -Be 'CN=Other CA, O=Example'
        $failed = { Request-CmpCrossCertificate $them -OutFile $path @request -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpStore.Exists'
        { Request-CmpCrossCertificate $them -OutFile $path -Force @request -ErrorAction Stop } | Should -Not -Throw
    }

    It 'is refused to who is no registration authority' {
        $failed = { Request-CmpCrossCertificate $them -Server $ca -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpServer.notAuthorized'
        $failed.TargetObject.Thumbprint | Should -Be $them.Thumbprint
    }

    It 'refuses a certificate whose issuer is another one before it asks' {
        $failed = { Request-CmpCrossCertificate (New-CmpCertificateRequest -Server $ca -Subject 'CN=a' -NoInstall) @request -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.ProofOfPossession'
    }

    It 'says what it would do' {
        $before = $ca.Issued.Count
        Request-CmpCrossCertificate $them @request -WhatIf | Should -BeNullOrEmpty
        $ca.Issued.Count | Should -Be $before
    }

    It 'is carried by hand' {
        $transaction = Request-CmpCrossCertificate $them @request -Offline
        $transaction.Operation | Should -Be 'CrossCertification'
        $transaction | Export-CmpMessage -OutFile (Get-TestPath 'ccr.pki')
        Send-TestMessage $ca.Uri (Get-TestPath 'ccr.pki') (Get-TestPath 'ccp.pki')
        ($transaction | Wait-CmpTransaction -ClientCertificate $registrar -ResponsePath (Get-TestPath 'ccp.pki')).Subject | Should -Be 'CN=Other CA, O=Example'
    }
}
