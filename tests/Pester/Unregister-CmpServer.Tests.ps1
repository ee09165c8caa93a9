BeforeAll {
    . $PSScriptRoot/Common.ps1
    $folder = Join-Path $env:CMP_HOME 'servers'
}

AfterAll { Get-CmpServer | Unregister-CmpServer }

Describe 'Unregister-CmpServer' {
    It 'forgets a server of this process' {
        Register-CmpServer gone https://ca.example/ -Default
        Unregister-CmpServer GONE | Should -BeNullOrEmpty
        Get-CmpServer gone* | Should -BeNullOrEmpty
    }

    It 'forgets a saved server with its secret' {
        Register-CmpServer gone https://ca.example/ -Scope CurrentUser -Credential (Get-TestCredential 'me' 'hush') -CredentialStore File
        (Get-ChildItem $folder -File).Count | Should -Be 2
        Unregister-CmpServer gone
        Get-ChildItem $folder -File | Should -BeNullOrEmpty
    }

    It 'takes several, and servers from the pipeline' {
        'one', 'two', 'three' | ForEach-Object { Register-CmpServer $_ https://ca.example/ -Scope CurrentUser }
        Unregister-CmpServer one, two
        Get-CmpServer | Unregister-CmpServer
        Get-CmpServer | Should -BeNullOrEmpty
    }

    It 'forgets the one that serves, or the one of the scope that is named' {
        foreach ($scope in 'LocalMachine', 'CurrentUser', 'Process') { Register-CmpServer same https://ca.example/ -Scope $scope }
        Unregister-CmpServer same -Scope CurrentUser
        (Get-CmpServer same).Scope | Should -Be 'Process', 'LocalMachine'
        Unregister-CmpServer same
        (Get-CmpServer same).Scope | Should -Be 'LocalMachine'
        Unregister-CmpServer same
        Get-CmpServer sam* | Should -BeNullOrEmpty
    }

    It 'forgets nothing with -WhatIf' {
        Register-CmpServer kept https://ca.example/ -Scope CurrentUser
        Unregister-CmpServer kept -WhatIf
        (Get-CmpServer kept).Name | Should -Be 'kept'
    }

    It 'names one that is not there' {
        $failed = { Unregister-CmpServer nobody -ErrorAction Stop } | Should -Throw -PassThru
        Get-ErrorId $failed | Should -Be 'CmpArgument.Server'
    }

    It 'is completed by Tab' {
        Register-CmpServer completed https://ca.example/ -Scope CurrentUser
        Get-Completion 'Unregister-CmpServer compl' | Should -Be 'completed'
        Get-Completion 'Set-CmpServer compl' | Should -Be 'completed'
        Get-Completion 'Get-CmpServer -Scope ' | Should -Be 'CurrentUser', 'LocalMachine', 'Process'
    }
}
