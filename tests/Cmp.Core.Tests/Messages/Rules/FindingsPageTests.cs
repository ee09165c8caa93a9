using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Messages.Rules;
using Xunit;

namespace Cmp.Tests.Messages.Rules;

/// <summary>about_Cmp_Findings lists every rule of the table as it is, in its order, and no other.</summary>
public class FindingsPageTests
{
    [Fact]
    public void The_page_is_the_table()
    {
        IEnumerable<string> listed = File.ReadAllLines(Path.Combine(Repository.Root, "en-US", "about_Cmp_Findings.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && MessageRules.All.Any(rule => line.StartsWith($"| {rule.Id.Split('.')[0]}.", StringComparison.Ordinal)));
        Assert.Equal(MessageRules.All.Select(rule => $"| {rule.Id} | {rule.Severity}{(rule.IsProfile ? ", profile" : string.Empty)} | {rule.Section} | {rule.Title} |"), listed);
    }
}
