using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Fuzz;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>A bounded round of tests/Fuzz for trees, the same at each run.</summary>
public class MessageTreeFuzzTests
{
    private static IReadOnlyList<byte[]> Seeds => [.. Trees.Made.Select(message => message.Octets)];

    [Fact]
    public void Rule64_Ten_thousand_broken_messages_have_a_tree()
    {
        var mutator = new Mutator(Seeds, seed: 20261126);
        for (int i = 0; i < 10_000; i++)
        {
            byte[] octets = mutator.Next();
            try
            {
                TreeTarget.Run(octets);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Message {i}: {Convert.ToBase64String(octets)}", e);
            }
        }
    }

    [Fact]
    public void Rule64_Noise_has_a_tree()
    {
        var random = new Random(8);
        for (int i = 0; i < 5000; i++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            TreeTarget.Run(octets);
            if (octets.Length > 2)
                (octets[0], octets[1]) = (0x30, (byte)Math.Min(0x7F, octets.Length - 2));
            TreeTarget.Run(octets);
        }
    }

    [Theory]
    [InlineData("3000")]
    [InlineData("3001FF")]
    [InlineData("0500")]
    [InlineData("A000")]
    [InlineData("3080")]
    [InlineData("30020500")]
    public void Rule64_Many_small_values_take_no_more_than_a_bound_for_each_octet(string value)
    {
        byte[] one = Hex.Parse(value), many = [.. Enumerable.Repeat(one, 9000).SelectMany(octets => octets)];
        foreach (byte tag in new byte[] { 0x30, 0x31, 0xA0 })
        {
            byte[] list = [tag, .. DerNode.LengthOf(many.Length), .. many];
            TreeTarget.Run([0x30, .. DerNode.LengthOf(list.Length), .. list]);
            TreeTarget.Run(list);
        }
    }

    [Fact]
    public void Rule64_What_still_decodes_has_the_parts_that_the_decoder_sees()
    {
        var mutator = new Mutator(Seeds, seed: 20261127);
        int whole = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] octets = mutator.Next();
            PkiMessage message;
            try
            {
                message = PkiMessage.Decode(octets);
            }
            catch (CmpException)
            {
                continue;
            }
            whole++;
            Assert.True(DecodedParts.Missing(message, octets) is not { } missing, $"{Convert.ToBase64String(octets)}: no part for {DecodedParts.Missing(message, octets)}");
        }
        Assert.InRange(whole, 300, 2700);
    }
}
