using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>Trusts the new root of a CA beside the old one, after it was proven once more and somebody said yes.</summary>
[Cmdlet(VerbsLifecycle.Install, "CmpTrustAnchor", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(ServerSettings))]
[OutputType(typeof(X509Certificate2))]
public sealed class InstallCmpTrustAnchorCommand : PSCmdlet
{
    private bool _isServerSaid;

    /// <summary>The update as it came: an announcement says whether it is believed.</summary>
    [Parameter(ValueFromPipeline = true, DontShow = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>The root that is trusted.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 OldRoot { get; set; } = null!;

    /// <summary>The root that follows it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 NewRoot { get; set; } = null!;

    /// <summary>The new key, certified by the old one: the proof.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2 NewWithOld { get; set; } = null!;

    /// <summary>The old key, certified by the new one.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2? OldWithNew { get; set; }

    /// <summary>CRLs that may say that the old root is revoked, beside those of the server.</summary>
    [Parameter]
    [CrlTransformation]
    public CertificateList[]? Crl { get; set; }

    /// <summary>The registered server that trusts the new root from then on.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public ServerSettings? Server { get; set; }

    /// <summary>The store that the new root goes to, in place of a server's settings.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RootStoreCompleter))]
    public string? CertStoreLocation { get; set; }

    /// <summary>Takes the certificates' own proof for an announcement too that is not verified.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the server as it is then, or the new root where it went to a store.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        // an update in the pipeline names the server that told of it: -CertStoreLocation stands over that
        _isServerSaid = MyInvocation.BoundParameters.ContainsKey(nameof(Server));
        if (_isServerSaid && CertStoreLocation is not null)
            ThrowTerminatingError(new CmpException(CmpErrorKind.Argument, "CmpArgument.Destination", "-CertStoreLocation and -Server do not go together: the new root goes to one place.").ToErrorRecord(CertStoreLocation));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            EnsureVerified();
            if (CertStoreLocation is { } location)
            {
                var store = RootStore.Parse(location);
                Install(Prove([]), store);
            }
            else
            {
                ServerSettings server = Registered();
                Install(Prove(server.RevocationList ?? []), server);
            }
        }
        catch (CmpException e)
        {
            ErrorRecord record = e.ToErrorRecord(NewRoot);
            if (e.IsTerminating())
                ThrowTerminatingError(record);
            WriteError(record);
        }
    }

    /// <summary>
    /// Rule 73: an update is believed where it is proven and where it is the CA's word. An announcement says whether it is: whoever got hold of the old key, or
    /// repeats what the CA took back, can prove the rest.
    /// </summary>
    private void EnsureVerified()
    {
        if (InputObject?.Properties["Verified"]?.Value is not false)
            return;
        string? problem = InputObject.Properties["Problem"]?.Value as string;
        if (!Force)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpAnnouncement.NotVerified", $"The new root was announced by nobody who is known to speak for the CA.{(problem is null ? string.Empty : $" {problem}")}")
            {
                RecommendedAction = "Nothing was stored. Ask the CA by Get-CmpRootUpdate, or its operator by another way; -Force goes by the certificates alone.",
            };
        }
        WriteWarning($"The announcement is not verified{(problem is null ? "." : $": {problem}")} Only the certificates prove the new root.");
    }

    /// <summary>Proves of the certificates themselves that the new root follows the old one, whoever proved it before.</summary>
    private RootUpdate Prove(IReadOnlyList<CertificateList> crls) => RootUpdate.Prove(
        Certificate.From(OldRoot),
        new RootCaKeyUpdateContent(Certificate.From(NewRoot), Certificate.From(NewWithOld), OldWithNew is { } oldWithNew ? Certificate.From(oldWithNew) : null),
        DateTimeOffset.UtcNow,
        [.. Crl ?? [], .. crls]);

    /// <summary>The server as it is registered now, without its secrets.</summary>
    private ServerSettings Registered()
    {
        ServerSettings? named = Server ?? ServerRegistry.Default;
        if (named?.Name is not { } name)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", named is null ? "Nothing says where the new root goes." : $"The server {named} is not registered, so it keeps no trust anchors.")
            {
                RecommendedAction = @"Name a registered server with -Server, or a store with -CertStoreLocation, as Cert:\CurrentUser\Root.",
            };
        }
        return ServerRegistry.Find(name, named.Scope) ?? throw Errors.NoServer(name, named.Scope);
    }

    private void Install(RootUpdate update, ServerSettings server)
    {
        IReadOnlyList<Certificate>? anchors = WithNew(server.TrustAnchor, update, out bool isTrusted);
        IReadOnlyList<Certificate>? issued = WithNew(server.IssuedTrustAnchor, update, out bool isTrustedIssuer);
        if (!isTrusted && !isTrustedIssuer)
            throw NotTrusted(update, $"the server {server}");
        if (ReferenceEquals(anchors, server.TrustAnchor) && ReferenceEquals(issued, server.IssuedTrustAnchor))
        {
            WriteVerbose($"The server {server} trusts {update.NewWithNew} already.");
        }
        else
        {
            if (!ShouldProcess($"{server} ({server.Scope})", ActionOf(update)))
                return;
            ServerRegistry.Change(server with { TrustAnchor = anchors, IssuedTrustAnchor = issued }, isDefault: null, SecretManagementStore.For(server), WriteWarning);
        }
        if (PassThru)
            WriteObject(ServerRegistry.All(server.Scope, _ => { }, server.Name).First());
    }

    private void Install(RootUpdate update, RootStore store)
    {
        if (!store.Contains(update.Old))
            throw NotTrusted(update, $"the store {store}");
        if (store.Contains(update.NewWithNew))
        {
            WriteVerbose($"The store {store} trusts {update.NewWithNew} already.");
        }
        else
        {
            if (!ShouldProcess(store.ToString(), ActionOf(update)))
                return;
            store.Add(update.NewWithNew);
        }
        if (PassThru)
            WriteObject(CACertificateObject.Of(update.NewWithNew, server: null));
    }

    /// <summary>The anchors with the new root behind the old one, where that is one of them.</summary>
    private static IReadOnlyList<Certificate>? WithNew(IReadOnlyList<Certificate>? anchors, RootUpdate update, out bool isOldTrusted)
    {
        isOldTrusted = anchors?.Any(update.Old.IsSameAs) == true;
        return isOldTrusted && !anchors!.Any(update.NewWithNew.IsSameAs) ? [.. anchors!, update.NewWithNew] : anchors;
    }

    private static string ActionOf(RootUpdate update) =>
        $"Trust the root {update.NewWithNew}, SHA-1 {update.NewWithNew.Thumbprint}, until {update.NewWithNew.NotAfter.LocalDateTime:yyyy-MM-dd}, beside the old one until {update.Old.NotAfter.LocalDateTime:yyyy-MM-dd}";

    private static CmpException NotTrusted(RootUpdate update, string where) =>
        new(CmpErrorKind.Trust, "CmpRootUpdate.OldNotTrusted", $"The old root {update.Old}, {update.Old.Thumbprint}, is not trusted by {where}: what follows it is not either.")
        {
            Octets = update.Old.Encoded,
            RecommendedAction = "Nothing was stored. Trust begins by other ways: Set-CmpServer -TrustAnchor, or Import-Certificate.",
        };
}
