using System;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>What an error must be.</summary>
internal static class Expect
{
    internal static CmpException Error(string errorId, Action action)
    {
        CmpException e = Assert.Throws<CmpException>(action);
        Assert.True(errorId == e.ErrorId, $"{errorId} was expected, {e.ErrorId} came: {e.Message}");
        return e;
    }
}
