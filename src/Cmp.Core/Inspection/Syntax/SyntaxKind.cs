namespace Cmp.Inspection.Syntax;

/// <summary>The kinds of types that the modules are written with.</summary>
internal enum SyntaxKind
{
    /// <summary>ANY: a value that says by its tag what it is.</summary>
    Any,

    /// <summary>An open type: a set of TYPE-IDENTIFIER says what stands under an object identifier.</summary>
    Open,

    /// <summary>The name of a type that is defined elsewhere.</summary>
    Reference,

    /// <summary>A type in a context tag.</summary>
    Tagged,

    /// <summary>One of several.</summary>
    Choice,

    /// <summary>Components in their order.</summary>
    Sequence,

    /// <summary>As many of one type as there are.</summary>
    SequenceOf,

    /// <summary>As many of one type as there are, sorted.</summary>
    SetOf,

    /// <summary>BOOLEAN.</summary>
    Boolean,

    /// <summary>INTEGER, with names of values perhaps.</summary>
    Integer,

    /// <summary>ENUMERATED.</summary>
    Enumerated,

    /// <summary>BIT STRING, with names of bits perhaps, or with a value in it.</summary>
    BitString,

    /// <summary>OCTET STRING, with a value in it perhaps.</summary>
    OctetString,

    /// <summary>NULL.</summary>
    Null,

    /// <summary>OBJECT IDENTIFIER.</summary>
    ObjectIdentifier,

    /// <summary>A string of characters.</summary>
    Text,

    /// <summary>GeneralizedTime or UTCTime.</summary>
    Time,
}
