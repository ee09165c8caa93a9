using System;
using System.Collections.Generic;
using Cmp.Announcements;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Client;
using Cmp.Tests.Transactions;

namespace Cmp.Tests.Announcements;

/// <summary>What a CA says unasked in these tests, of each kind.</summary>
internal static class ToPush
{
    private static readonly Lazy<MadeCertificate> New = new(() => MadeCertificate.Root("CN=Test Root", Shape.CA));

    /// <summary>The root after that of the peer: it has its name, and another key.</summary>
    internal static MadeCertificate NewRoot => New.Value;

    internal static CaKeyUpdContent KeyUpdate { get; } = new(new RootCaKeyUpdateContent(
        NewRoot.Certificate,
        Peer.Shared.Root.Certify(NewRoot.Key.PublicKey, "CN=Test Root", Shape.CA),
        NewRoot.Certify(Peer.Shared.Root.Key.PublicKey, "CN=Test Root", Shape.CA)));

    internal static CertAnnContent Certificate { get; } = new(Peer.Shared.Client.Certificate);

    internal static RevAnnContent Revocation { get; } = new(PkiStatus.RevocationWarning, CertId.Of(Peer.Shared.Client.Certificate), Peer.Now.AddDays(1), Peer.Now.AddDays(-1), [CrlExtensions.Reason(RevocationReason.KeyCompromise)]);

    internal static CrlAnnContent Crl { get; } = new([MadeCrl.Write(Peer.Shared.Issuing, Peer.Shared.Issuing.Certificate.Subject, Peer.Shared.Client.Certificate)]);

    internal static IReadOnlyList<PkiBody> All { get; } = [KeyUpdate, Certificate, Revocation, Crl];

    /// <summary>A message that the issuing CA signs.</summary>
    internal static PkiMessage Signed(PkiBody content) =>
        AnnouncementWriter.Write(content, Peer.Shared.Issuing.Certificate.Subject, Peer.Signature(Peer.Shared.Issuing), Peer.Now, extraCerts: [Peer.Shared.Issuing.Certificate]);
}
