using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

/// <summary>RFC 9810 7: pvno 2 by default, 3 where syntax of cmp2021 is used or asked for. Each row with its twin that does without.</summary>
public class NeedsPvno3Tests
{
    private static readonly EncryptedKey New = new(Samples.Enveloped), Old = new(Samples.EncryptedValue);

    private static readonly Dictionary<string, (PkiBody Needs, PkiBody Does)> Bodies = new()
    {
        ["hashAlg in certConf"] = (new CertConfirmContent([new CertStatus(Samples.Octets(32), 0, null, AlgorithmIdentifier.WithNull(Oids.Sha256))]), new CertConfirmContent([new CertStatus(Samples.Octets(32), 0)])),
        ["EnvelopedData as encryptedCert"] = (Ip(new CertifiedKeyPair { EncryptedCert = New.Encoded }), Ip(new CertifiedKeyPair { EncryptedCert = Old.Encoded })),
        ["EnvelopedData as privateKey"] = (Ip(new CertifiedKeyPair { Certificate = Samples.Certificate, PrivateKey = New.Encoded }), Ip(new CertifiedKeyPair { Certificate = Samples.Certificate, PrivateKey = Old.Encoded })),
        ["EnvelopedData in krp"] = (Krp(New), Krp(Old)),
        ["agreeMAC"] = (Ir(PopoPrivKey.OfAgreeMac(Samples.InputWithMac.PublicKeyMac!)), Ir(PopoPrivKey.Later(true, SubsequentMessage.EncrCert))),
        ["encryptedKey"] = (Ir(PopoPrivKey.OfEnvelopedData(false, Samples.Enveloped)), Ir(PopoPrivKey.OfEncryptedValue(false, Samples.EncryptedValue))),
        ["EnvelopedData in archiveOptions"] = (Archive(New), Archive(Old)),
        ["a key that the CA makes"] = (Request(null, null), Request(null, Samples.PublicKey)),
        ["a key that the CA makes, of a kind"] = (Request(null, Samples.PublicKey with { Key = ReadOnlyMemory<byte>.Empty }), Request(new RaVerified(), null)),
        ["encryptedRand"] = (new PopoDecKeyChallContent([Samples.Challenge]), new PopoDecKeyChallContent([Samples.Challenge with { EncryptedRand = null }])),
        ["ckuann"] = (new CaKeyUpdContent(Samples.RootUpdate), new CaKeyUpdContent(new CaKeyUpdAnnContent(Samples.Certificate, Samples.Certificate, Samples.Certificate))),
        ["EnvelopedData as revPassphrase"] = (new GenMsgContent([InfoTypes.RevPassphrase(New)]), new GenMsgContent([InfoTypes.RevPassphrase(Old), InfoTypes.CaCerts()])),
        ["in a nested message"] = (Nested(new CaKeyUpdContent(Samples.RootUpdate)), Nested(new PkiConfirmContent())),
    };

    public static TheoryData<string> Each => [.. Bodies.Keys];

    [Theory]
    [MemberData(nameof(Each))]
    public void It_is_needed_for(string what)
    {
        (PkiBody needs, PkiBody does) = Bodies[what];
        Assert.True(needs.NeedsPvno3);
        Assert.True(Expect.Read(needs.Encoded.ToArray(), PkiBody.Read).NeedsPvno3);
        Assert.False(does.NeedsPvno3);
        Assert.False(Expect.Read(does.Encoded.ToArray(), PkiBody.Read).NeedsPvno3);
    }

    [Fact]
    public void Most_bodies_do_without()
    {
        foreach (PkiBody body in Samples.Bodies.Where(b => b.Type is PkiBodyType.Rr or PkiBodyType.Rp or PkiBodyType.Genp or PkiBodyType.Error or PkiBodyType.PollReq or PkiBodyType.PollRep
            or PkiBodyType.Pkiconf or PkiBodyType.P10cr or PkiBodyType.Cann or PkiBodyType.Rann or PkiBodyType.Crlann or PkiBodyType.Popdecr))
            Assert.False(body.NeedsPvno3, body.ToString());
    }

    private static CertRepMessage Ip(CertifiedKeyPair pair) => new(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]);

    private static KeyRecRepContent Krp(EncryptedKey key) =>
        new(new PkiStatusInfo(PkiStatus.Accepted)) { KeyPairHist = [new CertifiedKeyPair { Certificate = Samples.Certificate, PrivateKey = key.Encoded }] };

    private static CertReqMessages Ir(ProofOfPossession popo) => Request(popo, Samples.PublicKey);

    private static CertReqMessages Request(ProofOfPossession? popo, SubjectPublicKeyInfo? key, params AttributeTypeAndValue[] controls) =>
        new(PkiBodyType.Ir, [new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Samples.Subject, PublicKey = key }, controls), popo, [])]);

    private static CertReqMessages Archive(EncryptedKey key) => Request(new RaVerified(), Samples.PublicKey, Controls.ArchiveOptions(new PkiArchiveOptions(key)));

    private static NestedMessageContent Nested(PkiBody body) => new([new PkiMessage(Samples.Header, body)]);
}
