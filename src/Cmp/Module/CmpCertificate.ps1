# What the methods of the DSC class CmpCertificate do. Cmp.Client.DesiredCertificate judges; here is what follows from its judgement.
param(
    # Get, Test, Set or Export
    [string] $Method,
    # the resource; for Export those properties of it that are set narrow what is listed, with wildcards
    [object] $Resource
)

# Write-Verbose is of a module that the engine alone does not have.
function Write-Reason {
    [CmdletBinding()]
    param([string] $Text)
    $PSCmdlet.WriteVerbose($Text)
}

# What is wrong is said in its own words and by its own ID, not as what a method threw.
function Invoke-Desired([scriptblock] $Action) {
    try {
        return & $Action
    }
    catch [Management.Automation.MethodInvocationException] {
        $cause = $_.Exception.InnerException
        if (-not $cause.ErrorId) { throw }
        $record = [Management.Automation.ErrorRecord]::new($cause, $cause.ErrorId, 'InvalidArgument', $Resource.Name)
        if ($cause.RecommendedAction) { $record.ErrorDetails = [Management.Automation.ErrorDetails]::new("$($cause.Message)"); $record.ErrorDetails.RecommendedAction = $cause.RecommendedAction }
        throw $record
    }
}

function Get-Desired {
    $desired = ([type] 'Cmp.Client.DesiredCertificate')::new()
    foreach ($property in $desired.PSObject.Properties) {
        if ($property.IsSettable) { $desired.($property.Name) = $Resource.($property.Name) }
    }
    return $desired
}

function ConvertTo-Resource([object] $State) {
    $type = $Resource.GetType()
    $found = $type::new()
    $found.Ensure = if ($State.IsPresent) { 'Present' } else { 'Absent' }
    $found.Status = $State.Status
    $found.TransactionId = $State.Pending.Id
    foreach ($property in $State.Actual.PSObject.Properties) {
        if ($property.IsSettable -and $property.Name -ne 'Ensure' -and $null -ne $property.Value) { $found.($property.Name) = $property.Value }
    }
    if ($State.Enrollment) {
        $found.Thumbprint = $State.Enrollment.Thumbprint
        $found.NotAfter = $State.Enrollment.NotAfter.LocalDateTime
        $found.RenewAfter = $State.Enrollment.RenewAfter.LocalDateTime
    }
    return $found
}

# Those properties that are set, as parameters of the same names.
function Get-Parameter([string[]] $Property) {
    $parameters = @{}
    foreach ($name in $Property) {
        if ($Resource.$name) { $parameters.$name = $Resource.$name }
    }
    return $parameters
}

function Set-Desired([object] $Desired, [object] $State) {
    $ProgressPreference = 'SilentlyContinue'
    $common = @{ Confirm = $false; Verbose = $true; ErrorAction = 'Stop' }
    # a certificate that is in force signs for its successor; who signed the first request need not be at hand any more
    $renewal = $common + (Get-Parameter Credential)
    if ($anchor = Invoke-Desired { $Desired.FindTrustAnchor() }) { $renewal.TrustAnchor = $anchor }
    $first = $renewal.Clone()
    if ($Resource.ClientCertificateThumbprint) { $first.ClientCertificate = $Resource.ClientCertificateThumbprint }
    # the user name says nothing: a password by itself is no type that configurations encrypt
    $key = if ($Resource.KeyPassword) { @{ KeyPassword = $Resource.KeyPassword.Password } } else { @{} }
    $window = if ($Desired.RenewBefore) { @{ RenewBefore = $Desired.RenewBefore } } else { @{} }
    $came = switch ($State.Actions) {
        Abandon { Remove-CmpTransaction $State.Pending.Id @common @key }
        Resume {
            $who = if ($State.Pending.Operation -eq 'KeyUpdate') { $renewal } else { $first }
            Wait-CmpTransaction $State.Pending.Id -NoWait @who @key
        }
        Enroll {
            $request = Get-Parameter Name, Server, Subject, DnsName, KeyAlgorithm, Provider, CertStoreLocation, OutFile, InstallChain, FriendlyName, PrivateKeyReader
            if ($Resource.Exportable) { $request.KeyExportPolicy = 'Exportable' }
            # a file that no enrolment of this name has written is not replaced
            if ($Resource.OutFile) { $request.Force = $null -ne $State.Enrollment }
            New-CmpCertificateRequest -OldCertificateAction $Resource.OldCertificate -NoWait @request @first @window @key
        }
        Renew {
            $who = if ($State.IsExpired) { $first } else { $renewal }
            # the provider is the same as before, and may name another file for its PIN
            $changes = Get-Parameter FriendlyName, InstallChain, PrivateKeyReader, Provider
            Update-CmpCertificate -Name $Resource.Name -Force -NoWait -OldCertificateAction $Resource.OldCertificate @who @window @changes @key
        }
        Remove { Remove-CmpCertificate $Resource.Name @common @key }
        Entrust { Invoke-Desired { $Desired.Entrust() } }
        Reschedule { Invoke-Desired { $Desired.Reschedule() } }
        Rename { Invoke-Desired { $Desired.Rename() } }
    }
    foreach ($one in $came) {
        Write-Reason -Verbose $(if ($one.Thumbprint) { "The certificate $($one.Thumbprint) has come" } else { "The transaction $one waits for the CA: setting it again goes on with it" })
    }
}

$now = ([type] 'Cmp.Commands.DueClock')::Now
if ($Method -eq 'Export') {
    # called as a member of the cast, it would be looked for with the cast's type
    $certificates = [type] 'Cmp.Client.DesiredCertificate'
    foreach ($state in $certificates::List($now)) {
        $found = ConvertTo-Resource $state
        $others = foreach ($property in 'Name', 'Server', 'Subject', 'KeyAlgorithm', 'CertStoreLocation', 'OutFile', 'FriendlyName', 'Thumbprint', 'Status') {
            if ($Resource.$property -and $found.$property -notlike $Resource.$property) { $property }
        }
        if (-not $others) { $found }
    }
    return
}

$desired = Get-Desired
$state = Invoke-Desired { $desired.Judge($now) }
if ($Method -eq 'Get') {
    $found = ConvertTo-Resource $state
    # what says how, and is no state
    foreach ($property in 'ClientCertificateThumbprint', 'TrustAnchorThumbprint', 'OldCertificate') {
        $found.$property = $Resource.$property
    }
    return $found
}

if (-not $state.IsAsDesired) { Write-Reason -Verbose $state.Reason }
if ($Method -eq 'Test') { return $state.IsAsDesired }
if (-not $state.IsAsDesired) { Set-Desired $desired $state }
