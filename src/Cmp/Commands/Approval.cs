using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Transactions;

namespace Cmp.Commands;

/// <summary>Asks the user's script block whether a certificate is to be accepted.</summary>
internal static class Approval
{
    /// <summary>Asks; runs on the pipeline's thread.</summary>
    /// <param name="writer">The row that it is about.</param>
    /// <param name="script">It sees the certificate as $_ and as its argument.</param>
    /// <param name="issued">The certificate.</param>
    /// <returns>The reason of a refusal; <see langword="null"/> accepts.</returns>
    internal static string? Ask(PipelineWriter writer, ScriptBlock script, IssuedCertificate issued)
    {
        var certificate = new X509Certificate2(issued.Certificate.Encoded.ToArray()); // the script may keep it
        var underscore = new PSVariable("_", certificate);
        System.Collections.ObjectModel.Collection<PSObject> answers;
        try
        {
            answers = script.InvokeWithContext(null, [underscore], certificate);
        }
        catch (RuntimeException e) when (e is not PipelineStoppedException)
        {
            // who cannot judge does not accept; the server hears that, and not what goes wrong in scripts here
            writer.Warning($"-Approve failed: {e.Message}");
            return "The certificate could not be judged.";
        }
        object? last = answers.Count > 0 ? answers[answers.Count - 1]?.BaseObject : null;
        return last switch
        {
            true => null,
            string reason when reason.Length > 0 => reason,
            _ => "The certificate was refused by -Approve.",
        };
    }
}
