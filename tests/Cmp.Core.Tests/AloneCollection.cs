using Xunit;

namespace Cmp.Tests;

/// <summary>Tests that change what is the whole process's: they run when no others do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    /// <summary>What the tests name.</summary>
    public const string Name = "Alone";
}
