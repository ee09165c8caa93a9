using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Announcements;

/// <summary>Makes the message of an announcement, as a CA does.</summary>
/// <remarks>RFC 9810 5.1.1 and D.4: the sender is the CA; there is nobody in particular whom it is for, and nothing that it answers.</remarks>
public static class AnnouncementWriter
{
    private const int NonceLength = 16;

    /// <summary>Makes a message.</summary>
    /// <param name="content">What is announced.</param>
    /// <param name="sender">Whose word it is: the CA's name (RFC 9810 D.4), or that of who speaks for it.</param>
    /// <param name="protector">Vouches for it.</param>
    /// <param name="now">The time, which the message tells: without it nobody could tell it from an older one (rule 74).</param>
    /// <param name="recipient">For whom it is; <see langword="null"/> for nobody in particular, which is the empty name.</param>
    /// <param name="extraCerts">Certificates that go with it, those first that lead from the signer to its root; none by default.</param>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>: the body announces nothing; <c>CmpKey.…</c>: the key cannot sign.</exception>
    public static PkiMessage Write(PkiBody content, Name sender, MessageProtector protector, DateTimeOffset now, Name? recipient = null, IReadOnlyList<Certificate>? extraCerts = null)
    {
        if (Announcement.TypeOf(content) is null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Announcement", $"A {PkiBodyTypeNames.Of(content.Type)} announces nothing.");
        // RFC 9810 7: the version hangs on syntax
        var header = new PkiHeader(content.NeedsPvno3 ? 3 : 2, GeneralName.FromName(sender), recipient is null ? GeneralName.NullDn : GeneralName.FromName(recipient))
        {
            MessageTime = now,
            SenderKid = protector.SenderKid,
            TransactionId = Secrets.Random(NonceLength),
            SenderNonce = Secrets.Random(NonceLength),
        };
        return protector.Protect(header, content, extraCerts ?? []);
    }
}
