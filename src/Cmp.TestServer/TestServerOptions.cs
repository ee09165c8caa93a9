using System;
using System.Collections.Generic;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Possession;

namespace Cmp.TestServer;

/// <summary>How a <see cref="TestServer"/> behaves. What stands here by default is a server that grants what a client of RFC 9483 asks for.</summary>
public sealed record TestServerOptions
{
    /// <summary>The roads on which it is reached, each once.</summary>
    public IReadOnlyList<TestServerRoad> Roads { get; init; } = [TestServerRoad.Http];

    /// <summary>The port on the loopback address of the first road that has one; the others that have one take those that follow. 0 picks a free one for each.</summary>
    public int Port { get; init; }

    /// <summary>The style of TCP-Messages that alone is understood on connections of their own; <see langword="null"/>: both, each answered in itself.</summary>
    public TcpMessageStyle? TcpStyle { get; init; }

    /// <summary>
    /// The folder through which messages come on the roads that are folders; it is made where it is not there, and stays. <see langword="null"/>: a fresh one,
    /// which goes with the server.
    /// </summary>
    public string? FolderPath { get; init; }

    /// <summary>The reference value that clients name the shared secret by (senderKID, and the common name of the sender).</summary>
    public string Reference { get; init; } = "cmp-test";

    /// <summary>The shared secret, which is copied; <see langword="null"/>: a random one. Its octets are those of its UTF-8.</summary>
    public SecureString? Secret { get; init; }

    /// <summary>
    /// The folder in which the server keeps its authority, its credential, what it issued and its transactions, so that one that is started with the same
    /// folder goes on as if it had never ended; <see langword="null"/>: in memory only. What is there already wins over <see cref="AuthorityName"/>,
    /// <see cref="KeyAlgorithm"/>, <see cref="HashAlgorithm"/> and <see cref="Pss"/>, and where <see cref="Secret"/> is absent over <see cref="Reference"/>;
    /// a <see cref="Secret"/> that is given takes the place of the one that was kept.
    /// </summary>
    public string? StatePath { get; init; }

    /// <summary>
    /// Whose signatures are accepted besides those of certificates that this authority issued: certificates, each for itself, and CA certificates for all
    /// that have a path to them. One with the extended key usage cmcRA is a registration authority: it may say raVerified and act for others.
    /// </summary>
    public IReadOnlyList<X509Certificate2> TrustedClients { get; init; } = [];

    /// <summary>How often a client must poll in vain before the answer to its request is there; 0: it is there at once.</summary>
    public int PollCount { get; init; }

    /// <summary>Seconds that a pollRep asks to wait. Who polls earlier is told to wait again, and that poll does not count.</summary>
    public int CheckAfter { get; init; } = 1;

    /// <summary>
    /// How often a client of a road with polling of its own must ask by a polling reference in vain before it gets an answer, each answer anew; 0: it gets it at
    /// once. The roads without that do as ever.
    /// </summary>
    public int TransportPollCount { get; init; }

    /// <summary>Seconds that such a reference asks to wait. Who asks earlier is told to wait again, and that does not count.</summary>
    public int TransportCheckAfter { get; init; } = 1;

    /// <summary>The wait is announced by an error message with status waiting, and certReqId -1 names the whole answer, instead of a waiting ip, cp or kup (RFC 9483 4.4).</summary>
    public bool WaitByError { get; init; }

    /// <summary>The pkiConf is what has to be polled for, not the certificate: certConf is answered by an error with status waiting.</summary>
    public bool DelayConfirmation { get; init; }

    /// <summary>The answer that comes at last repeats the nonce of the request that was delayed, not that of the last pollReq; RFC 9483 5.1.5 allows both.</summary>
    public bool EchoDelayedNonce { get; init; }

    /// <summary>Every request is rejected with these reasons; <see cref="Messages.FailInfo.None"/> rejects none.</summary>
    public FailInfo FailInfo { get; init; }

    /// <summary>
    /// Decides by certReqId and subject on each request for a certificate by itself, so that those of one message may end differently; <see langword="null"/>:
    /// all are granted. Where it is there, <see cref="PollCount"/> is for those that wait, and <see cref="FailInfo"/> for those that are rejected
    /// (badRequest where it says nothing).
    /// </summary>
    public Func<int, Name?, RequestOutcome>? Outcome { get; init; }

    /// <summary>Rejections on demand come as error messages, not as an ip, cp, kup or rp with status rejection.</summary>
    public bool RejectByError { get; init; }

    /// <summary>Refuses whatever RFC 9483 forbids a client, and clocks that differ by more than <see cref="MaxClockSkew"/>.</summary>
    public bool Strict { get; init; }

    /// <summary>
    /// The lowest version that is spoken; what comes in a lower one is refused by unsupportedVersion, in this version (RFC 9810 7). <see langword="null"/>:
    /// 1 (RFC 2510), or 2 where <see cref="Strict"/> holds.
    /// </summary>
    public int? LowestVersion { get; init; }

    /// <summary>How far messageTime may be from this server's clock; checked where <see cref="Strict"/> holds.</summary>
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When implicit confirmation is granted.</summary>
    public ImplicitConfirmation ImplicitConfirmation { get; init; } = ImplicitConfirmation.WhenAsked;

