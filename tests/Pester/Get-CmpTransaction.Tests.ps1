BeforeAll {
    . $PSScriptRoot/Common.ps1
    $slow = Start-CmpTestServer -PollCount 1 -CheckAfter 3600
    Register-CmpServer -Name ca -Uri $slow.Uri -Credential $slow.Credential -TrustAnchor $slow.RootCertificate -Default
}

AfterAll { Stop-CmpTestServer }

Describe 'Get-CmpTransaction' {
    AfterEach { Remove-CmpTransaction * }

    It 'is silent where nothing is pending' {
        Get-CmpTransaction | Should -BeNullOrEmpty
        Get-CmpTransaction x* | Should -BeNullOrEmpty
    }

    It 'lists what waits, with what an administrator asks about it' {
        $begun = New-CmpCertificateRequest -Subject 'CN=waits' -NoWait
        $listed = Get-CmpTransaction
        $listed.Id | Should -Be $begun.Id
        $listed.Status | Should -Be 'Waiting'
        $listed.Operation | Should -Be 'Initialization'
        $listed.Subject | Should -Be 'CN=waits'
        $listed.Server | Should -Be 'ca'
        $listed.Reason | Should -Be 'This server was told to take its time.'
        $listed.CheckAfter | Should -BeGreaterThan (Get-Date).AddMinutes(30)
        $listed.Begun | Should -BeLessOrEqual (Get-Date)
    }

    It 'lists it in another process too' {
        $begun = New-CmpCertificateRequest -Subject 'CN=waits' -NoWait
        Invoke-OtherProcess '(Get-CmpTransaction).Id' $slow.Credential | Should -Be $begun.Id
    }

    It 'finds by ID and by wildcards, in any case' {
        'AAAA01', 'AAAA02', 'BBBB01' | ForEach-Object { New-CmpCertificateRequest -Subject "CN=$_" -TransactionId $_ -Offline } | Out-Null
        (Get-CmpTransaction aaaa01).Subject | Should -Be 'CN=AAAA01'
        (Get-CmpTransaction aaaa*).Id | Should -Be 'AAAA01', 'AAAA02'
        (Get-CmpTransaction *01).Id | Should -Be 'AAAA01', 'BBBB01'
    }

    It 'names the ID that is not there' {
        $failed = { Get-CmpTransaction 0123 -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpTransaction.NotFound'
        $failed.CategoryInfo.Category | Should -Be 'ObjectNotFound'
    }

    It 'hides none because another cannot be read' {
        'AAAA01', 'AAAA02' | ForEach-Object { New-CmpCertificateRequest -Subject "CN=$_" -TransactionId $_ -Offline } | Out-Null
        $file = Get-ChildItem $env:CMP_HOME/transactions/aaaa01.json
        Set-Content $file '{'
        (Get-CmpTransaction -ErrorAction SilentlyContinue -ErrorVariable failed).Id | Should -Be 'AAAA02'
        Get-ErrorId $failed[0] | Should -Be 'CmpState.Unreadable'
    }

    It 'shows a table that fits, and a list of what is worth knowing' {
        $null = New-CmpCertificateRequest -Subject "CN=a$([char] 27)b" -NoWait
        $table = Get-CmpTransaction | Out-String -Width 120
        $table | Should -Match 'Id +Status +CheckAfter +Subject +Operation +Server'
        $table | Should -Match 'CN=a\\u\{001B\}b'
        $list = Get-CmpTransaction | Format-List | Out-String -Width 120
        [regex]::Matches($list, '(?m)^(\w+) *: ') | ForEach-Object { $_.Groups[1].Value } | Should -Be Id, Status, Operation, Subject, Server, Begun, CheckAfter, Reason
        $offline = New-CmpCertificateRequest -Subject 'CN=carried' -Offline | Format-List | Out-String -Width 120
        $offline | Should -Match 'NextMessage : \d+ octets, for Export-CmpMessage'
    }

    It 'completes IDs' {
        $null = New-CmpCertificateRequest -Subject 'CN=a' -TransactionId ABCDEF -Offline
        Get-Completion 'Get-CmpTransaction ab' | Should -Be 'ABCDEF'
    }
}
