namespace Cmp.Messages.Rules;

/// <summary>How much a departure from a rule matters.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing, and no departure.</summary>
    Information,

    /// <summary>A departure that receivers as a rule bear with, or from what a rule only recommends.</summary>
    Warning,

    /// <summary>A departure for which a receiver that keeps to the rule refuses the message; or a refusal.</summary>
    Error,
}
