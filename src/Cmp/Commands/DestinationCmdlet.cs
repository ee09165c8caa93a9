using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Stores;

namespace Cmp.Commands;

/// <summary>What the commands have in common that put certificates with their keys somewhere: where they go, and who is asked before.</summary>
public abstract class DestinationCmdlet : ServerCmdlet
{
    private readonly FileClaims _claims = new();

    /// <summary>Does not wait where the server needs time: emits the transaction, and Wait-CmpTransaction ends it.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>The store that the certificate goes to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [ArgumentCompleter(typeof(CertStoreCompleter))]
    public string? CertStoreLocation { get; set; }

    /// <summary>Which of its issuers go into the stores beside it: those between, or the root too, if it is one of the trust anchors given.</summary>
    /// <remarks>Not from the pipeline: what a computer trusts is not a row's to say.</remarks>
    [Parameter]
    public ChainInstallation? InstallChain { get; set; }

    /// <summary>The file that the certificate goes to: .pem, .cer, .pfx or .p12.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string? OutFile { get; set; }

    /// <summary>The file that the private key goes to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    public string? OutKeyFile { get; set; }

    /// <summary>The password of the file that the private key goes to.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [SecretTransformation]
    public SecureString? OutPassword { get; set; }

    /// <summary>Accounts that may use the private key besides, in a store of Windows: names such as 'NETWORK SERVICE', or SIDs.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [BlankIsNothing]
    [AllowEmptyCollection]
    [ArgumentCompleter(typeof(ServiceAccountCompleter))]
    public string[]? PrivateKeyReader { get; set; }

    /// <summary>Emits the certificate and puts it nowhere.</summary>
    [Parameter]
    public SwitchParameter NoInstall { get; set; }

    /// <summary>How many objects of the pipeline are enrolled at once.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int ThrottleLimit { get; set; } = 1;

    /// <inheritdoc/>
    private protected override int AtOnce => ThrottleLimit;

    /// <summary>Says that this row is going to write its files.</summary>
    private protected void ClaimFiles(PipelineWriter writer)
    {
        foreach (string file in Files())
            writer.Own(_claims.Claim(file));
    }

    /// <summary>Lets a row wait for those in flight that write a file of its own: it finds what they wrote, as where one runs at once.</summary>
    private protected void WaitForFiles()
    {
        if (Files().Any(_claims.Has))
            WaitForRows();
    }

    private IEnumerable<string> Files() => new[] { FilePath(OutFile), FilePath(OutKeyFile) }.OfType<string>();

    /// <summary>A column that a row of a CSV leaves empty names nothing.</summary>
    private protected static IEnumerable<string> Given(string[]? names) => (names ?? []).Where(name => !string.IsNullOrWhiteSpace(name));

    /// <summary>Where the certificate goes: where it was told, else to the store of the user, or of the computer where SYSTEM asks.</summary>
    private protected CertificateDestination Destination(bool overwrite, ChainInstallation chain)
    {
        bool stores = CertStoreLocation is not null;
        bool files = OutFile is not null;
        if (IsChainWanted && (NoInstall || (files && !stores)))
            throw NoStoreForChain();
        if (NoInstall)
        {
            if (stores || files)
                throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Destination", "-NoInstall goes neither with -CertStoreLocation nor with -OutFile.");
            return CertificateDestination.None;
        }
        CertificateDestination? file = files ? CertificateDestination.InFile(FilePath(OutFile)!, FilePath(OutKeyFile), OutPassword, overwrite) : null;
        if (!files && (OutKeyFile is not null || OutPassword is not null))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Destination", "-OutKeyFile and -OutPassword go with -OutFile.");
        CertificateDestination? store = stores || !files ? CertificateDestination.InStore(CertStoreLocation ?? StorePath.Own.PSPath, chain) : null;
        return store is not null && file is not null ? CertificateDestination.Both(store, file) : store ?? file!;
    }

    /// <summary>Asks the user what this row asks of him: the certificate, and a root that is trusted from then on as a question of its own.</summary>
    /// <param name="target">Whom the certificate is for.</param>
    /// <param name="action">What is done.</param>
    /// <param name="chain">Which issuers are wanted in stores.</param>
    /// <param name="store">The store that the certificate goes to; <see langword="null"/>: none.</param>
    /// <returns>Which issuers go there: no root where that was declined; <see langword="null"/>: nothing is done.</returns>
    private protected ChainInstallation? Consented(string target, string action, ChainInstallation chain, string? store)
    {
        bool isWanted = ShouldProcess(target, action);
        // -WhatIf tells of both
        if (!isWanted && !IsWhatIf)
            return null;
        if (chain == ChainInstallation.WithRoot && store is not null)
        {
            var consent = RootConsent.For(StorePath.Parse(store).Location, Said().Over(NamedServer ?? new ServerSettings()));
            if (consent.IsNeeded && !ShouldProcess(consent.Store, consent.Action))
                chain = ChainInstallation.Intermediate;
        }
        return isWanted ? chain : null;
    }

    private protected static CmpException NoStoreForChain() => new(CmpErrorKind.Argument, "CmpArgument.InstallChain", "-InstallChain is about the stores beside that of the certificate, and this one goes to none.")
    {
        RecommendedAction = "Leave it out, or name a store with -CertStoreLocation too. A .pem or .pfx file holds the chain by itself.",
    };

    /// <summary>Whether it was said that issuers go into stores.</summary>
    private protected bool IsChainWanted => InstallChain is not null and not ChainInstallation.None;

    private bool IsWhatIf => LanguagePrimitives.IsTrue(MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? said) ? said : GetVariableValue("WhatIfPreference"));
}
