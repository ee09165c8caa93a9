# Windows PowerShell takes the assemblies as they lie there; in PowerShell 7 they have a load context of their own.
# Each call of a method here costs more of the import than the commands do.
if ($PSEdition -eq 'Desktop') {
    Import-Module "$PSScriptRoot/bin/desktop/Cmp.dll"
}
else {
    $null = [Reflection.Assembly]::LoadFrom("$PSScriptRoot/bin/net8.0/Cmp.Loader.dll")
    $commands = Import-Module -Assembly ([Cmp.Loader.LoadContext]::Initialize()) -PassThru
    [Cmp.Loader.Reimport]::Export($ExecutionContext, $commands)
}

# DSC keeps a certificate: asked for once, renewed in time. The class stands here and not in a file of its own, for the adapter of
# DSC v3 looks nowhere else, and has no literal of a type of ours: it is read before ours are loaded, and where they never are.
# Cmp.Client.DesiredCertificate judges; here is what follows from its judgement. See about_Cmp_Dsc.
[DscResource()]
class CmpCertificate {
    [DscProperty(Key)] [string] $Name
    [DscProperty()] [ValidateSet('Present', 'Absent')] [string] $Ensure = 'Present'
    [DscProperty()] [string] $Server
    [DscProperty()] [string] $Subject
    [DscProperty()] [string[]] $DnsName
    [DscProperty()] [string] $KeyAlgorithm
    [DscProperty()] [string] $Provider
    [DscProperty()] [bool] $Exportable
    [DscProperty()] [string] $CertStoreLocation
    [DscProperty()] [string] $OutFile
    [DscProperty()] [ValidateSet('None', 'Intermediate', 'WithRoot')] [string] $InstallChain
    [DscProperty()] [string] $FriendlyName
    [DscProperty()] [int] $RenewBeforeDays
    [DscProperty()] [int] $RenewBeforePercent
    [DscProperty()] [PSCredential] $Credential
    [DscProperty()] [PSCredential] $KeyPassword
    [DscProperty()] [string] $ClientCertificateThumbprint
    [DscProperty()] [string] $TrustAnchorThumbprint
    [DscProperty()] [string[]] $PrivateKeyReader
    [DscProperty()] [ValidateSet('Archive', 'Remove', 'Keep')] [string] $OldCertificate = 'Archive'
    [DscProperty(NotConfigurable)] [string] $Thumbprint
    [DscProperty(NotConfigurable)] [Nullable[datetime]] $NotAfter
    [DscProperty(NotConfigurable)] [Nullable[datetime]] $RenewAfter
    [DscProperty(NotConfigurable)] [string] $Status
    [DscProperty(NotConfigurable)] [string] $TransactionId

    [CmpCertificate] Get() {
        $found = [CmpCertificate]::Of($this.Call($this.GetDesired(), 'Judge'))
        # what says how, and is no state
        foreach ($property in 'ClientCertificateThumbprint', 'TrustAnchorThumbprint', 'OldCertificate') {
            $found.$property = $this.$property
        }
        return $found
    }

    [bool] Test() {
        $state = $this.Call($this.GetDesired(), 'Judge')
        if (-not $state.IsAsDesired) { $this.Tell($state.Reason) }
        return $state.IsAsDesired
    }

    [void] Set() {
        $ProgressPreference = 'SilentlyContinue'
        $desired = $this.GetDesired()
        $state = $this.Call($desired, 'Judge')
        if ($state.IsAsDesired) { return }
        $this.Tell($state.Reason)
        $common = @{ Confirm = $false; Verbose = $true; ErrorAction = 'Stop' }
        # a certificate that is in force signs for its successor; who signed the first request need not be at hand any more
        $renewal = $common.Clone()
        if ($anchor = $this.Call($desired, 'FindTrustAnchor')) { $renewal.TrustAnchor = $anchor }
        if ($this.Credential) { $renewal.Credential = $this.Credential }
        $window = if ($desired.RenewBefore) { @{ RenewBefore = $desired.RenewBefore } } else { @{} }
        $changes = @{}
        # the provider is the same as before, and may name another file for its PIN
        foreach ($property in 'FriendlyName', 'InstallChain', 'PrivateKeyReader', 'Provider') {
            if ($this.$property) { $changes.$property = $this.$property }
        }
        # the user name says nothing: a password by itself is no type that configurations encrypt
        $key = if ($this.KeyPassword) { @{ KeyPassword = $this.KeyPassword.Password } } else { @{} }
        $first = $renewal.Clone()
        if ($this.ClientCertificateThumbprint) { $first.ClientCertificate = $this.ClientCertificateThumbprint }
        $came = switch ($state.Actions) {
            Abandon { Remove-CmpTransaction $state.Pending.Id @common @key }
            Resume {
                $who = if ($state.Pending.Operation -eq 'KeyUpdate') { $renewal } else { $first }
                Wait-CmpTransaction $state.Pending.Id -NoWait @who @key
            }
            Enroll {
                $request = $this.GetRequest($null -ne $state.Enrollment)
                New-CmpCertificateRequest @request @first @window @key -NoWait
            }
            Renew {
                $who = if ($state.IsExpired) { $first } else { $renewal }
                Update-CmpCertificate -Name $this.Name -Force -NoWait -OldCertificateAction $this.OldCertificate @who @window @changes @key
            }
            Remove { Remove-CmpCertificate $this.Name @common @key }
            Entrust { $this.Call($desired, 'Entrust') }
            Reschedule { $this.Call($desired, 'Reschedule') }
            Rename { $this.Call($desired, 'Rename') }
        }
        foreach ($one in $came) {
            $this.Tell($(if ($one.Thumbprint) { "The certificate $($one.Thumbprint) has come" } else { "The transaction $one waits for the CA: setting it again goes on with it" }))
        }
    }

