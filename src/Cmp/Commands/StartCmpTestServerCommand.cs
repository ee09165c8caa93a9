using System;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.TestServer;

namespace Cmp.Commands;

/// <summary>Starts a certification authority in this process, on loopback only, to try the other commands with.</summary>
[Cmdlet(VerbsLifecycle.Start, "CmpTestServer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CmpTestServer))]
public sealed class StartCmpTestServerCommand : PSCmdlet
{
    /// <summary>The port of the first road that has one, the others follow; without it free ones.</summary>
    [Parameter(Position = 0)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>Reference and shared secret that requesters use; without it both are made, or those of -StatePath hold.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Certificates whose owners may ask with a signature; those that the server issued itself may always.</summary>
    [Parameter]
    [CertificateTransformation(Many = true)]
    [ArgumentCompleter(typeof(OwnCertificateCompleter))]
    public X509Certificate2[]? TrustedClient { get; set; }

    /// <summary>The roads on which it is reached.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public TestServerRoad[] Transport { get; set; } = [TestServerRoad.Http];

    /// <summary>The folder through which messages come on the roads File and Mail; without it a fresh one that goes with the server.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>A folder that keeps the server's authority, credential, certificates and transactions; without it they end with the server.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>How often a requester must poll before he gets his certificate.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int PollCount { get; set; }

    /// <summary>The seconds that the server names between two polls.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int CheckAfter { get; set; } = 1;

    /// <summary>The style of TCP-Messages that the road Tcp understands alone.</summary>
    [Parameter]
    public TcpMessageStyle? TcpStyle { get; set; }

    /// <summary>How often a requester on Tcp or HttpTcp must ask by a polling reference before he gets each answer.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TransportPollCount { get; set; }

    /// <summary>The seconds that such a reference asks to wait.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int TransportCheckAfter { get; set; } = 1;

    /// <summary>Rejects every request for these reasons.</summary>
    [Parameter]
    public FailInfo FailInfo { get; set; }

    /// <summary>Rejects requests for these subjects, and no others; wildcards are understood.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? RejectSubject { get; set; }

    /// <summary>Lets requests for these subjects wait until they are polled for, and no others; wildcards are understood.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? DelaySubject { get; set; }

    /// <summary>The kind of the authority's keys.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(SigningKeyAlgorithmCompleter))]
    [ValidateNotNullOrEmpty]
    public string? KeyAlgorithm { get; set; }

    /// <summary>The kind of a KEM key that the server has besides, as in ML-KEM-768: requesters can use KemBasedMac.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(KemKeyAlgorithmCompleter))]
    [ValidateNotNullOrEmpty]
    public string? KemKeyAlgorithm { get; set; }

    /// <summary>The kind of an (EC)DH key that the server has besides, as in X25519: requesters can use DhBasedMac.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(DhKeyAlgorithmCompleter))]
    [ValidateNotNullOrEmpty]
    public string? DhKeyAlgorithm { get; set; }

    /// <summary>The kind of the key that others encrypt private keys to, or agree with.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EncryptionKeyAlgorithmCompleter))]
    [ValidateNotNullOrEmpty]
    public string? EncryptionKeyAlgorithm { get; set; }

    /// <summary>The only proof of possession that is taken; without it each.</summary>
    [Parameter]
    public ProofOfPossessionKind? RequiredProof { get; set; }

    /// <summary>What is wrong with the private keys that it makes, to see a client refuse them.</summary>
    [Parameter]
    public KeyPackageFault KeyPackageFault { get; set; }

    /// <summary>Refuses what RFC 9483 forbids.</summary>
    [Parameter]
    public SwitchParameter Strict { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (!ShouldProcess($"{string.Join(", ", Transport)}, {(Port == 0 ? "on free ports" : $"from port {Port} on")} of the loopback address", "Start CMP test server"))
            return;
        string? statePath = StatePath is null ? null : GetUnresolvedProviderPathFromPSPath(StatePath);
        try
        {
            var options = new TestServerOptions
            {
                Port = Port,
                Roads = Transport,
                Secret = Credential?.Password,
                FolderPath = Path is null ? null : GetUnresolvedProviderPathFromPSPath(Path),
                StatePath = statePath,
                TrustedClients = TrustedClient ?? [],
                PollCount = PollCount,
                CheckAfter = CheckAfter,
                TcpStyle = TcpStyle,
                TransportPollCount = TransportPollCount,
                TransportCheckAfter = TransportCheckAfter,
                FailInfo = FailInfo,
                Strict = Strict,
                KemKeyAlgorithm = KemKeyAlgorithm is null ? null : Cryptography.KeyAlgorithm.Parse(KemKeyAlgorithm),
                DhKeyAlgorithm = DhKeyAlgorithm is null ? null : Cryptography.KeyAlgorithm.Parse(DhKeyAlgorithm),
                RequiredProof = RequiredProof,
                KeyPackageFault = KeyPackageFault,
                Outcome = RejectSubject is null && DelaySubject is null ? null : OutcomeBySubject(Patterns(RejectSubject), Patterns(DelaySubject)),
            };
            if (KeyAlgorithm is not null)
                options = options with { KeyAlgorithm = Cryptography.KeyAlgorithm.Parse(KeyAlgorithm) };
            if (EncryptionKeyAlgorithm is not null)
                options = options with { EncryptionKeyAlgorithm = Cryptography.KeyAlgorithm.Parse(EncryptionKeyAlgorithm) };
            if (Credential is not null)
                options = options with { Reference = Credential.UserName };
            WriteObject(CmpTestServer.Start(options));
        }
        catch (CmpException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(e.Kind == CmpErrorKind.Store ? statePath : e.ErrorId == "CmpArgument.Transport" ? Transport : Port));
        }
    }

    private static WildcardPattern[] Patterns(string[]? texts) => [.. (texts ?? []).Select(text => WildcardPattern.Get(text, WildcardOptions.IgnoreCase))];

    private static Func<int, Name?, RequestOutcome> OutcomeBySubject(WildcardPattern[] rejected, WildcardPattern[] delayed) => (_, subject) =>
    {
        string name = subject?.ToString() ?? string.Empty;
        return rejected.Any(pattern => pattern.IsMatch(name)) ? RequestOutcome.Reject : delayed.Any(pattern => pattern.IsMatch(name)) ? RequestOutcome.Wait : RequestOutcome.Grant;
    };
}
