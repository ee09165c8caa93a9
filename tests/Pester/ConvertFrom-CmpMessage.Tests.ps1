BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer ca $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $trace = Get-TestPath 'trace'
    $null = New-CmpCertificateRequest 'CN=traced' -DnsName traced.example -NoInstall -TracePath $trace
    $request = (Get-ChildItem $trace -Filter '0001-sent-*.der').FullName
    $answer = (Get-ChildItem $trace -Filter '0002-received-*.der').FullName
    $octets = [IO.File]::ReadAllBytes($request)
    $raw = if ($PSVersionTable.PSEdition -eq 'Desktop') { @{ Encoding = 'Byte' } } else { @{ AsByteStream = $true } }

    function Get-Text([object] $Object) { ($Object | Out-String -Width 100) -split '\r?\n' }

    # A capture of one TCP connection, as tcpdump would have written it: raw IP, no checksums.
    function New-Capture([string] $Path, [object[]] $Said, [int] $ServerPort = 80) {
        $stream = [IO.MemoryStream]::new()
        $write = { param([byte[]] $bytes) $stream.Write($bytes, 0, $bytes.Length) }
        & $write ([byte[]] (0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0))
        $next = @{ $true = 1000; $false = 5000 }
        $time = 1700000000
        foreach ($part in $Said) {
            $isAsked = [bool] $part.Asked
            for ($from = 0; $from -lt $part.Octets.Length; $from += 1000) {
                $piece = [byte[]] $part.Octets[$from..([Math]::Min($from + 1000, $part.Octets.Length) - 1)]
                $length = 40 + $piece.Length
                $big = { param([int] $number) 24, 16, 8, 0 | ForEach-Object { $number -shr $_ -band 255 } }
                $ports = if ($isAsked) { 50000, $ServerPort } else { $ServerPort, 50000 }
                $addresses = if ($isAsked) { (192, 0, 2, 7), (192, 0, 2, 80) } else { (192, 0, 2, 80), (192, 0, 2, 7) }
                $packet = [byte[]] (@(0x45, 0, ($length -shr 8), ($length -band 255), 0, 1, 0, 0, 64, 6, 0, 0) + $addresses[0] + $addresses[1] `
                        + @(($ports[0] -shr 8), ($ports[0] -band 255), ($ports[1] -shr 8), ($ports[1] -band 255)) `
                        + @(& $big $next[$isAsked]) + @(& $big $next[-not $isAsked]) + @(0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0) + $piece)
                & $write ([BitConverter]::GetBytes([int] $time))
                & $write ([BitConverter]::GetBytes([int] 0))
                & $write ([BitConverter]::GetBytes([int] $packet.Length))
                & $write ([BitConverter]::GetBytes([int] $packet.Length))
                & $write $packet
                $next[$isAsked] += $piece.Length
            }
            $time++
        }
        [IO.File]::WriteAllBytes($Path, $stream.ToArray())
    }

    function Get-Http([string] $Line, [byte[]] $Body) { [byte[]] ([Text.Encoding]::ASCII.GetBytes("$Line`r`nContent-Type: application/pkixcmp`r`nContent-Length: $($Body.Length)`r`n`r`n") + $Body) }

    $capture = Get-TestPath 'enrol.pcap'
    New-Capture $capture @(
        @{ Asked = $true; Octets = Get-Http 'POST /pkix/ HTTP/1.1' $octets }
        @{ Asked = $false; Octets = Get-Http 'HTTP/1.1 200 OK' ([IO.File]::ReadAllBytes($answer)) }
    )
}

AfterAll {
    Unregister-CmpServer ca
    Stop-CmpTestServer
}