    /// <summary>How long a certConf is waited for, and the answer to a challenge. A certificate that is not confirmed by then counts as refused.</summary>
    public TimeSpan ConfirmWaitTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Certificates are granted with changes: the subject gains the part <c>OU=Changed by the CA</c>.</summary>
    public bool GrantWithMods { get; init; }

    /// <summary>Answers to requests under a MAC are signed, against RFC 9483 3.2, as some servers do.</summary>
    public bool SignAnswers { get; init; }

    /// <summary>Requests without protection are served by answers without protection, against RFC 9483 3.2: whoever reaches the server gets a certificate.</summary>
    public bool AllowUnprotected { get; init; }

    /// <summary>The certReqId of a cp that answers a p10cr: -1 by RFC 9810 5.3.4 and RFC 9483 4.1.4; some servers say 0.</summary>
    public int Pkcs10CertReqId { get; init; } = -1;

    /// <summary>
    /// A new root is announced in the form of cmp2021 (RootCaKeyUpdateContent, pvno 3), not in that of cmp2000 with its three certificates: RFC 9810 5.3.13
    /// calls that one deprecated, but clients of both generations read it, nobody can negotiate a version where nobody asks, and all three certificates are there.
    /// </summary>
    public bool AnnounceInCmp2021 { get; init; }

    /// <summary>What the names of the authority's certificates begin with: <c>CN=Cmp Test Root CA</c> and so on. Several servers side by side are told apart by it.</summary>
    public string AuthorityName { get; init; } = "Cmp Test";

    /// <summary>What requests should look like, by the names of certificate profiles; the empty name is that of no profile (RFC 9483 4.3.3).</summary>
    public IReadOnlyDictionary<string, CertReqTemplateContent> RequestTemplates { get; init; } = Cmp.TestServer.RequestTemplates.Default;

    /// <summary>The keys of the authority: root, issuing CA and signer of messages.</summary>
    public KeyAlgorithm KeyAlgorithm { get; init; } = KeyAlgorithm.Parse("ECDSA_P256");

    /// <summary>
    /// The kind of KEM key that the server has besides, as in <c>ML-KEM-768</c>, with a certificate in the name of its signer: it answers by KemBasedMac who brings
    /// a ciphertext for it (RFC 9810 appendix E). <see langword="null"/>: none. It is made anew at each start.
    /// </summary>
    public KeyAlgorithm? KemKeyAlgorithm { get; init; }

    /// <summary>Requests without a ciphertext for that key are answered by the unprotected error that brings its certificate (RFC 9810 appendix E, figure 5).</summary>
    public bool KemOnDemand { get; init; }

    /// <summary>
    /// The kind of (EC)DH key that the server has besides, as in <c>X25519</c>, with a certificate in the name of its signer: it takes and gives DHBasedMac
    /// (RFC 9810 5.1.3.2). <see langword="null"/>: none. It is made anew at each start.
    /// </summary>
    public KeyAlgorithm? DhKeyAlgorithm { get; init; }

    /// <summary>
    /// The kind of the key that others encrypt keys to, or agree with, as in <c>ECDSA_P256</c>, <c>X25519</c> or <c>ML-KEM-768</c>, with a certificate in the name of its signer,
    /// which genm caProtEncCert gives; <see langword="null"/>: there is none. The key is made when it is first needed; one that is kept under
    /// <see cref="StatePath"/> wins.
    /// </summary>
    public KeyAlgorithm? EncryptionKeyAlgorithm { get; init; } = KeyAlgorithm.Parse("RSA_2048");

    /// <summary>
    /// The only proof of possession that is taken, all others are badPOP; <see langword="null"/>: each. <see cref="ProofOfPossessionKind.None"/> takes only requests for keys
    /// that are made here. Where <see cref="Strict"/> holds, keys that can sign prove themselves by a signature whatever stands here.
    /// </summary>
    public ProofOfPossessionKind? RequiredProof { get; init; }

    /// <summary>How certificates and private keys are encrypted from pvno 3 on.</summary>
    public EnvelopeOptions Envelope { get; init; } = EnvelopeOptions.Default;

    /// <summary>What is wrong with the keys that are made here, to see a client refuse them.</summary>
    public KeyPackageFault KeyPackageFault { get; init; }

    /// <summary>The digest of the authority's signatures, in certificates and messages; <see langword="null"/>: the default of its keys. EdDSA and its kind take none.</summary>
    public string? HashAlgorithm { get; init; }

    /// <summary>RSA keys of the authority sign by RSASSA-PSS.</summary>
    public bool Pss { get; init; }

    /// <summary>The clock; <see langword="null"/>: this machine's.</summary>
    public Func<DateTimeOffset>? Clock { get; init; }

    /// <summary>Hears of every message, and of the reason of every refusal.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Whether something can be encrypted to keys of a kind, or a secret agreed on with them: whether they can be <see cref="EncryptionKeyAlgorithm"/>.</summary>
    /// <param name="algorithm">The kind.</param>
    /// <returns>True for RSA, curves that are not Edwards', and ML-KEM.</returns>
    public static bool CanEncryptTo(KeyAlgorithm algorithm) => Proofs.Of(algorithm).HasFlag(KeyProofs.EncryptedCertificate);

    /// <summary>The bounds on what clients send.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;
}
