using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests;
using Cmp.Transactions;

namespace Cmp.Interop;

/// <summary>An answer of OpenSSL's mock server, and who takes it when it comes back changed: OpenSSL's client (<c>-rspin</c>) and ours.</summary>
internal sealed class AnswerScene : IDisposable
{
    private const string Reference = "ref-1";
    private const string Secret = "only a test's";

    private static readonly Dictionary<string, string> Environment = new() { ["CMP_SECRET"] = Secret };

    private readonly TestFolder _folder = new();
    private readonly TestCa _ca = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly string[] _client;
    private readonly bool _isSigned;
    private readonly PkiMessage _request;
    private readonly Credential _credential;
    private readonly MessageProtector _protector;

    /// <summary>Has OpenSSL ask and answer: an ir under a MAC; cr, kur and rr signed.</summary>
    internal AnswerScene(string command)
    {
        _isSigned = command != "ir";
        _certificate = _ca.Issue("CN=router7, O=Cmp tests", _key);
        string ca = _folder.Write("ca.pem", _ca.Certificate.ExportCertificatePem()), caKey = _folder.Write("ca.key", TestCa.Pem(_ca.Key));
        string certificate = _folder.Write("ee.pem", _certificate.ExportCertificatePem()), key = _folder.Write("ee.key", TestCa.Pem(_key));
        string[] credential = _isSigned ? ["-cert", certificate, "-key", key, "-trusted", ca] : ["-ref", Reference, "-secret", "env:CMP_SECRET", "-recipient", "/CN=Test Root"];
        string[] what = command switch
        {
            "rr" => ["-oldcert", certificate, "-revreason", "1"],
            "kur" => ["-oldcert", certificate, "-newkey", key, "-certout", _folder.PathOf("out.pem"), "-disable_confirm"],
            _ => ["-newkey", key, "-subject", "/CN=router7/O=Cmp tests", "-certout", _folder.PathOf("out.pem"), "-disable_confirm"],
        };
        _client = ["-cmd", command, .. credential, .. what];
        string[] server = _isSigned ? ["-srv_cert", ca, "-srv_key", caKey, "-srv_trusted", ca] : ["-srv_ref", Reference, "-srv_secret", "env:CMP_SECRET"];
        (IReadOnlyList<byte[]> requests, IReadOnlyList<byte[]> responses) = OpenSsl.Exchange(_folder, [.. _client, .. server, "-rsp_cert", certificate, "-rsp_extracerts", ca], Environment);
        _request = PkiMessage.Decode(requests[0]);
        Answer = responses[0];
        _credential = _isSigned
            ? new SigningCertificate(Certificate.From(_certificate), PrivateKey.FromPkcs8(_key.ExportPkcs8PrivateKey()), ownsKey: true)
            : new SharedSecret(Encoding.UTF8.GetBytes(Reference), Encoding.UTF8.GetBytes(Secret));
        _protector = _credential is SharedSecret secret ? MessageProtector.PasswordBasedMac(secret, new PbmOptions()) : MessageProtector.Signature((SigningCertificate)_credential, null, pss: false);
    }

    /// <summary>The answer as it was.</summary>
    internal byte[] Answer { get; }

    /// <summary>Whether OpenSSL's client takes an answer. It compares neither transactionID nor nonce: it takes them from the answer.</summary>
    internal bool TheirsTakes(byte[] answer, out string reason)
    {
        ProgramResult result = OpenSsl.Run(["cmp", "-config", string.Empty, "-batch", "-verbosity", "3", .. _client, "-rspin", _folder.Write("rsp.der", answer)], environment: Environment);
        reason = result.Error;
        return result.ExitCode == 0;
    }

    /// <summary>Whether decoder, checker and transaction of ours take it, asked for the same and, as there, in the transaction that the answer names.</summary>
    internal bool OursTakes(byte[] answer, out string reason)
    {
        PkiMessage message;
        try
        {
            message = PkiMessage.Decode(answer);
        }
        catch (CmpException e)
        {
            reason = e.Message;
            return false;
        }
        Certificate root = Certificate.From(_ca.Certificate);
        var checker = new MessageChecker(new CheckSettings { Secret = _credential as SharedSecret, Anchors = [root] });
        MessageCheck[] checks = [.. checker.Check(message, DateTimeOffset.UtcNow)];
        if (checks.FirstOrDefault(check => !check.Passed) is { } wrong)
        {
            reason = wrong.ToString();
            return false;
        }
        reason = string.Empty;
        using Transaction transaction = TransactionOf(message, root);
        TransactionStep step = transaction.Receive(answer, DateTimeOffset.UtcNow);
        if (step is TransactionStep.Failed failed)
            reason = failed.Error.Message;
        return step is TransactionStep.Decide or TransactionStep.Done;
    }

    public void Dispose()
    {
        _protector.Dispose();
        _credential.Dispose();
        _certificate.Dispose();
        _key.Dispose();
        _ca.Dispose();
        _folder.Dispose();
    }

    private Transaction TransactionOf(PkiMessage answer, Certificate root)
    {
        PkiHeader header = _request.Header with
        {
            TransactionId = answer.Header.TransactionId ?? _request.Header.TransactionId,
            SenderNonce = answer.Header.RecipNonce ?? _request.Header.SenderNonce,
        };
        ReadOnlyMemory<byte> asked = (_request with { Header = header }).Encoded;
        var settings = new TransactionSettings
        {
            Protector = _protector,
            Credential = _credential,
            Trust = new TrustSettings { Anchors = [root], AllowPbmSha1 = true },
        };
        var state = new TransactionState { Phase = TransactionPhase.Requested, Request = asked, LastMessage = asked, Requests = [new RequestState(RequestPhase.Requested)] };
        return _request.Body is RevReqContent
            ? new RevocationTransaction(settings, state, [Certificate.From(_certificate)])
            : new EnrollmentTransaction(settings, state, _request.Body.Type == PkiBodyType.Kur ? Certificate.From(_certificate) : null);
    }
}
