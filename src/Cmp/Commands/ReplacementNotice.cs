using System;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Commands;

/// <summary>Tells Windows that one certificate took the place of another, as its own enrolment does: tasks that wait for that (New-CertificateNotificationTask) run.</summary>
/// <remarks>There is no documented call for it but <c>Switch-Certificate</c> of the module PKI.</remarks>
internal static class ReplacementNotice
{
    private const string Command = "Switch-Certificate";

    /// <summary>Tells it, on the pipeline's thread; whatever goes wrong is worth a line and no more.</summary>
    /// <param name="cmdlet">The command that renewed.</param>
    /// <param name="old">The certificate that was replaced.</param>
    /// <param name="renewed">The one in its place.</param>
    internal static void Raise(PSCmdlet cmdlet, X509Certificate2 old, X509Certificate2 renewed)
    {
        try
        {
            // a function of that name counts everywhere; modules are looked through only where there may be one
            bool mayBeThere = Environment.OSVersion.Platform == PlatformID.Win32NT || cmdlet.InvokeProvider.Item.Exists($@"Function:\{Command}");
            if (!mayBeThere || cmdlet.InvokeCommand.GetCommand(Command, CommandTypes.Cmdlet | CommandTypes.Function) is not { } command)
            {
                cmdlet.WriteVerbose($"Nobody is told that the certificate was replaced: there is no {Command} here.");
                return;
            }
            using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
            shell.AddCommand(command).AddParameter("OldCert", old).AddParameter("NewCert", renewed).AddParameter("NotifyOnly").AddParameter("Confirm", false).AddParameter("ErrorAction", ActionPreference.Stop);
            shell.Invoke();
            cmdlet.WriteVerbose($"{Command} has told that {renewed.Thumbprint} took the place of {old.Thumbprint}.");
        }
        catch (Exception e) when (e is not PipelineStoppedException)
        {
            cmdlet.WriteVerbose($"{Command} failed: {PeerText.Escape(e.Message, 300)}");
        }
    }
}
