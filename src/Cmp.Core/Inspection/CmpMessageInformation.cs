using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;

namespace Cmp.Inspection;

/// <summary>A piece of information that a header carries, or a control of a request.</summary>
public sealed class CmpMessageInformation
{
    private CmpMessageInformation(string name, string oid, IReadOnlyList<string> value)
    {
        Name = name;
        Oid = oid;
        Value = value.ToArray();
    }

    /// <summary>What it is, as in <c>implicitConfirm</c>; its number where it has no name here.</summary>
    public string Name { get; }

    /// <summary>The same by its number.</summary>
    public string Oid { get; }

    /// <summary>What it says, escaped; nothing where the name says it all, or it is a secret (regToken, authenticator); dots stand for passwords among utf8Pairs.</summary>
    public IReadOnlyList<string> Value { get; }

    /// <summary>Name and value.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Value.Count == 0 ? Name : $"{Name}: {string.Join(", ", Value)}";

    internal static CmpMessageInformation Of(InfoTypeAndValue item, bool isAnswer = false) => new(InfoTypes.NameOf(item.InfoType), item.InfoType, ValueText.Of(item, isAnswer));

    internal static CmpMessageInformation[] Of(IReadOnlyList<AttributeTypeAndValue> controls) =>
        [.. controls.Select(control => new CmpMessageInformation(Messages.Asn1.Oids.NameOf(control.Oid), control.Oid, ValueText.Of(control)))];
}
