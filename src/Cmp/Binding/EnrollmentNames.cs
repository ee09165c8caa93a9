using System.Management.Automation;
using Cmp.Client;

namespace Cmp.Binding;

/// <summary>Which enrolments a name means. One that is there is meant by its name, whatever is in that: as a pattern it would mean others, and not itself.</summary>
internal static class EnrollmentNames
{
    /// <summary>Reads a name.</summary>
    /// <param name="records">The enrolments that are remembered.</param>
    /// <param name="name">A name or a pattern; <c>*</c> is all in any case.</param>
    /// <param name="literal">The name of one enrolment, be it there or not.</param>
    /// <returns>The pattern; <see langword="null"/> where one enrolment is meant.</returns>
    internal static WildcardPattern? PatternOf(EnrollmentRecords records, string name, out string literal)
    {
        literal = name;
        if (name == CmpRenewal.All || (!IsThere(records, name) && WildcardPattern.ContainsWildcardCharacters(name)))
            return WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        // else a backtick escapes what would be a wildcard
        if (name.IndexOf('`') >= 0 && !IsThere(records, name))
            literal = WildcardPattern.Unescape(name);
        return null;
    }

    private static bool IsThere(EnrollmentRecords records, string name)
    {
        try
        {
            return records.Find(name) is not null;
        }
        catch (CmpException e)
        {
            return e.ErrorId != "CmpArgument.Name"; // what is wrong with its file is said of it
        }
    }
}
