using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class PollingReferenceTests
{
    [Theory]
    [InlineData("00000000", 0u)]
    [InlineData("0000002A", 42u)]
    [InlineData("FFFFFFFF", uint.MaxValue)]
    public void Eight_digits_are_a_reference(string text, uint value)
    {
        Assert.True(PollingReference.TryParse(text, out PollingReference reference));
        Assert.Equal(value, reference.Value);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("2A")]
    [InlineData("0000002a")]
    [InlineData("00000002A")]
    [InlineData(" 000002A")]
    [InlineData("0x00002A")]
    [InlineData("-0000002")]
    [InlineData("0000002G")]
    public void Anything_else_is_none(string? text) => Assert.False(PollingReference.TryParse(text, out _));
}
