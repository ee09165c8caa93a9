BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer -Transport Http, Tcp, Coap
    Register-CmpServer -Name ca -Uri $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $old = $server.RootCertificate
    $certificate = New-CmpCertificateRequest -Subject 'CN=announced' -NoInstall
    [IO.File]::WriteAllBytes((Get-TestPath 'old.cer'), $old.RawData)

    # Listens beside us, with the same state, until as many came; gives the job and where it listens.
    function Start-Listening([hashtable] $Options = @{}, [switch] $First) {
        $listen = $Options + @{ ListenUri = 'http://localhost:0/'; TrustAnchor = Get-TestPath 'old.cer'; TimeoutSec = 60; Verbose = $true }
        $state = $env:CMP_HOME
        $job = Start-Job {
            $env:CMP_HOME = $using:state
            Import-Module $using:manifest
            $listen = $using:listen
            if ($using:First) { Get-CmpAnnouncement @listen | Select-Object -First 1 } else { Get-CmpAnnouncement @listen }
        }
        while ($job.State -in 'NotStarted', 'Running') {
            if ($job.ChildJobs[0].Verbose | Where-Object Message -Match '^Listening at (.*)\.$' | Select-Object -First 1) { break }
            $null = Wait-Job $job -Timeout 1
        }
        $at = $job.ChildJobs[0].Verbose | Where-Object Message -Match '^Listening at (.*)\.$' | ForEach-Object { $_.Message -replace '^Listening at (.*)\.$', '$1' }
        $job, $at
    }
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Get-CmpAnnouncement' {
    It 'polls a CRL and a key update, shows them in a table, and says why in a list' {
        $null = $server.UpdateRoot()
        $came = Get-CmpAnnouncement -PollBy HttpGet
        $came.Type | Sort-Object | Should -Be CaKeyUpdate, Crl
        $came.Verified | Should -Be $true, $true
        $came | Out-String -Width 140 | Should -Match 'CaKeyUpdate +yes +HttpGet +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d New root CN=Cmp Test Root CA'
        $came | Format-List | Out-String -Width 200 | Should -Match '(?s)Verified +: yes.*Reasons +: For: .*NewRoot +: CN=Cmp Test Root CA.*Crl +: CRL of '
    }

    It 'reads what Export-CmpMessage wrote, and shows in words what is not verified' {
        $message = $server.Announce('Revocation', $certificate).Message
        Export-CmpMessage -Message $message -OutFile (Get-TestPath 'warning.pki')
        (Get-CmpAnnouncement (Get-TestPath '*.pki')).Status | Should -Be RevocationWarning
        Get-ChildItem (Get-TestPath 'warning.pki') | Get-CmpAnnouncement | Should -BeOfType ([Cmp.RevocationAnnouncement])
        $bytes = if ($PSVersionTable.PSEdition -eq 'Desktop') { @{ Encoding = 'Byte' } } else { @{ AsByteStream = $true } }
        $mine = Get-Content (Get-TestPath 'warning.pki') @bytes | Get-CmpAnnouncement -Certificate $certificate
        $mine.Certificate.HasPrivateKey | Should -BeTrue
        $mine | Format-List | Out-String -Width 200 | Should -Match '(?s)Certificate +: CN=announced.*WillBeRevokedAt'
        $nobody = Get-CmpAnnouncement -Message (New-CmpAnnouncement $certificate -Protection None).Message
        $nobody | Out-String -Width 140 | Should -Match 'Certificate +NOT VERIFIED +Read'
        $nobody | Format-List | Out-String -Width 200 | Should -Match '(?s)NOT VERIFIED: .*Reasons +: Against: '
    }

    It 'observes until it is enough' {
        $null = $server.Announce('Crl')
        Get-CmpAnnouncement -Server $server.Uris['Coap'] -TrustAnchor $old -PollBy Observe | Select-Object -First 1 -ExpandProperty Type | Should -Be Crl
    }

    It 'leaves out what is no news, also in another process' {
        $null = Get-CmpAnnouncement
        Get-CmpAnnouncement -NewOnly | Should -BeNullOrEmpty
        Invoke-OtherProcess -Credential $server.Credential -Script "@(Get-CmpAnnouncement -Server '$($server.Uri)' -Credential `$credential -TrustAnchor '$(Get-TestPath 'old.cer')' -NewOnly).Count" | Should -Be 0
        Get-CmpAnnouncement -Type CaKeyUpdate | Should -Not -BeNullOrEmpty
    }

    It 'takes what is pushed from a job, and answers when it was emitted' {
        $job, $at = Start-Listening @{ Count = 1 }
        try {
            Send-CmpMessage -Server $at -Message $server.Announce('Revocation', $certificate).Message | Should -Not -BeNullOrEmpty
            $came = $job | Wait-Job -Timeout 60 | Receive-Job 4> $null
            $came.PSObject.TypeNames[0] | Should -Be Deserialized.Cmp.RevocationAnnouncement
            $came.Verified | Should -BeTrue
            $came | Out-String -Width 140 | Should -Match 'Revocation +yes +Push'
        }
        finally { Remove-Job $job -Force }
    }

    It 'ends with the first one that is selected, who pushed it is told to try again, and it comes once more' {
        $octets = $server.Announce('Certificate', $certificate).Message
        foreach ($round in 1, 2) {
            $job, $at = Start-Listening -First
            try {
                $client = [Net.WebClient]::new()
                $client.Headers['Content-Type'] = 'application/pkixcmp'
                { $client.UploadData($at, $octets) } | Should -Throw '*503*'
                $came = $job | Wait-Job -Timeout 60 | Receive-Job 4> $null
                $came.PSObject.TypeNames[0] | Should -Be Deserialized.Cmp.CertificateAnnouncement
            }
            finally { Remove-Job $job -Force }
        }
    }

    It 'takes a root through: announced, verified by the old one, installed, and the next certificate leads to it' {
        $update = Get-CmpAnnouncement -Type CaKeyUpdate
        $update | Install-CmpTrustAnchor -Confirm:$false
        (Get-CmpServer ca).TrustAnchor.Count | Should -Be 2
        (New-CmpCertificateRequest -Subject 'CN=next' -NoInstall).Chain[-1].Thumbprint | Should -Be $update.NewRoot.Thumbprint
    }

    It 'completes ways, kinds and addresses' {
        Get-Completion 'Get-CmpAnnouncement -PollBy ' | Sort-Object | Should -Be GeneralMessage, HttpGet, Observe, TcpReference
        Get-Completion 'Get-CmpAnnouncement -Type C' | Should -Be CaKeyUpdate, Certificate, Crl
        Get-Completion 'Get-CmpAnnouncement -ListenUri ' | Should -Contain 'http://localhost:8829/'
    }
}
