using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Which body may come when, and what each status means.</summary>
public class StatesTests
{
    internal static PkiBody Raw(string hex) => Asn1Reader.Decode(Hex.Parse(hex), null, PkiBody.Read);

    private static Scene At(string state) => state switch
    {
        "requested" => new Scene().Start(),
        "polling" => new Scene().ToPolling(),
        "confirming" => new Scene().ToCertConf(),
        _ => PollingForPkiConf(),
    };

    private static Scene PollingForPkiConf()
    {
        Scene scene = new Scene().ToCertConf();
        scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        return scene;
    }

    private static PkiBody Body(string kind, Scene scene) => kind switch
    {
        "ip" => scene.Good(),
        "cp" => Peer.Response(PkiBodyType.Cp, Peer.Shared.Certify(scene.Key.PublicKey)),
        "kup" => Peer.Response(PkiBodyType.Kup, Peer.Shared.Certify(scene.Key.PublicKey)),
        "pollRep" => Scene.PollRep(1, -1),
        "pkiconf" => new PkiConfirmContent(),
        "genp" => Raw("B6023000"),
        "certConf" => new CertConfirmContent([]),
        "pollReq" => new PollReqContent([0]),
        "ir" => scene.AllSent[0].Body,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    [Theory]
    [InlineData("requested", "pollRep,pkiconf,genp,certConf,pollReq,ir,cp,kup")]
    [InlineData("polling", "pkiconf,genp,certConf,pollReq,ir,cp,kup")]
    [InlineData("confirming", "ip,pollRep,genp,certConf,pollReq,cp")]
    [InlineData("pollingForPkiConf", "ip,genp,certConf,pollReq,cp")]
    public void Rule35_A_body_that_is_not_due_is_refused(string state, string kinds)
    {
        foreach (string kind in kinds.Split(','))
        {
            Scene scene = At(state);
            CmpException error = scene.Fails(Body(kind, scene));
            Assert.Equal("CmpTransaction.UnexpectedBody", error.ErrorId);
            Assert.Contains(kind, error.Message);
        }
    }

    [Theory]
    [InlineData("requested")]
    [InlineData("polling")]
    [InlineData("confirming")]
    [InlineData("pollingForPkiConf")]
    public void Rule35_An_error_is_allowed_in_any_state_and_all_of_it_reaches_the_user(string state)
    {
        Scene scene = At(state);
        var body = new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Rejection, new PkiFreeText(["first", "second"]), FailInfo.BadPOP | FailInfo.BadAlg), -5, new PkiFreeText(["detail"]));
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(body));
        Assert.Equal("CmpServer.badAlg", error.ErrorId);
        Assert.Equal(PkiStatus.Rejection, error.Status);
        Assert.Equal(FailInfo.BadPOP | FailInfo.BadAlg, error.FailInfo);
        Assert.Equal(["first", "second"], error.StatusText);
        Assert.Equal(-5, error.ErrorCode);
        Assert.Equal(["detail"], error.ErrorDetails);
        Assert.Contains("with status rejection (badAlg, badPOP) and errorCode -5: \"first second; detail\".", error.Message);
    }

    [Theory]
    [InlineData("requested", "ir")]
    [InlineData("polling", "pollReq")]
    [InlineData("confirming", "certConf")]
    public void Rule35_The_error_says_what_it_answers(string state, string request) =>
        Assert.StartsWith($"The server answered {request} by error with status rejection (badRequest).", At(state).Fails(Peer.Error()).Message);

    [Theory]
    [InlineData("requested")]
    [InlineData("confirming")]
    public void Rule35_An_error_with_status_waiting_begins_delayed_delivery(string state)
    {
        Scene scene = At(state);
        Assert.IsType<TransactionStep.Send>(scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting))));
        Assert.Equal([-1], Assert.IsType<PollReqContent>(scene.Sent.Body).CertReqIds);
    }

    [Theory]
    [InlineData((int)PkiBodyType.Ir)]
    [InlineData((int)PkiBodyType.Cr)]
    [InlineData((int)PkiBodyType.P10cr)]
    [InlineData((int)PkiBodyType.Kur)]
    public void Rule36_ip_cp_and_kup_must_match_the_request_after_polling_too(int request)
    {
        foreach (bool polled in new[] { false, true })
        {
            foreach (PkiBodyType type in new[] { PkiBodyType.Ip, PkiBodyType.Cp, PkiBodyType.Kup })
            {
                Scene scene = new Scene { Request = (PkiBodyType)request };
                scene = polled ? scene.ToPolling() : scene.Start();
                CertRepMessage response = Peer.Response(type, Peer.Shared.Certify(scene.Key.PublicKey));
                if (type == scene.ResponseType)
                    Assert.IsType<TransactionStep.Decide>(scene.Answer(response));
                else
                    Assert.Equal("CmpTransaction.UnexpectedBody", scene.Fails(response).ErrorId);
            }
        }
    }

    [Fact]
    public void Rule37_accepted_is_success_without_a_warning()
    {
        Scene scene = new Scene().ToDecision();
        Assert.Equal(PkiStatus.Accepted, scene.Transaction.Issued!.Status.Status);
        Assert.Empty(scene.Transaction.Warnings);
    }

    [Fact]
    public void Rule37_grantedWithMods_is_success_with_a_warning()
    {
        Scene scene = new Scene().Start();
        CertRepMessage response = Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(scene.Key.PublicKey), info: new PkiStatusInfo(PkiStatus.GrantedWithMods, new PkiFreeText(["shorter"])));
        Assert.IsType<TransactionStep.Decide>(scene.Answer(response));
        Assert.Equal(["The server granted the request with changes. shorter"], scene.Transaction.Warnings);
        Assert.Equal(scene.Transaction.Warnings, scene.Trace.Warnings);
    }

    [Fact]
    public void Rule37_rejection_is_an_error_with_failInfo()
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Response(PkiBodyType.Ip, null, info: PkiStatusInfo.Rejection(FailInfo.BadCertTemplate, "no such profile"))));
        Assert.Equal("CmpServer.badCertTemplate", error.ErrorId);
        Assert.Equal("The server answered ir by ip with status rejection (badCertTemplate): \"no such profile\".", error.Message);
    }

    [Fact]
    public void Rule37_A_rejection_without_failInfo_has_a_name_too() =>
        Assert.Equal("CmpServer.rejection", new Scene().Start().Fails(Peer.Response(PkiBodyType.Ip, null, PkiStatus.Rejection)).ErrorId);

    [Fact]
    public void Rule37_A_rejection_issues_nothing_even_where_a_certificate_lies_beside_it()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpServer.rejection", scene.Fails(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(scene.Key.PublicKey), PkiStatus.Rejection)).ErrorId);
    }

    [Fact]
    public void Rule37_keyUpdateWarning_is_success_with_a_warning_for_kup()
    {
        Scene scene = new Scene { Request = PkiBodyType.Kur }.Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(Peer.Response(PkiBodyType.Kup, Peer.Shared.Certify(scene.Key.PublicKey), PkiStatus.KeyUpdateWarning)));
        Assert.Equal(["The server had updated this certificate before."], scene.Transaction.Warnings);
    }

    [Theory]
    [InlineData((int)PkiBodyType.Ir)]
    [InlineData((int)PkiBodyType.P10cr)]
    public void Rule37_keyUpdateWarning_is_an_error_elsewhere(int request)
    {
        Scene scene = new Scene { Request = (PkiBodyType)request }.Start();
        Assert.Equal("CmpServer.keyUpdateWarning", scene.Fails(Peer.Response(scene.ResponseType, Peer.Shared.Certify(scene.Key.PublicKey), PkiStatus.KeyUpdateWarning)).ErrorId);
    }

    [Fact]
    public void Rule37_revocationWarning_is_a_warning()
    {
        Scene scene = new Scene().Start();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(scene.Key.PublicKey), PkiStatus.RevocationWarning)));
        Assert.Equal(["The server warns that the certificate is about to be revoked."], scene.Transaction.Warnings);
    }

    [Theory]
    [InlineData((int)PkiBodyType.Ir)]
    [InlineData((int)PkiBodyType.Cr)]
    [InlineData((int)PkiBodyType.Kur)]
    public void Rule37_A_certificate_with_revocationNotification_is_not_taken(int request)
    {
        Scene scene = new Scene { Request = (PkiBodyType)request }.Start();
        Assert.Equal("CmpServer.revocationNotification", scene.Fails(Peer.Response(scene.ResponseType, Peer.Shared.Certify(scene.Key.PublicKey), PkiStatus.RevocationNotification)).ErrorId);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(-1)]
    [InlineData(1000)]
    public void Rule37_An_unknown_status_is_an_error(int status)
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(scene.Key.PublicKey), (PkiStatus)status));
        Assert.Equal("CmpServer.unknownStatus", error.ErrorId);
        Assert.Contains($"with status {status}.", error.Message);
    }

    [Theory]
    [InlineData(PkiStatus.Accepted)]
    [InlineData(PkiStatus.GrantedWithMods)]
    public void Rule37_A_grant_without_a_certificate_is_an_error(PkiStatus status)
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.NoCertificate", scene.Fails(Peer.Response(PkiBodyType.Ip, null, status)).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule37_A_certificate_in_cipher_or_a_private_key_that_nobody_asked_for_is_an_error()
    {
        Scene scene = new Scene().Start();
        CertRepMessage With(CertifiedKeyPair pair) => new(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]);
        byte[] sequence = [0x30, 0];
        Assert.Equal("CmpTransaction.EncryptedCertificate", scene.Fails(With(new CertifiedKeyPair { EncryptedCert = sequence })).ErrorId);
        Assert.Equal("CmpTransaction.UnexpectedKey", scene.Fails(With(new CertifiedKeyPair { Certificate = Peer.Shared.Certify(scene.Key.PublicKey), PrivateKey = sequence })).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule37_Two_responses_or_none_are_not_the_answer_to_one_request()
    {
        Scene scene = new Scene().Start();
        CertResponse one = scene.Good().Responses[0];
        CmpException error = scene.Fails(new CertRepMessage(PkiBodyType.Ip, [one, one]));
        Assert.Equal("CmpTransaction.CertReqId", error.ErrorId);
        Assert.Equal("The answer holds 2 responses to one request.", error.Message);
        Assert.Equal("CmpTransaction.CertReqId", scene.Fails(new CertRepMessage(PkiBodyType.Ip, [])).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData("BB020500", 27)]
    [InlineData("BF63020500", 99)]
    public void Rule63_An_unknown_body_is_a_typed_error_that_names_the_tag(string octets, int tag)
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(Raw(octets));
        Assert.Equal("CmpMessage.UnknownBody", error.ErrorId);
        Assert.Contains($"[{tag}]", error.Message);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("3000")]
    [InlineData("308000")]
    [InlineData("30847FFFFFFF")]
    [InlineData("3C68746D6C3E")]
    public void Rule64_Octets_that_are_no_message_end_in_one_typed_error(string octets)
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpMessage.Malformed", scene.Fails(Hex.Parse(octets)).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule64_Random_octets_in_an_authentic_frame_end_in_typed_errors()
    {
        var random = new Random(42);
        Scene scene = new Scene().Start();
        ReadOnlyMemory<byte> good = scene.Octets(scene.Good());
        for (int i = 0; i < 500; i++)
        {
            byte[] octets = good.ToArray();
            for (int n = random.Next(20); n > 0; n--)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            // octets that happen to be those that stood there leave a good answer: one at least is another
            int place = random.Next(octets.Length);
            octets[place] = (byte)(good.Span[place] ^ random.Next(1, 256));
            Assert.IsType<TransactionStep.Failed>(scene.Receive(octets));
            Assert.IsType<TransactionStep.Failed>(scene.Receive(good.Slice(0, random.Next(good.Length))));
        }
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule70_Escape_sequences_in_the_servers_words_are_shown_escaped()
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Error(FailInfo.BadPOP, "\u001b[31mred\u202e {0}")));
        Assert.Equal("The server answered ir by error with status rejection (badPOP): \"\\u{001B}[31mred\\u{202E} {0}\".", error.Message);
        Assert.Equal(["\u001b[31mred\u202e {0}"], error.StatusText);
    }

    [Fact]
    public void Rule70_At_most_20_texts_of_2048_characters_are_shown()
    {
        Scene scene = new Scene().Start();
        var texts = new PkiFreeText(Enumerable.Repeat(new string('x', 5000), 30).ToList());
        CmpException error = scene.Fails(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Rejection, texts)));
        Assert.InRange(error.Message.Length, 20 * 2048, (20 * 2050) + 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Rule77_An_authentic_error_of_another_version_is_told_with_its_words(int pvno)
    {
        Scene scene = new Scene { Settings = settings => settings with { Pvno = pvno == 3 ? 2 : 3 } }.Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Error(FailInfo.UnsupportedVersion, "speak mine"), new Reply { Header = header => header with { Pvno = pvno } }));
        Assert.Equal("CmpServer.unsupportedVersion", error.ErrorId);
        Assert.Contains("speak mine", error.Message);
        Assert.Contains($"use -ProtocolVersion {pvno}", error.RecommendedAction);
    }

    [Fact]
    public void Rule77_No_version_follows_from_an_error_that_nobody_vouches_for()
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(Peer.Error(FailInfo.UnsupportedVersion), Reply.Unprotected with { Header = header => header with { Pvno = 1 } });
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.DoesNotContain("-ProtocolVersion", error.RecommendedAction);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule77_Another_reason_starts_no_negotiation()
    {
        Scene scene = new Scene().Start();
        CmpException error = scene.Fails(Peer.Error(FailInfo.BadAlg), new Reply { Header = header => header with { Pvno = 3 } });
        Assert.Equal("CmpServer.badAlg", error.ErrorId);
        Assert.DoesNotContain("-ProtocolVersion", error.RecommendedAction);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule77_A_waiting_of_another_version_is_not_waited_for()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.Version", scene.Fails(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)), new Reply { Header = header => header with { Pvno = 1 } }).ErrorId);
    }

    [Fact]
    public void The_HTTP_status_stands_in_the_servers_error()
    {
        Scene scene = new Scene().Start();
        Assert.Equal(500, scene.Fails(scene.Octets(Peer.Error()), new RoadReport { HttpStatus = 500 }).HttpStatus);
    }

    [Fact]
    public void A_transaction_starts_once_and_resumes_only_what_waits()
    {
        Scene scene = new Scene().Start();
        Assert.Throws<InvalidOperationException>(() => scene.Start());
        Assert.Throws<InvalidOperationException>(() => scene.Resume());
        Assert.Throws<InvalidOperationException>(() => scene.Accept());
    }

    [Fact]
    public void An_enrolment_has_one_request() =>
        Assert.Throws<ArgumentException>(() => new EnrollmentTransaction(
            new TransactionSettings { Protector = Peer.Mac(), Trust = new() },
            new CertReqMessages(PkiBodyType.Ir, [])));
}
