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
}
