BeforeAll {
    . $PSScriptRoot/Common.ps1
    $transaction = New-CmpCertificateRequest -Credential (Get-TestCredential 'me' 'secret') -Subject 'CN=carried' -TransactionId ABCDEF -Offline
}

AfterAll { Remove-CmpTransaction * }

Describe 'Export-CmpMessage' {
    It 'writes the message of a transaction, for its owner only' {
        $path = Get-TestPath 'request.pki'
        $transaction | Export-CmpMessage -OutFile $path | Should -BeNullOrEmpty
        [IO.File]::ReadAllBytes($path) | Should -Be $transaction.NextMessage
        if (-not $onWindows) { (Get-Item $path).UnixMode | Should -Be '-rw-------' }
    }

    It 'writes what openssl reads' {
        if (-not (Get-Command openssl -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'openssl was not found' }
        $path = Get-TestPath 'openssl.pki'
        Export-CmpMessage ABCDEF $path
        (& openssl asn1parse -inform DER -in $path)[0] | Should -Match 'SEQUENCE'
    }

    It 'writes a mail that carries the message' {
        $path = Get-TestPath 'request.eml'
        $transaction | Export-CmpMessage -OutFile $path
        $head, $body = (Get-Content $path -Raw) -split '\r\n\r\n', 2
        $head | Should -Match '(?m)^Content-Type: application/pkixcmp;\r$'
        $head | Should -Match '(?m)^ filename="cmp\.ABCDEF-001-[0-9A-F]{16}\.pki"$'
        $head | Should -Not -Match '(?m)^To:'
        [Convert]::FromBase64String($body) | Should -Be $transaction.NextMessage
    }

    It 'writes a mail that Python reads' {
        $python = Get-Command python3 -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $python) { Set-ItResult -Skipped -Because 'python3 was not found'; return }
        $path = Get-TestPath 'python.eml'
        $mailed = New-CmpCertificateRequest -Server 'mailto:ca@example.com?subject=B%C3%BCro' -Credential (Get-TestCredential 'me' 'secret') -Subject 'CN=mailed' -Offline
        $mailed | Export-CmpMessage -OutFile $path
        $code = 'import sys,email,email.policy; m=email.message_from_binary_file(open(sys.argv[1],"rb"),policy=email.policy.default); print(m["to"]); print(ascii(m["subject"].split(" [")[0])); print(m.get_content_type()); print(m.get_content().hex().upper())'
        $to, $subject, $type, $octets = & $python.Source -c $code $path
        $to | Should -Be 'ca@example.com'
        $subject | Should -Be "'B\xfcro'"
        $type | Should -Be 'application/pkixcmp'
        $octets | Should -Be ([BitConverter]::ToString($mailed.NextMessage) -replace '-')
    }

    It 'emits the file where that is wanted, and replaces one only then' {
        $path = Get-TestPath 'again.pki'
        (Export-CmpMessage ABCDEF $path -PassThru).FullName | Should -Be $path
        $failed = { Export-CmpMessage ABCDEF $path -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpStore.Exists'
        $failed.CategoryInfo.Category | Should -Be 'ResourceExists'
        Export-CmpMessage ABCDEF $path -Force -ErrorAction Stop
    }

    It 'writes octets at hand where they are a message' {
        $path = Get-TestPath 'octets.pki'
        Export-CmpMessage -Message $transaction.NextMessage -OutFile $path
        $path | Should -Exist
        $failed = { Export-CmpMessage -Message (1, 2, 3) -OutFile (Get-TestPath 'no.pki') -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpMessage.Malformed'
        Get-TestPath 'no.pki' | Should -Not -Exist
    }

    It 'says what it would do' {
        Export-CmpMessage ABCDEF (Get-TestPath 'whatif.pki') -WhatIf
        Get-TestPath 'whatif.pki' | Should -Not -Exist
    }

    It 'refuses <Name>' -ForEach @(
        @{ Name = 'another extension'; Id = 'ABCDEF'; File = 'request.der'; ErrorId = 'CmpArgument.OutFile' }
        @{ Name = 'an ID that is not there'; Id = '0123'; File = 'nobody.pki'; ErrorId = 'CmpTransaction.NotFound' }
        @{ Name = 'a folder that is not there'; Id = 'ABCDEF'; File = 'nowhere/request.pki'; ErrorId = 'CmpStore.NotFound' }
        @{ Name = 'no extension'; Id = 'ABCDEF'; File = 'request'; ErrorId = 'CmpArgument.OutFile' }
    ) {
        $failed = { Export-CmpMessage $Id (Get-TestPath $File) -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be $ErrorId
        Get-TestPath $File | Should -Not -Exist
    }

    It 'completes IDs' { Get-Completion 'Export-CmpMessage ab' | Should -Be 'ABCDEF' }
}
