using System;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Messages;

/// <summary>What tests of this room ask for again and again.</summary>
internal static class Expect
{
    /// <summary>Rule 64: one typed exception, whatever the octets are, and no memory beyond their measure.</summary>
    public static CmpException Malformed(Action decode, int octets = 0)
    {
#if NET
        long before = GC.GetAllocatedBytesForCurrentThread();
#endif
        CmpException e = Assert.Throws<CmpException>(decode);
#if NET
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 128 * 1024 + 64L * octets, $"{allocated} octets of memory for {octets} of input");
#endif
        Assert.Equal("CmpMessage.Malformed", e.ErrorId);
        Assert.Equal(CmpErrorKind.Malformed, e.Kind);
        Assert.StartsWith("The message does not decode", e.Message);
        return e;
    }

    /// <summary>Reads the one structure that the octets hold.</summary>
    public static T Read<T>(byte[] octets, Asn1Read<T> read, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, read);
}
