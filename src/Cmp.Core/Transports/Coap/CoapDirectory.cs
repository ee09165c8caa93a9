using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What a server says to have where <c>/.well-known/core</c> is asked for (RFC 6690, RFC 9482 2.2).</summary>
internal static class CoapDirectory
{
    /// <summary>Where the question goes.</summary>
    public const string Path = "/.well-known/core";

    /// <summary>The path that RFC 9482 2.1 wants each server to have.</summary>
    public const string CmpPath = "/.well-known/cmp";

    /// <summary>The resource type that our links name. None is registered; it is there so that one can ask for it.</summary>
    public const string ResourceType = "cmp";

    /// <summary>The document.</summary>
    /// <param name="queries">The filters of the question, as in <c>rt=cmp</c>: a link must pass each of them (RFC 6690 4.1).</param>
    /// <param name="announces">Whether announcements can be waited for.</param>
    /// <returns>The octets; none where no link passes.</returns>
    public static ReadOnlyMemory<byte> Write(IEnumerable<string> queries, bool announces)
    {
        string format = CoapContentFormat.Pkixcmp.ToString(System.Globalization.CultureInfo.InvariantCulture);
        List<CoreLink> links = [new CoreLink(CmpPath, [new("rt", ResourceType), new("ct", format)])];
        if (announces)
            links.Add(new CoreLink(CmpPath + "/" + OperationLabel.OfCoap(CmpOperation.Announcement), [new("rt", ResourceType), new("ct", format), new("obs", string.Empty)]));
        return CoreLink.Write(links.Where(link => queries.All(query => Passes(link, query))));
    }

    private static bool Passes(CoreLink link, string query)
    {
        int equals = query.IndexOf('=');
        string name = equals < 0 ? query : query.Substring(0, equals);
        string? wanted = equals < 0 ? null : query.Substring(equals + 1);
        if (name == "href")
            return Matches(link.Target, wanted);
        foreach (KeyValuePair<string, string> attribute in link.Attributes)
        {
            // one of several values is enough
            if (attribute.Key == name && (attribute.Value == wanted || attribute.Value.Split(' ').Any(value => Matches(value, wanted))))
                return true;
        }
        return false;
    }

    private static bool Matches(string value, string? wanted) => wanted is null
        || (wanted.EndsWith("*", StringComparison.Ordinal) ? value.StartsWith(wanted.Substring(0, wanted.Length - 1), StringComparison.Ordinal) : value == wanted);
}
