BeforeAll {
    . $PSScriptRoot/Common.ps1
    # it says once that it is not ready, and is when it is asked again
    $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 0
    $request = @{ Server = $slow.Uri; Credential = $slow.Credential; NoWait = $true }
}

AfterAll {
    Stop-CmpTestServer
    Remove-TestCertificate
}

Describe 'Wait-CmpTransaction' {
    AfterEach { Remove-CmpTransaction * }

    Context 'The certificate' {
        It 'is where the request said, with its key, and nothing else is left' {
            $transaction = New-CmpCertificateRequest -Subject 'CN=waits' @request
            $certificate = $transaction | Wait-CmpTransaction -Credential $slow.Credential
            $certificate.PSTypeNames[0] | Should -Be 'Cmp.Certificate'
            $certificate.Store | Should -Be 'CurrentUser\My'
            $certificate.Confirmed | Should -BeTrue
            $certificate.TransactionId | Should -Be $transaction.Id
            Test-PrivateKey $certificate | Should -BeTrue
            Get-CmpTransaction | Should -BeNullOrEmpty
            Get-ChildItem $env:CMP_HOME/transactions | Should -BeNullOrEmpty
        }

        It 'comes in another process as in this one' {
            $path = Get-TestPath 'waits.pem'
            $transaction = New-CmpCertificateRequest -Subject 'CN=other process' -OutFile $path @request
            Invoke-OtherProcess "(Wait-CmpTransaction $($transaction.Id) -Credential `$credential).Subject" $slow.Credential | Should -Be 'CN=other process'
            Test-CmpCertificate -Certificate $path | Should -BeTrue
            Get-CmpTransaction | Should -BeNullOrEmpty
        }

        It 'comes in another process by a polling reference of <_>' -ForEach 'Tcp', 'HttpTcp' {
            $server = Start-CmpTestServer -Transport $_ -TransportPollCount 1 -TransportCheckAfter 1
            $path = Get-TestPath "$_.pem"
            $transaction = New-CmpCertificateRequest -Server $server -Subject 'CN=by reference' -OutFile $path -NoWait
            Invoke-OtherProcess "(Wait-CmpTransaction $($transaction.Id) -Credential `$credential).Subject" $server.Credential | Should -Be 'CN=by reference'
            $server.Issued | Should -HaveCount 1
            Test-CmpCertificate -Certificate $path | Should -BeTrue
        }

        It 'comes in another process by <_>, although nobody looked into the folder when it was asked for' -ForEach 'File', 'Mail' {
            $exchange = Get-TestPath "exchange-$_"
            $credential = Get-TestCredential 'carried' 'a secret'
            $server = Start-CmpTestServer -Transport $_ -Path $exchange -Credential $credential
            $settings = $server.Servers[$_]
            Stop-CmpTestServer $server
            $path = Get-TestPath "$_.pem"
            $transaction = New-CmpCertificateRequest -Server $settings -Subject 'CN=carried' -OutFile $path -NoWait
            $transaction.Reason | Should -Not -BeNullOrEmpty
            $other = "`$result = Wait-CmpTransaction $($transaction.Id) -Credential `$credential -TimeoutSec {0} -WarningAction Ignore; if (`$result.Thumbprint) {{ [string] `$result.Subject }} else {{ [string] `$result.Status }}"
            Invoke-OtherProcess ($other -f 1) $credential | Should -Be 'Waiting'
            $later = Start-CmpTestServer -Transport $_ -Path $exchange -Credential $credential
            Invoke-OtherProcess ($other -f 60) $credential | Should -Be 'CN=carried'
            $later.Issued | Should -HaveCount 1
            Test-CmpCertificate -Certificate $path | Should -BeTrue
        }

        It 'comes when a hand has put each answer into the folder, and past one that is none' {
            $exchange = Get-TestPath 'by hand'
            $null = New-Item -ItemType Directory $exchange
            $server = Start-CmpTestServer
            $transaction = New-CmpCertificateRequest -Server (Get-FolderAddress $exchange) -Credential $server.Credential -TrustAnchor $server.RootCertificate -Subject 'CN=by hand' -ExplicitConfirm -NoInstall -NoWait
            $request = (Get-ChildItem $exchange).FullName
            $transaction.Reason | Should -BeLike "*'$($request.Replace('.request.', '.response.'))'"

            Set-Content $request.Replace('.request.', '.response.') '<html>'
            $failed = { $transaction | Wait-CmpTransaction -Credential $server.Credential -WarningAction SilentlyContinue -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpMessage.Malformed'
            (Get-CmpTransaction $transaction.Id).Status | Should -Be 'Waiting'

            foreach ($number in 1, 2) {
                $request = (Get-ChildItem $exchange -Filter "*-00$number-*.request.pki").FullName
                Send-TestMessage $server.Uri $request $request.Replace('.request.', '.response.')
                $result = $transaction | Wait-CmpTransaction -Credential $server.Credential -TimeoutSec 2 -WarningAction SilentlyContinue
            }
            $result.Confirmed | Should -BeTrue
            Get-ChildItem $exchange | Should -HaveCount 4
            Stop-CmpTestServer $server
        }

        It 'comes without a credential where the server is registered with one' {
            Register-CmpServer -Name ca -Uri $slow.Uri -Credential $slow.Credential
            $null = New-CmpCertificateRequest -Server ca -Subject 'CN=registered' -NoInstall -NoWait
            (Get-CmpTransaction | Wait-CmpTransaction).Subject | Should -Be 'CN=registered'
        }

        It 'is waited for no longer than is wanted' {
            $late = Start-CmpTestServer -PollCount 1 -CheckAfter 3600
            $transaction = New-CmpCertificateRequest -Server $late -Subject 'CN=late' -NoWait
            ($transaction | Wait-CmpTransaction -Credential $late.Credential -NoWait).Id | Should -Be $transaction.Id
            ($transaction | Wait-CmpTransaction -Credential $late.Credential -TimeoutSec 2 -WarningAction SilentlyContinue -WarningVariable warned).Id | Should -Be $transaction.Id
            $warned | Should -HaveCount 1
            Stop-CmpTestServer $late
        }
    }

    Context 'What must be given again' {
        It 'wants the credential' {
            $transaction = New-CmpCertificateRequest -Subject 'CN=a' @request
            $failed = { $transaction | Wait-CmpTransaction -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.NoCredential'
            (Get-CmpTransaction).Status | Should -Be 'Waiting'
        }

        It 'wants the right secret' {
            $transaction = New-CmpCertificateRequest -Subject 'CN=a' -NoInstall @request
            $wrong = Get-TestCredential $slow.Credential.UserName 'wrong'
            $failed = { $transaction | Wait-CmpTransaction -Credential $wrong -ErrorAction Stop -WarningVariable warned -WarningAction SilentlyContinue } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpProtection.UnauthenticatedAnswer'
            ($transaction | Wait-CmpTransaction -Credential $slow.Credential).Subject | Should -Be 'CN=a'
        }

        It 'wants -Approve' {
            $transaction = New-CmpCertificateRequest -Subject 'CN=a' -NoInstall -Approve { $true } @request
            $failed = { $transaction | Wait-CmpTransaction -Credential $slow.Credential -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.Approve'
            ($transaction | Wait-CmpTransaction -Credential $slow.Credential -Approve { $_.Subject -eq 'CN=a' }).Subject | Should -Be 'CN=a'
        }

        It 'wants -OutPassword' {
            $path = Get-TestPath 'a.pfx'
            $transaction = New-CmpCertificateRequest -Subject 'CN=a' -OutFile $path -OutPassword (Get-TestSecret 'a') @request
            $failed = { $transaction | Wait-CmpTransaction -Credential $slow.Credential -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpArgument.OutPassword'
            $path | Should -Not -Exist
            $null = $transaction | Wait-CmpTransaction -Credential $slow.Credential -OutPassword (Get-TestSecret 'a')
            [Security.Cryptography.X509Certificates.X509Certificate2]::new($path, 'a').HasPrivateKey | Should -BeTrue
        }
    }

    Context 'Before it does anything' {
        It 'says what it would do' {
            $transaction = New-CmpCertificateRequest -Subject 'CN=a' @request
            $before = $slow.Issued.Count
            $transaction | Wait-CmpTransaction -Credential $slow.Credential -WhatIf | Should -BeNullOrEmpty
            (Get-CmpTransaction).Id | Should -Be $transaction.Id
            $slow.Issued.Count | Should -Be $before
        }

        It 'names the ID that is not there' {
            $failed = { Wait-CmpTransaction 0123 -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpTransaction.NotFound'
        }

        It 'completes IDs' {
            $null = New-CmpCertificateRequest -Subject 'CN=a' -TransactionId ABCDEF -Offline -Credential $slow.Credential
            Get-Completion 'Wait-CmpTransaction ab' | Should -Be 'ABCDEF'
        }
    }

    Context 'Answers that were carried here' {
        BeforeAll { $server = Start-CmpTestServer }

        It 'ends it, with a confirmation of its own in a second round' {
            $transaction = New-CmpCertificateRequest -Server $server -Subject 'CN=carried' -Name carried -ExplicitConfirm -Offline
            foreach ($round in 1, 2) {
                $transaction | Should -BeOfType Cmp.CmpTransaction
                $transaction | Export-CmpMessage -OutFile (Get-TestPath "request$round.pki")
                Send-TestMessage $server.Uri (Get-TestPath "request$round.pki") (Get-TestPath "answer$round.pki")
                $transaction = $transaction | Wait-CmpTransaction -Credential $server.Credential -ResponsePath (Get-TestPath "answer$round.pki")
            }
            $transaction.Confirmed | Should -BeTrue
            (Get-CmpCertificate carried).Thumbprint | Should -Be $transaction.Thumbprint
            Get-CmpTransaction | Should -BeNullOrEmpty
        }

        It 'takes an answer that came by mail' {
            $transaction = New-CmpCertificateRequest -Server $server -Subject 'CN=mailed' -NoInstall -Offline
            $transaction | Export-CmpMessage -OutFile (Get-TestPath 'request.pki')
            Send-TestMessage $server.Uri (Get-TestPath 'request.pki') (Get-TestPath 'answer.pki')
            $answer = [Convert]::ToBase64String([IO.File]::ReadAllBytes((Get-TestPath 'answer.pki')), 'InsertLineBreaks')
            Set-Content (Get-TestPath 'answer.eml') "From: ca@example.com`nContent-Type: application/pkixcmp; name=answer.pki`nContent-Transfer-Encoding: base64`n`n$answer"
            ($transaction | Wait-CmpTransaction -Credential $server.Credential -ResponsePath (Get-TestPath 'answer.eml')).Subject | Should -Be 'CN=mailed'
        }

        It 'tells a file that is something else: <Name>' -ForEach @(
            @{ Name = 'a web page'; ErrorId = 'CmpMessage.Malformed' }
            @{ Name = 'our own message'; ErrorId = 'CmpTransaction.RecipNonce' }
            @{ Name = 'nothing'; ErrorId = 'CmpStore.NotFound' }
            @{ Name = 'a mail in words'; ErrorId = 'CmpMail.NoMessage' }
        ) {
            $path = Get-TestPath $(if ($Name -like '*mail*') { 'wrong.eml' } else { 'wrong.pki' })
            if (Test-Path $path) { Remove-Item $path }
            $transaction = New-CmpCertificateRequest -Server $server -Subject 'CN=carried' -Offline
            switch ($Name) {
                'a web page' { Set-Content $path '<!DOCTYPE html><html></html>' }
                'our own message' { $transaction | Export-CmpMessage -OutFile $path }
                'a mail in words' { Set-Content $path "Subject: no`n`nCall us." }
            }
            $failed = { $transaction | Wait-CmpTransaction -Credential $server.Credential -ResponsePath $path -ErrorAction Stop -WarningAction SilentlyContinue } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be $ErrorId
            (Get-CmpTransaction).NextMessage | Should -Be $transaction.NextMessage
        }
    }
}
