using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Pkix;

namespace Cmp.Announcements;

/// <summary>What a CA is asked to have announced, and by which way.</summary>
public sealed record AnnouncementQuestion
{
    /// <summary>The way.</summary>
    public PollingWay PollBy { get; init; }

    /// <summary>
    /// What is wanted. <see langword="null"/>: of a general message CA key updates and CRLs; of HTTP GET these, and revocations where there is a certificate; of the other ways
    /// all that comes.
    /// </summary>
    public IReadOnlyList<AnnouncementType>? Types { get; init; }

    /// <summary>
    /// The certificate that it is about: its CRL, its revocation, the next key of the root that it leads to. <see langword="null"/>: the trust anchors of the server say of which
    /// roots and CAs. What comes without being asked for (<see cref="PollingWay.TcpReference"/>, <see cref="PollingWay.Observe"/>) is not chosen by it.
    /// </summary>
    public Certificate? Certificate { get; init; }

    /// <summary>What the CA gave to pick an announcement up by; of <see cref="PollingWay.TcpReference"/> only, and due there.</summary>
    public PollingReference? Reference { get; init; }

    /// <summary>Whether HTTP GET names issuers as GeneralNames, as the text of the drafts says, and not as bare Names, as their examples have them.</summary>
    public bool IssuerAsGeneralNames { get; init; }

    /// <summary>Refuses what cannot be asked; nothing is sent.</summary>
    /// <param name="settings">The server.</param>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.PollBy</c>: the road to the server has no such way; <c>CmpArgument.AnnouncementType</c>: the way has no such announcement; <c>CmpArgument.PollingReference</c>: there
    /// is none, or another way is meant; <c>CmpArgument.Certificate</c>: nothing says whom it is about; <c>CmpArgument.Server</c>: the address has a query already, or a value is too long for one
    /// (<c>CmpHttp.AnnouncementTarget</c>); <c>CmpMessage.Malformed</c>: the certificate does not decode.
    /// </exception>
    public void Check(ServerSettings settings)
    {
        settings = settings.Resolve();
        if (settings.Uri is { IsAbsoluteUri: true } uri && !AnnouncementWays.Goes(PollBy, uri.Scheme))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.PollBy", $"{PollBy} is no way to ask a server at a {PeerText.Escape(uri.Scheme)}: address.")
            {
                RecommendedAction = $"Use {AnnouncementWays.List(AnnouncementWays.Of(uri.Scheme))}.",
            };
        }
        if (Types?.Where(type => !AnnouncementWays.Has(PollBy, type)).ToArray() is [var missing, ..])
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.AnnouncementType", $"{PollBy} has no announcements of the type {missing}.")
            {
                RecommendedAction = $"Leave {missing} out, or use {AnnouncementWays.List(AnnouncementWays.Of(missing))}.",
            };
        }
        if (PollBy == PollingWay.TcpReference && Reference is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.PollingReference", "TcpReference picks up what a CA gave a polling reference for, and none is given.")
            {
                RecommendedAction = "Give the reference, eight hexadecimal digits, with -PollingReference.",
            };
        }
        if (PollBy != PollingWay.TcpReference && Reference is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.PollingReference", $"A polling reference is of TCP-Messages, {PollBy} has none.")
            {
                RecommendedAction = "Use -PollBy TcpReference, or leave -PollingReference out.",
            };
        }
        if (PollBy == PollingWay.HttpGet)
            _ = new AnnouncementArguments(this, settings).Targets();
    }

    /// <summary>What is wanted of a way that is asked for each type by itself.</summary>
    public IReadOnlyList<AnnouncementType> AskedTypes => Types ?? (PollBy == PollingWay.HttpGet && Certificate is not null
        ? [AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation, AnnouncementType.Crl]
        : [AnnouncementType.CaKeyUpdate, AnnouncementType.Crl]);

    /// <summary>Whether a type is wanted that came without being asked for.</summary>
    internal bool Wants(AnnouncementType type) => Types is null || Types.Contains(type);
}
