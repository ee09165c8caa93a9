namespace Cmp.Client;

/// <summary>One thing that a certificate has otherwise than it was asked for (rule 37).</summary>
/// <param name="Field">What: Subject, Issuer, NotBefore, NotAfter, or the name or OID of an extension.</param>
/// <param name="Requested">What was asked for, escaped; <see langword="null"/> where it was not.</param>
/// <param name="Issued">What came, escaped; <see langword="null"/> where it was left out.</param>
public sealed record Modification(string Field, string? Requested, string? Issued)
{
    /// <summary>It in one line.</summary>
    /// <returns>As in <c>Subject: CN=router7 instead of CN=router8</c>.</returns>
    public override string ToString() => (Requested, Issued) switch
    {
        (null, _) => $"{Field}: {Issued} added",
        (_, null) => $"{Field}: {Requested} left out",
        _ => $"{Field}: {Issued} instead of {Requested}",
    };
}
