using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What RFC 9483 forbids a client, and older ones do: refused by a strict server, borne by another.</summary>
public class StrictTests
{
    private static readonly byte[] Null = [5, 0];

    private static CertReqMessages Ir => Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted");

    [Theory]
    [InlineData(15, FailInfo.BadDataFormat)]
    [InlineData(17, FailInfo.BadDataFormat)]
    [InlineData(16, FailInfo.None)]
    public void A_transactionID_has_128_bits(int length, FailInfo failInfo) =>
        Both(failInfo, (client, _) => client.Send(Ir, header => header with { TransactionId = Secrets.Random(length) }));

    [Fact]
    public void A_first_message_answers_nothing() =>
        Both(FailInfo.BadRecipientNonce, (client, _) => client.Send(Ir, header => header with { RecipNonce = new byte[16] }));

    [Fact]
    public void Under_a_MAC_sender_and_senderKID_are_the_reference()
    {
        Both(FailInfo.BadMessageCheck, (client, _) => client.Send(Ir, header => header with { SenderKid = null }));
        Both(FailInfo.BadMessageCheck, (client, _) => client.Send(Ir, header => header with { Sender = GeneralName.NullDn }));
        Both(FailInfo.BadMessageCheck, (client, _) => client.Send(Ir, header => header with { Sender = GeneralName.FromName(Name.Parse("CN=wanted")) }));
        Both(FailInfo.None, (client, _) => client.Send(Ir, header => header with { Sender = GeneralName.FromName(Name.Parse($"CN={Peer.Reference}, O=Example")) }));
    }

    [Fact]
    public void A_signer_comes_first_and_is_named_by_its_key()
    {
        Both(FailInfo.BadMessageCheck, (_, peer) => peer.SigningClient(Peer.Vendor()).Send(Ir, header => header with { SenderKid = null }));
        Both(FailInfo.BadMessageCheck, (_, peer) => peer.SigningClient(Peer.Vendor()).Send(Ir, message: message => message with { ExtraCerts = message.ExtraCerts.Reverse().ToList() }));
        Both(FailInfo.None, (_, peer) => peer.SigningClient(Peer.Vendor()).Send(Ir));
        SigningCertificate known = Peer.Vendor();
        foreach (bool strict in new[] { false, true })
        {
            // even one that the server knows
            using var peer = new Peer(new TestServerOptions { Strict = strict, TrustedClients = [Peer.ToX509(known.Certificate)] });
            PkiMessage answer = peer.SigningClient(known).Send(Ir, message: message => message with { ExtraCerts = [] });
            if (strict)
                Refused.ByError(FailInfo.BadMessageCheck, answer);
            else
                Assert.IsType<CertRepMessage>(answer.Body);
        }
    }

    [Fact]
    public void General_info_is_of_its_form_and_in_its_place()
    {
        InfoTypeAndValue absent = new(Oids.ImplicitConfirm), boolean = new(Oids.ImplicitConfirm, new byte[] { 1, 1, 0xFF });
        Both(FailInfo.BadDataFormat, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [absent] }));
        Both(FailInfo.BadDataFormat, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [boolean] }));
        Both(FailInfo.None, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [new InfoTypeAndValue(Oids.ImplicitConfirm, Null)] }));
        Both(FailInfo.BadDataFormat, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.CertProfile("one", "two")] }));
        Both(FailInfo.BadDataFormat, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [new InfoTypeAndValue(Oids.CertProfile, new byte[] { 0x0C, 1, 0x41 })] }));
        Both(FailInfo.BadDataFormat, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [new InfoTypeAndValue(Oids.CertProfile)] }));
        Both(FailInfo.None, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.CertProfile("one")] }));
        Both(FailInfo.BadRequest, (client, peer) => client.Send(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.ConfirmWaitTime(peer.Now)] }));
        foreach (InfoTypeAndValue item in new[] { InfoTypeAndValue.ImplicitConfirm, InfoTypeAndValue.CertProfile("one") })
        {
            Both(FailInfo.BadRequest, (client, _) =>
            {
                Certificate certificate = ((CertRepMessage)client.Send(Ir).Body).Responses[0].CertifiedKeyPair!.Certificate!;
                return client.Send(Peer.Confirmation(certificate), header => header with { GeneralInfo = [item] });
            });
        }
        Both(FailInfo.None, (client, _) => client.Send(Ir, header => header with { GeneralInfo = [new InfoTypeAndValue("1.2.3.4", Null)] }));
    }

    [Fact]
    public void A_message_holds_one_request_numbered_0()
    {
        Both(FailInfo.BadRequest, (client, _) => client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted", certReqId: 1)));
        Both(FailInfo.BadRequest, (client, _) =>
        {
            PrivateKey one = Peer.NewKey(), two = Peer.NewKey();
            return client.Send(new CertReqMessages(PkiBodyType.Ir, [Peer.Signed(Peer.Asked(one, "CN=one"), one), Peer.Signed(Peer.Asked(two, "CN=two", certReqId: 1), two)]));
        });
    }

    [Fact]
    public void A_template_has_a_subject() =>
        Both(FailInfo.BadCertTemplate, (client, _) => client.Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), null, change: template => template with { Extensions = [TestExtensions.DnsName("a.example")] })));

    [Fact]
    public void An_issuer_is_this_one() =>
        Both(FailInfo.WrongAuthority, (_, peer) =>
        {
            SigningCertificate vendor = Peer.Vendor();
            return peer.SigningClient(vendor).Send(Peer.Request(PkiBodyType.Ir, Peer.NewKey(), "CN=wanted", change: template => template with { Issuer = vendor.Certificate.Issuer }));
        });

    [Fact]
    public void A_certConf_holds_one_status_without_a_failInfo_of_success()
    {
        Both(FailInfo.BadRequest, (client, _) =>
        {
            client.Send(Ir);
            return client.Send(new CertConfirmContent([]));
        });
        Both(FailInfo.BadRequest, (client, _) =>
        {
            Certificate certificate = ((CertRepMessage)client.Send(Ir).Body).Responses[0].CertifiedKeyPair!.Certificate!;
            return client.Send(Peer.Confirmation(certificate, status: new PkiStatusInfo(PkiStatus.Accepted, null, FailInfo.BadPOP)));
        });
    }

    /// <summary>Refused by a strict server with this reason, and answered well by another; with no reason both answer well.</summary>
    private static void Both(FailInfo failInfo, Func<HandClient, Peer, PkiMessage> send)
    {
        foreach (bool strict in new[] { false, true })
        {
            using var peer = new Peer(new TestServerOptions { Strict = strict, TrustedClients = [Peer.ToX509(Peer.OtherAuthority.Root)] });
            PkiMessage answer = send(peer.MacClient(), peer);
            if (!strict || failInfo == FailInfo.None)
                Assert.True(answer.Body is PkiConfirmContent || answer.Body is CertRepMessage { Responses: [{ Status.Status: PkiStatus.Accepted }, ..] }, string.Join("\n", peer.Trace.Notes));
            else if (answer.Body is CertRepMessage rep)
                Assert.All(rep.Responses, response => Assert.Equal(failInfo, response.Status.FailInfo));
            else
                Refused.ByError(failInfo, answer);
        }
    }
}
