using System.Management.Automation;
using Cmp.Inspection;

namespace Cmp.Commands;

/// <summary>Shows what messages of CMP say: of a file, of the pipeline, of a trace, or of a capture of network traffic.</summary>
[Cmdlet(VerbsData.ConvertFrom, "CmpMessage", DefaultParameterSetName = InputSet)]
[OutputType(typeof(CmpMessage))]
[OutputType(typeof(CmpConversation))]
[OutputType(typeof(string))]
public sealed class ConvertFromCmpMessageCommand : MessageReadingCmdlet
{
    private InspectionOutput _output = null!;

    /// <summary>Puts together what belongs to one transaction.</summary>
    [Parameter]
    public SwitchParameter AsConversation { get; set; }

    /// <summary>Gives text, for a ticket or a mail.</summary>
    [Parameter]
    public SwitchParameter AsText { get; set; }

    /// <summary>Also finds where messages depart from the Lightweight Profile (RFC 9483).</summary>
    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <inheritdoc/>
    private protected override IMessageOutput Output => _output;

    /// <inheritdoc/>
    private protected override bool IsStrict => Strict;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _output = new InspectionOutput(AsConversation, AsText);
    }
}
