using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Transports;

namespace Cmp.Tests.Client;

/// <summary>An enrolment that dies, as by a loss of power or kill -9, at one of the boundaries between its steps.</summary>
internal static class Victim
{
    /// <summary>The variable with the shared secret.</summary>
    internal const string SecretVariable = "CMP_VICTIM_SECRET";

    /// <summary>The variable with the folder that mails go through, for a server that is reached by them.</summary>
    internal const string MailFolderVariable = "CMP_VICTIM_MAIL_FOLDER";

    /// <summary>The variable with the URI of the token that its key is made in.</summary>
    internal const string TokenVariable = "CMP_VICTIM_TOKEN";

    /// <summary>The variable with the PIN of that token.</summary>
    internal const string PinVariable = "CMP_VICTIM_PIN";

    /// <summary>Runs it; where it comes to an end it writes "done".</summary>
    /// <param name="operation">Which request; Several: two of them in one message, of which the second has "2" behind its subject and its file.</param>
    /// <param name="uri">The server.</param>
    /// <param name="reference">The reference of the secret.</param>
    /// <param name="root">The file of the server's root.</param>
    /// <param name="home">Where state goes.</param>
    /// <param name="subject">Whom it is about.</param>
    /// <param name="outFile">Where the certificate goes.</param>
    /// <param name="old">The certificate that is updated, or an empty text.</param>
    /// <param name="boundary">Which boundary it dies at, counted from 0.</param>
    internal static string Run(string operation, string uri, string reference, string root, string home, string subject, string outFile, string old, int boundary)
    {
        int reached = 0;
        ServerSettings settings = Settings(uri, reference, root);
        using ICmpTransport road = Roads.Open(settings.Resolve(), 1);
        FoundCertificate? found = old.Length > 0 ? CertificateSource.Find(old) : null;
        if (found is not null)
            settings = settings with { Protection = ProtectionKind.Signature, ClientCertificate = found.Certificate, ClientKey = found.Key };
        using var client = new CmpClient(settings, new DeadlyRoad(road, Die));
        bool isSeveral = operation == "Several";
        EnrollmentRequest request = new()
        {
            Operation = isSeveral ? EnrollmentOperation.Initialization : (EnrollmentOperation)Enum.Parse(typeof(EnrollmentOperation), operation),
            Subject = found is null ? Name.Parse(subject) : null,
            OldCertificate = found is null ? null : Certificate.From(found.Certificate),
            OldCertificateReference = found is null ? null : CertificateReference.Of(found.Certificate),
            OldCertificateAction = OldCertificateAction.Remove,
            Key = new KeyRequest
            {
                Provider = Environment.GetEnvironmentVariable(TokenVariable),
                Pin = Pin,
            },
            Destination = CertificateDestination.InFile(outFile),
        };
        EnrollmentRequest second = request with { Subject = Name.Parse(subject + "2"), Destination = CertificateDestination.InFile(Second(outFile)) };
        using var enrollment = new Enrollment(client, isSeveral ? [request, second] : [request])
        {
            Store = new EnrollmentStore(home),
            Boundary = Die,
        };
        enrollment.RunAsync().GetAwaiter().GetResult();
        return enrollment.Items.All(item => item.Enrolled is not null) ? "done" : "waits";

        void Die(string where)
        {
            if (reached++ != boundary)
                return;
            Console.WriteLine(where);
            Console.Out.Flush();
            using var self = Process.GetCurrentProcess();
            self.Kill();
            Thread.Sleep(Timeout.Infinite);
        }
    }

    /// <summary>The PIN of the token, where there is one.</summary>
    internal static SecureString? Pin => Environment.GetEnvironmentVariable(PinVariable) is { Length: > 0 } pin ? new NetworkCredential(string.Empty, pin).SecurePassword : null;

    /// <summary>Where the second certificate goes.</summary>
    internal static string Second(string outFile) => Path.ChangeExtension(outFile, ".2.pem");

    /// <summary>What is said of the server, here and by who goes on; the victim itself gets the secret by the variable.</summary>
    internal static ServerSettings Settings(string uri, string reference, string root, string? secret = null) => new()
    {
        Uri = new Uri(uri),
        Secret = new ReferenceAndSecret(reference, new NetworkCredential(string.Empty, secret ?? Environment.GetEnvironmentVariable(SecretVariable)).SecurePassword),
        MailFolder = Environment.GetEnvironmentVariable(MailFolderVariable),
        IterationCount = 100,
        TrustAnchor = [Certificate.From(CertificateSource.Find(root).Certificate)],
    };

    /// <summary>A road with a boundary before each message, and one behind it: the server has answered, and nobody knows.</summary>
    private sealed class DeadlyRoad(ICmpTransport road, Action<string> boundary) : ICmpTransport
    {
        public async Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
        {
            boundary("before the exchange");
            TransportReply reply = await road.ExchangeAsync(request, cancellationToken);
            boundary("answered");
            return reply;
        }

        public async Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
        {
            TransportReply reply = await road.CollectAsync(ticket, cancellationToken);
            // how often it is asked in vain is chance
            if (reply is not TransportReply.NotYet)
                boundary("collected");
            return reply;
        }

        public void Dispose()
        {
        }
    }
}