Describe 'ConvertFrom-CmpMessage' {
    It 'shows what a message says' {
        $message = ConvertFrom-CmpMessage $request
        $message.Type | Should -Be 'Ir'
        $message.Header.Pvno | Should -BeIn 2, 3
        $message.Header.TransactionId | Should -Match '^[0-9A-F]{32}$'
        $message.Header.MessageTime | Should -BeOfType ([DateTimeOffset])
        $message.Protection.Kind | Should -Be 'PasswordBasedMac'
        $message.Protection.Reference | Should -Be $server.Credential.UserName
        $message.Body.Items.Subject | Should -Be 'CN=traced'
        $message.Body.Items[0].SubjectAltNames | Should -Contain 'traced.example'
        $message.Body.Items[0].KeyAlgorithm | Should -Match '^(RSA|ECDSA)'
        $message.Source | Should -Be $request
        $message.Conversation | Should -BeNullOrEmpty
    }

    It 'gives the certificate of an answer' {
        $message = ConvertFrom-CmpMessage $answer
        $message.Body.Status -eq 'Accepted' | Should -BeTrue
        $message.Body.Items[0].Certificate | Should -BeOfType ([Cmp.Messages.Pkix.Certificate])
        $message.Body.Items[0].Thumbprint | Should -Be $message.Body.Items[0].Certificate.Thumbprint
        $message.Certificates.Subject | Should -Not -BeNullOrEmpty
    }

    It 'takes octets, texts and files' {
        $hex = [BitConverter]::ToString($octets)
        $base64 = [Convert]::ToBase64String($octets)
        $pem = "-----BEGIN CMP MESSAGE-----`n$([Convert]::ToBase64String($octets, 'InsertLineBreaks'))`n-----END CMP MESSAGE-----"
        $text = Get-TestPath 'message.pem'
        Set-Content $text $pem
        $expected = (ConvertFrom-CmpMessage $request).Header.SenderNonce
        (, $octets | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        ($octets | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (ConvertFrom-CmpMessage -InputObject $octets).Header.SenderNonce | Should -Be $expected
        ($hex | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        ($hex.Replace('-', ':') | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        ($base64 | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        ($pem | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (Get-Content $text | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (Get-Content $request @raw | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (Get-ChildItem $request | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (ConvertFrom-CmpMessage -LiteralPath $text).Header.SenderNonce | Should -Be $expected
        (ConvertFrom-CmpMessage $request | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        @($hex, $base64 | ConvertFrom-CmpMessage).Count | Should -Be 2
        (ConvertFrom-CmpMessage $request | Export-CmpMessage -OutFile (Get-TestPath 'again.pki') -PassThru | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
        (ConvertFrom-CmpMessage $request | Export-CmpMessage -OutFile (Get-TestPath 'again.eml') -PassThru | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $expected
    }

    It 'takes objects that have a message' {
        $announcement = New-CmpCertificateRequest -Subject 'CN=announced' -NoInstall | New-CmpAnnouncement -Protection None
        ($announcement | ConvertFrom-CmpMessage).Type | Should -Be 'Cann'
        $nothing = { [pscustomobject] @{ Other = 1 } | ConvertFrom-CmpMessage -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $nothing | Should -Be 'CmpArgument.Message'
    }

    It 'reads a trace as one conversation' {
        $messages = @(ConvertFrom-CmpMessage $trace)
        $messages.Count | Should -BeGreaterOrEqual 2
        $messages[0].Conversation.Direction | Should -Be 'Request'
        $messages[0].Conversation.Time | Should -BeOfType ([DateTimeOffset])
        $messages[1].Conversation.Direction | Should -Be 'Response'
        $told = ConvertFrom-CmpMessage $trace -AsConversation
        $told.Outcome | Should -Be 'Enrolled'
        $told.Subject | Should -Be 'CN=traced'
        $told.Id | Should -Be $messages[0].Header.TransactionId
        $told.Story | Where-Object { $_ -like "*client $([char] 0x2192) server  ir *" } | Should -Not -BeNullOrEmpty
    }

    It 'reads a capture' {
        $messages = @(ConvertFrom-CmpMessage -CapturePath $capture)
        $messages.Type | Should -Be 'Ir', 'Ip'
        $messages[0].Conversation.Client | Should -Be '192.0.2.7:50000'
        $messages[0].Conversation.Server | Should -Be '192.0.2.80:80'
        $messages[0].Conversation.Road | Should -Be 'Http'
        $messages[0].GetOctets() | Should -Be $octets
        @(ConvertFrom-CmpMessage $capture).Count | Should -Be 2
        @(Get-ChildItem $capture | ConvertFrom-CmpMessage).Count | Should -Be 2
        @(ConvertFrom-CmpMessage -CapturePath $capture | Where-Object { $_.Body.Status -eq 'Accepted' }).Count | Should -Be 1
        (ConvertFrom-CmpMessage -CapturePath $capture -AsConversation).Outcome | Should -BeIn 'Issued', 'Enrolled'
    }

    It 'says what there is where there is no message' {
        $tls = Get-TestPath 'tls.pcap'
        New-Capture $tls @(@{ Asked = $true; Octets = [byte[]] (@(0x16, 3, 1, 0, 40, 1, 0, 0, 36, 3, 3) + @(7) * 34) }) -ServerPort 443
        ConvertFrom-CmpMessage -CapturePath $tls -WarningVariable warnings -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        "$warnings" | Should -Match 'TLS'
        $refused = Get-TestPath 'refused.pcap'
        New-Capture $refused @(@{ Asked = $true; Octets = Get-Http 'POST /pkix/ HTTP/1.1' $octets }, @{ Asked = $false; Octets = [Text.Encoding]::ASCII.GetBytes("HTTP/1.1 404 Not Found`r`nContent-Length: 0`r`n`r`n") })
        $told = ConvertFrom-CmpMessage -CapturePath $refused -AsConversation
        $told.Outcome | Should -Be 'Failed'
        $told.OutcomeText | Should -Match 'HTTP 404'
    }

    It 'says what is no message, and goes on with the next' {
        $words = Get-TestPath 'words.txt'
        Set-Content $words 'no message'
        $messages = @(ConvertFrom-CmpMessage $words, $request -ErrorVariable failed -ErrorAction SilentlyContinue)
        $messages.Count | Should -Be 1
        Get-ErrorId $failed[0] | Should -Be 'CmpMessage.NotAMessage'
        $failed[0].Exception.Message | Should -Match 'words\.txt'
        $noCapture = { ConvertFrom-CmpMessage -CapturePath $words -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $noCapture | Should -Be 'CmpCapture.NotACapture'
        $missing = { ConvertFrom-CmpMessage (Get-TestPath 'missing.der') -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $missing | Should -Be 'CmpArgument.Path'
    }

    It 'shows a broken message as far as it goes' {
        ConvertFrom-CmpMessage -InputObject ([byte[]] $octets[0..200]) | ForEach-Object Findings | ForEach-Object Rule | Should -Contain 'Syntax.Malformed'
        $wrong = [byte[]] $octets.Clone()
        # an alternative that no sender has
        $wrong[[array]::IndexOf($wrong, [byte] 0xA4)] = 0xBE
        $broken = ConvertFrom-CmpMessage -InputObject $wrong
        $broken.Type | Should -BeNullOrEmpty
        $broken.Body.Status | Should -BeNullOrEmpty
        $broken.Findings.Rule | Should -Contain 'Syntax.Malformed'
        $broken.Tree.Children.Count | Should -BeGreaterThan 0
        Get-Text $broken | Should -Not -BeNullOrEmpty
    }

    It 'shows one message as a tree, several as lines, and each as text' {
        $shown = Get-Text (ConvertFrom-CmpMessage $request)
        $shown[0..3] -join '' | Should -Match 'asks for a certificate for CN=traced'
        $shown -match '^\s+pvno' | Should -Not -BeNullOrEmpty
        $lines = Get-Text (ConvertFrom-CmpMessage -CapturePath $capture)
        @($lines -match 'client [\u2190\u2192] server  i[rp] ').Count | Should -Be 2
        @($lines -match 'pvno').Count | Should -Be 0
        $table = ConvertFrom-CmpMessage -CapturePath $capture | Format-Table | Out-String -Width 120
        $table | Should -Match 'Direction +Type +Status'
        $text = @(ConvertFrom-CmpMessage -CapturePath $capture -AsText)
        $text.Count | Should -Be 2
        $text[0] | Should -BeOfType ([string])
        $text[0] | Should -Match 'pvno'
        ConvertFrom-CmpMessage -CapturePath $capture -AsConversation -AsText | Should -Match 'client \u2192 server  ir '
    }

    It 'becomes JSON that ends and says something' {
        foreach ($object in (ConvertFrom-CmpMessage $answer), (ConvertFrom-CmpMessage -CapturePath $capture -AsConversation)) {
            $json = ConvertTo-Json $object -Depth 20 -WarningVariable warnings
            $warnings | Should -BeNullOrEmpty
            $json.Length | Should -BeLessThan 200000
            $back = ConvertFrom-Json $json
            $first = if ($back.PSObject.Properties['Messages']) { $back.Messages[1] } else { $back }
            $first.Body.Items[0].Subject | Should -Be 'CN=traced'
            $first.Header.TransactionId | Should -Match '^[0-9A-F]{32}$'
        }
    }

    It 'survives a job, and is a message again' {
        $before = ConvertFrom-CmpMessage $answer
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($before))
        $copy.Type.ToString() | Should -Be 'Ip'
        $copy.Header.TransactionId | Should -Be $before.Header.TransactionId
        $copy.Body.Items[0].Subject | Should -Be 'CN=traced'
        ($copy | ConvertFrom-CmpMessage).Header.SenderNonce | Should -Be $before.Header.SenderNonce
        $told = ConvertFrom-CmpMessage -CapturePath $capture -AsConversation
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($told))
        $copy.Story | Should -Be $told.Story
    }

    It 'finds more with -Strict' {
        $strict = ConvertFrom-CmpMessage $request -Strict
        @($strict.Findings).Count | Should -BeGreaterOrEqual @((ConvertFrom-CmpMessage $request).Findings).Count
    }
}
