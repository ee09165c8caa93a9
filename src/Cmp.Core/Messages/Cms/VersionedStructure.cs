using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>
/// A structure of CMS that says its version. The version follows from what is in it: one that is built says what RFC 5652 wants, one that was read
/// what came, for peers differ and nothing depends on it.
/// </summary>
public abstract record VersionedStructure : Asn1Structure
{
    private protected VersionedStructure()
    {
    }

    /// <summary>For <c>with</c>: the copy differs, so it has a version of its own.</summary>
    /// <param name="original">What is copied.</param>
    protected VersionedStructure(VersionedStructure original)
        : base(original)
    {
    }

    /// <summary>The version: as received, or as it is sent.</summary>
    public int Version => VersionRead ?? VersionDue;

    /// <summary>The version that stands in received octets.</summary>
    internal int? VersionRead { private get; init; }

    /// <summary>The version that RFC 5652 wants of what is in it.</summary>
    internal abstract int VersionDue { get; }
}
