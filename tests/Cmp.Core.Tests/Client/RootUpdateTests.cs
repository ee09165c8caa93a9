using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>A new root is believed only where the old one leads to it: one test a check (rules 47 and 73).</summary>
public class RootUpdateTests
{
    private const string Name = "CN=Root that changes";

    private static readonly Shape New = Shape.CA with { NotAfter = Peer.Now.AddDays(3000) };

    private readonly MadeCertificate _old = MadeCertificate.Root(Name);
    private readonly MadeCertificate _new;

    public RootUpdateTests() => _new = MadeCertificate.Root(Name, New);

    private Certificate NewWithOld => _old.Certify(_new.Key.PublicKey, Name, Shape.CA);

    private Certificate OldWithNew => _new.Certify(_old.Key.PublicKey, Name, Shape.CA);

    private RootCaKeyUpdateContent Good => new(_new.Certificate, NewWithOld, OldWithNew);

    private string Fails(RootCaKeyUpdateContent content, Certificate? old = null, DateTimeOffset? now = null, params CertificateList[] crls)
    {
        CmpException error = Assert.Throws<CmpException>(() => RootUpdate.Prove(old ?? _old.Certificate, content, now ?? Peer.Now, crls));
        Assert.Equal(CmpErrorKind.Trust, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        return error.ErrorId;
    }

    [Fact]
    public void Rule73_What_leads_from_the_old_root_to_the_new_one_is_proven()
    {
        RootUpdate update = RootUpdate.Prove(_old.Certificate, Good, Peer.Now);
        Assert.Same(_new.Certificate, update.NewWithNew);
        Assert.True(update.Old.IsSameAs(_old.Certificate));
        Assert.NotNull(RootUpdate.Prove(_old.Certificate, Good with { OldWithNew = null }, Peer.Now));
    }

    [Fact]
    public void Rule73_The_old_root_has_not_expired()
    {
        Assert.Equal("CmpRootUpdate.OldNotValid", Fails(Good, now: _old.Certificate.NotAfter.AddSeconds(1)));
        Assert.Equal("CmpRootUpdate.OldNotValid", Fails(Good, now: _old.Certificate.NotBefore.AddSeconds(-1)));
    }

    [Fact]
    public void Rule73_The_old_root_is_not_revoked()
    {
        CertificateList Crl(MadeCertificate signer, Certificate revoked) => MadeCrl.Write(signer, Cmp.Messages.Pkix.Name.Parse(Name), revoked);
        Assert.Equal("CmpRootUpdate.OldRevoked", Fails(Good, crls: Crl(_new, _old.Certificate)));
        Assert.Equal("CmpRootUpdate.OldRevoked", Fails(Good, crls: Crl(_old, _old.Certificate)));
        // what another key signed, or what names another certificate, says nothing
        Assert.NotNull(RootUpdate.Prove(_old.Certificate, Good, Peer.Now, [Crl(MadeCertificate.Root(Name), _old.Certificate), Crl(_old, _new.Certificate)]));
    }

    [Fact]
    public void Rule73_newWithOld_is_there() => Assert.Equal("CmpRootUpdate.NewWithOldMissing", Fails(Good with { NewWithOld = null }));

    [Fact]
    public void Rule73_newWithOld_is_signed_by_the_old_key()
    {
        Assert.Equal("CmpRootUpdate.NewWithOld", Fails(Good with { NewWithOld = MadeCertificate.Root(Name).Certify(_new.Key.PublicKey, Name, Shape.CA) }));
        Assert.Equal("CmpRootUpdate.NewWithOld", Fails(Good with { NewWithOld = _new.Certificate }));
    }

    [Fact]
    public void Rule73_newWithOld_is_valid_now_and_a_CAs()
    {
        Assert.Equal("CmpRootUpdate.NewWithOld", Fails(Good with { NewWithOld = _old.Certify(_new.Key.PublicKey, Name, Shape.CA with { NotAfter = Peer.Now.AddSeconds(-1) }) }));
        Assert.Equal("CmpRootUpdate.NewWithOld", Fails(Good with { NewWithOld = _old.Certify(_new.Key.PublicKey, Name, Shape.Leaf) }));
    }

    [Fact]
    public void Rule73_The_names_agree()
    {
        const string Other = "CN=Another";
        MadeCertificate other = MadeCertificate.Root(Other, New with { Key = _new.Key });
        Assert.Equal("CmpRootUpdate.Names", Fails(Good with { NewWithNew = other.Certificate }));
        Assert.Equal("CmpRootUpdate.Names", Fails(Good with { NewWithOld = _old.Certify(_new.Key.PublicKey, Other, Shape.CA) }));
        // a CA below the old root, which signs itself as well, is no successor
        Assert.Equal("CmpRootUpdate.Names", Fails(new RootCaKeyUpdateContent(other.Certificate, _old.Certify(_new.Key.PublicKey, Other, Shape.CA))));
    }

    [Fact]
    public void Rule73_The_keys_agree() =>
        Assert.Equal("CmpRootUpdate.Keys", Fails(Good with { NewWithOld = _old.Certify(MadeCertificate.NewKey().PublicKey, Name, Shape.CA) }));

    [Fact]
    public void Rule47_newWithNew_is_signed_by_its_own_key()
    {
        // the old key signs it
        Assert.Equal("CmpRootUpdate.NewWithNew", Fails(Good with { NewWithNew = _old.Certify(_new.Key.PublicKey, Name, New) }));
    }

    [Fact]
    public void Rule73_The_new_root_is_a_CAs()
    {
        Assert.Equal("CmpRootUpdate.NotCA", Fails(Good with { NewWithNew = MadeCertificate.Root(Name, New with { Key = _new.Key, IsCA = false }).Certificate }));
        Assert.Equal("CmpRootUpdate.NotCA", Fails(Good with { NewWithNew = MadeCertificate.Root(Name, New with { Key = _new.Key, KeyUsage = KeyUsages.DigitalSignature }).Certificate }));
    }

    [Fact]
    public void Rule73_The_new_root_is_valid_now()
    {
        Assert.Equal("CmpRootUpdate.NotValid", Fails(Good with { NewWithNew = MadeCertificate.Root(Name, New with { Key = _new.Key, NotBefore = Peer.Now.AddDays(1) }).Certificate }));
        Assert.Equal("CmpRootUpdate.NotValid", Fails(Good with { NewWithNew = MadeCertificate.Root(Name, New with { Key = _new.Key, NotAfter = Peer.Now.AddSeconds(-1) }).Certificate }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Rule73_The_new_root_ends_later_than_the_old_one(int days) =>
        Assert.Equal("CmpRootUpdate.EndsEarlier", Fails(Good with { NewWithNew = MadeCertificate.Root(Name, New with { Key = _new.Key, NotAfter = _old.Certificate.NotAfter.AddDays(days) }).Certificate }));

    [Fact]
    public void Rule47_oldWithNew_where_it_is_there_certifies_the_old_key_by_the_new_one()
    {
        Assert.Equal("CmpRootUpdate.OldWithNew", Fails(Good with { OldWithNew = _old.Certificate }));
        Assert.Equal("CmpRootUpdate.OldWithNew", Fails(Good with { OldWithNew = _new.Certify(MadeCertificate.NewKey().PublicKey, Name, Shape.CA) }));
    }

    [Fact]
    public void Rule68_What_is_too_weak_proves_nothing()
    {
        var policy = new AlgorithmPolicy { MinCurveBits = 600 };
        Assert.StartsWith("CmpRootUpdate.", Assert.Throws<CmpException>(() => RootUpdate.Prove(_old.Certificate, Good, Peer.Now, policy: policy)).ErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_decode_is_one_error() =>
        Assert.Equal("CmpRootUpdate.NotProven", Fails(Good with { NewWithNew = Certificate.Decode(new byte[] { 0x30, 0 }) }));
}
