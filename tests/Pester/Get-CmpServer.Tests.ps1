BeforeAll {
    . $PSScriptRoot/Common.ps1
    Register-CmpServer here https://ca.example/pkix/ -Default
    Register-CmpServer saved https://ca.example/saved/ -Scope CurrentUser -TimeoutSec 7
}

AfterAll { Get-CmpServer | Unregister-CmpServer }

Describe 'Get-CmpServer' {
    It 'gets the servers of all scopes by their names' {
        (Get-CmpServer).Name | Should -Be 'here', 'saved'
        (Get-CmpServer -Scope CurrentUser).Name | Should -Be 'saved'
        Get-CmpServer -Scope LocalMachine | Should -BeNullOrEmpty
    }

    It 'takes names in any case, wildcards, and the pipeline' {
        (Get-CmpServer SAVED).Scope | Should -Be 'CurrentUser'
        (Get-CmpServer h*).Name | Should -Be 'here'
        ('saved', 'here' | Get-CmpServer).Name | Should -Be 'saved', 'here'
        Get-CmpServer x* | Should -BeNullOrEmpty
    }

    It 'says which one serves where none is named' {
        Get-CmpServer | Where-Object IsDefault | ForEach-Object Name | Should -Be 'here'
    }

    It 'names one that is not there' {
        $failed = { Get-CmpServer nobody -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Server'
    }

    It 'shows a table with the scope and the default, and a list of what was said' {
        $table = Get-CmpServer | Out-String -Width 120
        $table | Should -Match 'here +https://ca.example/pkix/ +\* +Process'
        $table | Should -Match 'saved +https://ca.example/saved/ +CurrentUser +\r?\n'
        $list = Get-CmpServer saved | Format-List | Out-String -Width 120
        [regex]::Matches($list, '(?m)^(\w+) *: ') | ForEach-Object { $_.Groups[1].Value } | Should -Be Name, Uri, Scope, Authentication, Trust, Timeout
    }

    It 'reports one that is damaged and hides no other' {
        Register-CmpServer broken https://ca.example/ -Scope CurrentUser
        Set-Content (Join-Path $env:CMP_HOME 'servers/broken.json') 'half'
        (Get-CmpServer -ErrorAction SilentlyContinue -ErrorVariable failed).Name | Should -Be 'here', 'saved'
        Get-ErrorId $failed[0] | Should -Be 'CmpState.Unreadable'
        Get-Completion 'New-CmpCertificateRequest -Server ' | Should -Be 'here', 'saved'
        Unregister-CmpServer broken
        (Get-CmpServer).Count | Should -Be 2
    }
}