    static [CmpCertificate[]] Export() { return [CmpCertificate]::Export([CmpCertificate]::new()) }

    static [CmpCertificate[]] Export([CmpCertificate] $Filter) {
        # called as a member of the cast, it would be looked for with the cast's type
        $certificates = [type] 'Cmp.Client.DesiredCertificate'
        return @(foreach ($state in $certificates::List([CmpCertificate]::Now())) {
            $found = [CmpCertificate]::Of($state)
            $others = foreach ($property in 'Name', 'Server', 'Subject', 'KeyAlgorithm', 'CertStoreLocation', 'OutFile', 'FriendlyName', 'Thumbprint', 'Status') {
                if ($Filter.$property -and $found.$property -notlike $Filter.$property) { $property }
            }
            if (-not $others) { $found }
        })
    }

    hidden static [CmpCertificate] Of([object] $State) {
        $found = [CmpCertificate] @{ Ensure = if ($State.IsPresent) { 'Present' } else { 'Absent' }; Status = $State.Status; TransactionId = $State.Pending.Id }
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

    hidden static [object] Now() { return ([type] 'Cmp.Commands.DueClock')::Now }

    hidden [object] GetDesired() {
        $desired = ([type] 'Cmp.Client.DesiredCertificate')::new()
        foreach ($property in $desired.PSObject.Properties) {
            if ($property.IsSettable) { $desired.($property.Name) = $this.($property.Name) }
        }
        return $desired
    }

    # What is wrong is said in its own words and by its own ID, not as what a method threw.
    hidden [object] Call([object] $Desired, [string] $Method) {
        try {
            if ($Method -eq 'Judge') { return $Desired.Judge([CmpCertificate]::Now()) }
            return $Desired.$Method()
        }
        catch [Management.Automation.MethodInvocationException] {
            $cause = $_.Exception.InnerException
            if (-not $cause.ErrorId) { throw }
            $record = [Management.Automation.ErrorRecord]::new($cause, $cause.ErrorId, 'InvalidArgument', $this.Name)
            if ($cause.RecommendedAction) { $record.ErrorDetails = [Management.Automation.ErrorDetails]::new("$($cause.Message)"); $record.ErrorDetails.RecommendedAction = $cause.RecommendedAction }
            throw $record
        }
    }

    # Write-Verbose is of a module that the engine alone does not have; a function here is not found where several runspaces load the class at once.
    hidden [void] Tell([string] $Text) {
        & { [CmdletBinding()] param([string] $Text) $PSCmdlet.WriteVerbose($Text) } $Text -Verbose
    }

    # What New-CmpCertificateRequest takes; a file that no enrolment of this name has written is not replaced.
    hidden [hashtable] GetRequest([bool] $Again) {
        $request = @{ Name = $this.Name; OldCertificateAction = $this.OldCertificate }
        foreach ($property in 'Server', 'Subject', 'DnsName', 'KeyAlgorithm', 'Provider', 'CertStoreLocation', 'OutFile', 'InstallChain', 'FriendlyName', 'PrivateKeyReader') {
            if ($this.$property) { $request.$property = $this.$property }
        }
        if ($this.Exportable) { $request.KeyExportPolicy = 'Exportable' }
        if ($this.OutFile) { $request.Force = $Again }
        return $request
    }
}
