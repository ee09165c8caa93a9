BeforeAll {
    . $PSScriptRoot/Common.ps1
    $server = Start-CmpTestServer
    Register-CmpServer ca $server.Uri -Credential $server.Credential -TrustAnchor $server.RootCertificate -Default
    $announcement = New-CmpCertificateRequest -Subject 'CN=announced' -NoInstall | New-CmpAnnouncement -Protection None
    $python = Get-Command python3 -CommandType Application -ErrorAction Ignore | Select-Object -First 1

    # Python's web server as one who listens: it answers with one status after the other, keeps what comes, and writes its port to a file.
    function Start-Receiver([int[]] $Statuses) {
        $script = Get-TestPath 'receiver.py'
        Set-Content $script @'
import http.server, os, sys
folder, statuses = sys.argv[1], [int(status) for status in sys.argv[2:]]
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with open(os.path.join(folder, 'received.%d' % len(statuses)), 'wb') as file: file.write(body)
        with open(os.path.join(folder, 'types'), 'a') as file: file.write(self.headers['Content-Type'] + '\n')
        self.send_response(statuses.pop(0)); self.send_header('Content-Length', '0'); self.end_headers()
    def log_message(self, *rest): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Receiver)
with open(os.path.join(folder, 'port.new'), 'w') as file: file.write(str(server.server_port))
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
while statuses: server.handle_request()
'@
        $folder = (New-Item -ItemType Directory (Get-TestPath ([guid]::NewGuid()))).FullName
        $process = Start-Process $python.Source -ArgumentList (@($script, $folder) + $Statuses) -PassThru
        $until = [datetime]::Now.AddSeconds(30)
        while (-not (Test-Path "$folder/port") -and [datetime]::Now -lt $until) { [Threading.Thread]::Sleep(20) }
        [pscustomobject] @{ Uri = "http://127.0.0.1:$(Get-Content "$folder/port" -Raw)/"; Folder = $folder; Process = $process }
    }
}

AfterAll {
    Get-CmpTransaction | Remove-CmpTransaction -Confirm:$false
    Unregister-CmpServer ca
    Stop-CmpTestServer
}

Describe 'Send-CmpMessage' {
    It 'pushes an announcement until it is stored' {
        if (-not $python) { Set-ItResult -Skipped -Because 'python3 was not found'; return }
        $receiver = Start-Receiver 202, 201
        try {
            $delivery = $announcement | Send-CmpMessage -Server $receiver.Uri
            $delivery.Status | Should -Be 'Stored'
            $delivery.Attempts | Should -Be 2
            foreach ($file in 'received.1', 'received.2') { [IO.File]::ReadAllBytes("$($receiver.Folder)/$file") | Should -Be $announcement.Message }
            Get-Content "$($receiver.Folder)/types" | Should -Be 'application/pkixcmp', 'application/pkixcmp'
        }
        finally { if (-not $receiver.Process.WaitForExit(5000)) { $receiver.Process.Kill() } }
    }

    It 'says so where it is refused' {
        if (-not $python) { Set-ItResult -Skipped -Because 'python3 was not found'; return }
        $receiver = Start-Receiver 405
        try {
            $failed = { $announcement | Send-CmpMessage -Server $receiver.Uri -ErrorAction Stop } | Should -Throw -PassThru
            Get-ErrorId $failed | Should -Be 'CmpHttp.405'
        }
        finally { if (-not $receiver.Process.WaitForExit(5000)) { $receiver.Process.Kill() } }
    }

    It 'puts an announcement down where files are carried' {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'road')).FullName
        ($announcement | Send-CmpMessage -Server (Get-FolderAddress $folder)).Status | Should -Be 'Sent'
        [IO.File]::ReadAllBytes((Get-ChildItem $folder -Filter *.request.pki).FullName) | Should -Be $announcement.Message
    }

    It 'gathers octets that come one by one' {
        $path = Get-TestPath 'gathered.pki'
        $announcement | Export-CmpMessage -OutFile $path
        $road = Get-FolderAddress (New-Item -ItemType Directory (Get-TestPath 'gathered')).FullName
        $octets = if ($PSVersionTable.PSEdition -eq 'Desktop') { @{ Encoding = 'Byte' } } else { @{ AsByteStream = $true } }
        @(Get-Content $path @octets | Send-CmpMessage -Server $road).Count | Should -Be 1
        (Get-ChildItem $path | Send-CmpMessage -Server $road).Body | Should -Be 'cann'
    }

    It 'brings the answer to a request, which another one judges' {
        $transaction = New-CmpCertificateRequest -Subject 'CN=carried' -OutFile (Get-TestPath 'carried.pem') -Offline
        $delivery = $transaction | Send-CmpMessage -Server $server
        $delivery.Status | Should -Be 'Answered'
        $delivery.AnswerBody | Should -Be 'ip'
        $delivery | Export-CmpMessage -OutFile (Get-TestPath 'answer.pki')
        ($transaction | Wait-CmpTransaction -ResponsePath (Get-TestPath 'answer.pki')).Subject | Should -Be 'CN=carried'
    }

    It 'refuses what is no message before it is sent' {
        $failed = { 1, 2, 3 | Send-CmpMessage -Server http://127.0.0.1:1/ -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpMessage.Malformed'
    }

    It 'sends nothing where one only asks' { $announcement | Send-CmpMessage -Server http://127.0.0.1:1/ -WhatIf | Should -BeNullOrEmpty }

    It 'survives a job' {
        $folder = (New-Item -ItemType Directory (Get-TestPath 'job')).FullName
        $delivery = $announcement | Send-CmpMessage -Server (Get-FolderAddress $folder)
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($delivery))
        $copy.Status.ToString() | Should -Be 'Sent'
        $copy.TransactionId | Should -Be $delivery.TransactionId
    }
}
