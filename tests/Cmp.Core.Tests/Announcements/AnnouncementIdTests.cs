using System;
using System.Linq;
using Cmp.Announcements;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography.Paths;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>What is said has one name, whichever way and in whichever form it comes.</summary>
public class AnnouncementIdTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static string Id(PkiBody body) => AnnouncementId.Of(body);

    [Fact]
    public void A_key_update_is_one_in_each_form()
    {
        RootCaKeyUpdateContent update = Herald.Update;
        string v3 = Id(new CaKeyUpdContent(update));
        Assert.Matches("^[0-9A-F]{64}$", v3);
        Assert.Equal(v3, Id(new CaKeyUpdContent(new CaKeyUpdAnnContent(update.OldWithNew!, update.NewWithOld!, update.NewWithNew))));
        Assert.Equal(v3, Id(new CaKeyUpdContent(update with { OldWithNew = null })));
        Assert.NotEqual(v3, Id(new CaKeyUpdContent(update with { NewWithNew = Herald.Root.Certificate })));
    }

    [Fact]
    public void CRLs_are_the_same_in_any_order()
    {
        CertificateList one = new HandmadeCrl { Signer = Herald.Issuing }.Crl, two = new HandmadeCrl { Signer = Herald.Other }.Crl;
        Assert.Equal(Id(new CrlAnnContent([one, two])), Id(new CrlAnnContent([two, one])));
        Assert.Equal(Id(new CrlAnnContent([one])), Id(new CrlAnnContent([CertificateList.Decode(one.Encoded.ToArray())])));
        Assert.NotEqual(Id(new CrlAnnContent([one])), Id(new CrlAnnContent([one, two])));
        Assert.NotEqual(Id(new CrlAnnContent([one])), Id(new CrlAnnContent([two])));
    }

    [Fact]
    public void A_revocation_is_named_by_certificate_status_and_times()
    {
        RevAnnContent said = Herald.Revocation;
        Assert.Equal(Id(said), Id(PkiMessage.Decode(Herald.Say(said, Herald.Speaker)).Body));
        Assert.Equal(Id(said), Id(said with { CertId = new CertId(GeneralName.FromName(Name.Parse("cn=issuing  ca")), said.CertId.SerialNumber) }));
        RevAnnContent[] others =
        [
            said with { Status = PkiStatus.RevocationNotification },
            said with { WillBeRevokedAt = said.WillBeRevokedAt.AddSeconds(1) },
            said with { BadSinceDate = said.BadSinceDate.AddSeconds(1) },
            said with { CertId = CertId.Of(Herald.Speaker.Certificate) },
            said with { CertId = new CertId(GeneralName.FromName(Herald.Other.Certificate.Subject), said.CertId.SerialNumber) },
        ];
        Assert.Equal(others.Length + 1, others.Append(said).Select(Id).Distinct().Count());
    }

    [Fact]
    public void Kinds_have_names_of_their_own() =>
        Assert.NotEqual(Id(new CertAnnContent(Herald.NewRoot.Certificate)), Id(Herald.KeyUpdate));

    [Fact]
    public void What_does_not_decode_inside_has_a_name_too()
    {
        Certificate none = Certificate.Decode(new byte[] { 0x30, 0 });
        Name broken = Name.Decode(new byte[] { 0x30, 2, 5, 0 });
        Assert.NotEqual(Id(new CertAnnContent(none)), Id(new CaKeyUpdContent(new RootCaKeyUpdateContent(none))));
        Assert.Matches("^[0-9A-F]{64}$", Id(Herald.Revocation with { CertId = new CertId(GeneralName.FromName(broken), new byte[] { 1 }) }));
    }
}
