namespace Cmp.Client;

/// <summary>What a request says where no subject is to be named (rule 11).</summary>
public enum AbsentSubject
{
    /// <summary>The NULL-DN stands in the template, the names in a critical subjectAltName (RFC 9483 4.1.1).</summary>
    NullDn,

    /// <summary>The template has no subject; the proof signs a poposkInput, as RFC 4211 4.1 wants.</summary>
    OmitWithInput,

    /// <summary>The template has no subject and the proof no poposkInput, as some servers' own clients do it.</summary>
    Omit,
}
