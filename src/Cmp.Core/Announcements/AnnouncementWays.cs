using System.Collections.Generic;
using System.Linq;

namespace Cmp.Announcements;

/// <summary>Which way of asking has which announcements, and over which roads it goes.</summary>
/// <remarks>RFC 6712 3.7 for general messages; draft-ietf-pkix-cmp-transport-protocols-09 to -11, 3.7.2; draft-ietf-pkix-cmp-tcp-00 3.3; RFC 9482 2.6.</remarks>
internal static class AnnouncementWays
{
    private static readonly AnnouncementType[] All = [AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl];

    private static readonly Way[] Table =
    [
        new(PollingWay.GeneralMessage, [AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Crl], Schemes: null),
        new(PollingWay.HttpGet, [AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation, AnnouncementType.Crl], ["http", "https", "http+tcp", "https+tcp"]),
        new(PollingWay.TcpReference, All, ["tcp", "http+tcp", "https+tcp"]),
        new(PollingWay.Observe, All, ["coap", "coaps"]),
    ];

    /// <summary>Whether a way goes over the road of a scheme.</summary>
    internal static bool Goes(PollingWay way, string scheme) => Row(way).Goes(scheme);

    /// <summary>Whether a way has announcements of a type.</summary>
    internal static bool Has(PollingWay way, AnnouncementType type) => Row(way).Types.Contains(type);

    /// <summary>The ways that go over the road of a scheme.</summary>
    internal static IEnumerable<PollingWay> Of(string scheme) => Table.Where(row => row.Goes(scheme)).Select(row => row.Name);

    /// <summary>The ways that have announcements of a type.</summary>
    internal static IEnumerable<PollingWay> Of(AnnouncementType type) => Table.Where(row => row.Types.Contains(type)).Select(row => row.Name);

    /// <summary>Ways, for the user, with the roads that they go over.</summary>
    internal static string List(IEnumerable<PollingWay> ways) =>
        "-PollBy " + string.Join(", or ", ways.Select(way => Row(way).Schemes is { } schemes ? $"{way} ({string.Join(", ", schemes.Select(scheme => scheme + ":"))})" : way.ToString()));

    private static Way Row(PollingWay way) => Table.First(row => row.Name == way);

    /// <param name="Name">The way.</param>
    /// <param name="Types">What it has.</param>
    /// <param name="Schemes">The roads that it goes over; <see langword="null"/>: all.</param>
    private sealed record Way(PollingWay Name, IReadOnlyList<AnnouncementType> Types, IReadOnlyList<string>? Schemes)
    {
        internal bool Goes(string scheme) => Schemes is null || Schemes.Contains(scheme);
    }
}
