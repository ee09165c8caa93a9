using System;
using System.Linq;
using Cmp.Fuzz;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>A bounded round of tests/Fuzz for what the inspector tells, the same at each run.</summary>
public class InspectionFuzzTests
{
    [Fact]
    public void Rule64_What_ten_thousand_broken_messages_tell_ends_and_can_be_shown()
    {
        var mutator = new Mutator([.. Samples.AllMessages.Select(message => message.Encoded.ToArray())], seed: 20261127);
        int messages = 0;
        for (int i = 0; i < 10_000; i++)
        {
            byte[] octets = mutator.Next();
            try
            {
                if (InspectionTarget.Run(octets))
                    messages++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Message {i}: {Convert.ToBase64String(octets)}", e);
            }
        }
        Assert.InRange(messages, 5000, 10_000);
    }
}
