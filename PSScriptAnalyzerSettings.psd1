@{
  ExcludeRules = @(
    # functions of a script are no commands of users
    'PSUseShouldProcessForStateChangingFunctions'
    # a task of build.ps1 is called Docs
    'PSUseSingularNouns'
    # neither rule sees that functions read what their script, and blocks of Pester what BeforeAll set
    'PSReviewUnusedParameter'
    'PSUseDeclaredVarsMoreThanAssignments'
  )
  Rules = @{
    # in a configuration it is the keyword of the DSC resource; where PSDesiredStateConfiguration does not explain the keyword, it looks like Get-CmpCertificate without its verb
    PSAvoidUsingCmdletAliases = @{ allowlist = @('CmpCertificate') }
  }
}
