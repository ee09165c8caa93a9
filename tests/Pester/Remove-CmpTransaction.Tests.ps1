BeforeAll {
    . $PSScriptRoot/Common.ps1
    $secret = Get-TestCredential 'me' 'secret'
}

Describe 'Remove-CmpTransaction' {
    BeforeEach { 'AAAA01', 'AAAA02', 'BBBB01' | ForEach-Object { New-CmpCertificateRequest -Credential $secret -Subject "CN=$_" -TransactionId $_ -Offline } | Out-Null }

    AfterEach { Remove-CmpTransaction * }

    It 'gives one up, with its key' {
        "$env:CMP_HOME/transactions/aaaa01.key" | Should -Exist
        Remove-CmpTransaction AAAA01 | Should -BeNullOrEmpty
        (Get-CmpTransaction).Id | Should -Be 'AAAA02', 'BBBB01'
        Get-ChildItem $env:CMP_HOME/transactions -Filter aaaa01* | Should -BeNullOrEmpty
    }

    It 'understands wildcards and the pipeline' {
        Remove-CmpTransaction aaaa*
        (Get-CmpTransaction).Id | Should -Be 'BBBB01'
        Get-CmpTransaction | Remove-CmpTransaction
        Get-CmpTransaction | Should -BeNullOrEmpty
        Get-ChildItem $env:CMP_HOME/transactions | Should -BeNullOrEmpty
    }

    It 'says what it would do' {
        Remove-CmpTransaction * -WhatIf
        Get-CmpTransaction | Should -HaveCount 3
    }

    It 'names the ID that is not there, and goes on' {
        $failed = { '0123' | Remove-CmpTransaction -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpTransaction.NotFound'
        Remove-CmpTransaction 0123, AAAA01 -ErrorAction SilentlyContinue
        Get-CmpTransaction | Should -HaveCount 2
    }

    It 'gives up what cannot be read too' {
        Set-Content $env:CMP_HOME/transactions/aaaa01.json '{'
        Remove-CmpTransaction AAAA01
        Get-ChildItem $env:CMP_HOME/transactions -Filter aaaa01* | Should -BeNullOrEmpty
    }

    It 'takes back what lies in a folder and was not answered' {
        $exchange = Get-TestPath 'exchange'
        $null = New-Item -ItemType Directory $exchange
        $address = Get-FolderAddress $exchange
        'CCCC01', 'CCCC02', 'CCCC03' | ForEach-Object { New-CmpCertificateRequest -Server $address -Credential $secret -Subject "CN=$_" -TransactionId $_ -NoWait } | Out-Null
        Remove-CmpTransaction CCCC01
        Get-ChildItem $exchange -Name | Should -HaveCount 2
        Get-ChildItem $exchange -Name | Should -Not -BeLike 'CCCC01*'
        # what was answered stays
        $null = New-Item (Get-ChildItem $exchange -Filter CCCC02*).FullName.Replace('.request.', '.response.')
        Remove-CmpTransaction CCCC02
        Get-ChildItem $exchange -Filter CCCC02* | Should -HaveCount 2
        # and who cannot be reached keeps nobody
        Rename-Item $exchange elsewhere
        Remove-CmpTransaction CCCC03 -WarningAction SilentlyContinue -WarningVariable warned
        $warned | Should -BeLike 'The last message may be carried to the server still: There is no folder *'
        Get-CmpTransaction | Where-Object Id -Like CCCC* | Should -BeNullOrEmpty
    }

    It 'completes IDs' { Get-Completion 'Remove-CmpTransaction bb' | Should -Be 'BBBB01' }
}
