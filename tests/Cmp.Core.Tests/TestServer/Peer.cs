using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>A responder without a road, its clock in our hand, and what clients need to meet it.</summary>
internal sealed class Peer : IDisposable
{
    internal const string Reference = "reference 1";

    private static readonly byte[] SecretOctets = Encoding.UTF8.GetBytes("correct horse battery staple");

    /// <summary>Making keys takes its time, so one authority serves all tests, and one that is no kin of it issues what strangers and vendors have.</summary>
    internal static CertificationAuthority Authority { get; } = new(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow);

    internal static CertificationAuthority OtherAuthority { get; } = new(KeyAlgorithm.Parse("ECDSA_P256"), DateTimeOffset.UtcNow, name: "Vendor");

    private ServerState? _state;

    internal Peer(TestServerOptions? options = null)
    {
        Options = (options ?? new TestServerOptions()) with { Reference = Reference, Clock = () => Now, Trace = Trace };
        Responder = NewResponder();
    }

    internal DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

    internal TestServerOptions Options { get; }

    internal Responder Responder { get; private set; }

    internal RecordedTrace Trace { get; } = new();

    internal static SharedSecret Secret => new(Encoding.UTF8.GetBytes(Reference), (byte[])SecretOctets.Clone());

    internal static SharedSecret WrongSecret => new(Encoding.UTF8.GetBytes(Reference), Encoding.UTF8.GetBytes("correct horse battery stable"));

    /// <summary>Another server takes over the state of this one, which ends without a word: what it has not kept by now is lost.</summary>
    internal void Restart()
    {
        Dispose();
        Responder = NewResponder();
    }

    /// <summary>A client with the secret.</summary>
    internal HandClient MacClient(MacOptions? options = null) => new(this, Secret, options);

    /// <summary>A client with a certificate.</summary>
    internal HandClient SigningClient(SigningCertificate certificate) => new(this, certificate, null);

    /// <summary>A certificate that this server issued, confirmed, with its key.</summary>
    internal SigningCertificate Enroll(string subject = "CN=enrolled")
    {
        PrivateKey key = NewKey();
        HandClient client = MacClient();
        PkiMessage answer = Poll(client, client.Send(Request(PkiBodyType.Ir, key, subject), header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }));
        Certificate certificate = Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        if (answer.Header.FindInfo(Oids.ImplicitConfirm) is null)
            Assert.IsType<PkiConfirmContent>(Poll(client, client.Send(Confirmation(certificate))).Body);
        return new SigningCertificate(certificate, key, [Authority.Issuing, Authority.Root]);
    }

    /// <summary>Polls until the answer is there.</summary>
    private PkiMessage Poll(HandClient client, PkiMessage answer)
    {
        int pollId = answer.Body is ErrorMsgContent ? -1 : 0;
        while (answer.Body is CertRepMessage { Responses: [{ Status.Status: PkiStatus.Waiting }] } or PollRepContent or ErrorMsgContent { Status.Status: PkiStatus.Waiting })
        {
            answer = client.Send(new PollReqContent([pollId]));
            if (answer.Body is PollRepContent wait)
                Now += TimeSpan.FromSeconds((int)wait.Entries[0].CheckAfter);
        }
        return answer;
    }

    /// <summary>A certificate of another authority, as vendors give them to devices.</summary>
    internal static SigningCertificate Vendor(params Extension[] extensions)
    {
        PrivateKey key = NewKey();
        return new SigningCertificate(OtherAuthority.Issue(Content(key, "CN=device", extensions)), key, [OtherAuthority.Issuing]);
    }

    internal static CertificateContent Content(PrivateKey key, string subject, params Extension[] extensions) =>
        new(Name.Parse(subject), key.PublicKey, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1), extensions);

    internal static X509Certificate2 ToX509(Certificate certificate) => Cryptography.TestCertificate.Load(certificate.Encoded.ToArray());

    internal static PrivateKey NewKey(string algorithm = "ECDSA_P256") => PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));

    /// <summary>The body of an ir, cr or kur.</summary>
    internal static CertReqMessages Request(PkiBodyType type, PrivateKey key, string? subject, Certificate? old = null, Func<CertTemplate, CertTemplate>? change = null, int certReqId = 0) =>
        new(type, [Signed(Asked(key, subject, old, change, certReqId), key)]);

    internal static CertRequest Asked(PrivateKey key, string? subject, Certificate? old = null, Func<CertTemplate, CertTemplate>? change = null, int certReqId = 0)
    {
        var template = new CertTemplate { Subject = subject is null ? null : Name.Parse(subject), PublicKey = key.PublicKey };
        return new CertRequest(certReqId, change?.Invoke(template) ?? template, old is null ? [] : [Controls.OldCertId(old)]);
    }

    internal static CertReqMsg Signed(CertRequest asked, PrivateKey key, PopoSigningKeyInput? input = null) =>
        new(asked, SignatureProof.Create(asked, key, SignatureAlgorithms.For(key), input), []);

    /// <summary>The body of a p10cr.</summary>
    internal static P10crBody Pkcs10(PrivateKey key, string subject) => new(Transactions.MadeCertificate.Pkcs10(key, subject));

    /// <summary>The same, the request made by .NET.</summary>
    internal static P10crBody Pkcs10(ECDsa key, string subject, params X509Extension[] extensions)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        foreach (X509Extension extension in extensions)
            request.CertificateExtensions.Add(extension);
        return new P10crBody(CertificationRequest.Decode(request.CreateSigningRequest()));
    }

    internal static CertConfirmContent Confirmation(Certificate certificate, int certReqId = 0, PkiStatusInfo? status = null, string digest = Oids.Sha256, AlgorithmIdentifier? hashAlg = null) =>
        new([new CertStatus(Digests.Compute(digest, certificate.Encoded), certReqId, status, hashAlg)]);

    public void Dispose()
    {
        Responder.Dispose();
        _state?.Dispose();
    }

    private Responder NewResponder()
    {
        _state = Options.StatePath is { } path ? ServerState.Open(path) : null;
        try
        {
            return new Responder(Options, Authority, SecretOctets, _state);
        }
        catch
        {
            _state?.Dispose();
            throw;
        }
    }
}

/// <summary>Keeps what it hears.</summary>
internal sealed class RecordedTrace : ICmpTrace
{
    internal List<string> Notes { get; } = [];

    public void Message(TraceDirection direction, ReadOnlyMemory<byte> octets, string summary, TimeSpan elapsed)
    {
        lock (Notes)
            Notes.Add($"{direction} {summary}");
    }

    public void Note(string text)
    {
        lock (Notes)
            Notes.Add(text);
    }

    public void Warning(string text) => Note(text);
}
