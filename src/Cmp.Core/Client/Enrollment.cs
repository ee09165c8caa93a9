using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>
/// From a key to an installed certificate: the only place that makes a key, drives the transaction, checks, installs, and undoes.
/// Each step has its compensation; they run, last first, when it ends anywhere but at the end or at waiting.
/// </summary>
public sealed class Enrollment : IDisposable
{
    private readonly CmpClient _client;
    private readonly EnrollmentRequest _request;
    private readonly Stack<Action> _compensations = new();
    private PkiBody? _body;
    private EnrollmentTransaction? _transaction;
    private TransactionStep? _step;
    private KeyHandle? _key;
    private IReadOnlyList<Certificate> _chain = [];
    private IReadOnlyList<string> _modifications = [];
    private bool _ended;

    /// <summary>Prepares an enrolment; nothing is made and nothing is sent yet.</summary>
    /// <param name="client">The server.</param>
    /// <param name="request">What is asked for.</param>
    public Enrollment(CmpClient client, EnrollmentRequest request)
    {
        _client = client;
        _request = request;
    }

    /// <summary>Sees a certificate before it is accepted; its text is the reason of a refusal, <see langword="null"/> accepts.</summary>
    public Func<IssuedCertificate, CancellationToken, Task<string?>>? Approve { get; init; }

    /// <summary>Makes or opens the key that is certified.</summary>
    internal Func<KeyRequest, KeyHandle> GetKey { get; init; } = KeyProviders.Get;

    /// <summary>Hears of every message.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Hears how far it is.</summary>
    public IProgress<CmpProgress>? Progress { get; init; }

    /// <summary>What was asked for.</summary>
    public EnrollmentRequest Request => _request;

    /// <summary>The transaction's identifier, hexadecimal; <see langword="null"/> before the first message was made.</summary>
    public string? TransactionId => _transaction is { } transaction ? Hex.Of(transaction.TransactionId.Span) : null;

    /// <summary>When the server may be asked again, where it waits; else <see langword="null"/>.</summary>
    public DateTimeOffset? WaitingUntil => (_step as TransactionStep.Wait)?.Until;

    /// <summary>The server's reason to wait, escaped, or <see langword="null"/>.</summary>
    public string? WaitingReason => (_step as TransactionStep.Wait)?.Reason;

    private PrivateKey? Key => _key?.Key ?? _request.ExistingKey;

    private CmpOperation Operation => _request.Operation switch
    {
        EnrollmentOperation.Initialization => CmpOperation.Initialization,
        EnrollmentOperation.Certification => CmpOperation.Certification,
        EnrollmentOperation.KeyUpdate => CmpOperation.KeyUpdate,
        _ => CmpOperation.Pkcs10,
    };

    /// <summary>Goes on until the certificate is where it belongs, or the server waits longer than there is time for.</summary>
    /// <param name="timeout">How long this may take; <see langword="null"/>: as the server's settings say.</param>
    /// <param name="cancellationToken">Ends it; what was made is undone.</param>
    /// <returns>The certificate; <see langword="null"/> where the server waits: call again, in this process.</returns>
    /// <exception cref="CmpException">It failed, and everything it had made is gone; <c>CmpTransaction.Ended</c>: it had ended before.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and everything it had made is gone.</exception>
    public async Task<EnrolledCertificate?> RunAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (_ended)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransaction.Ended", "This enrolment has ended. Another one begins anew.");
        try
        {
            Deadline deadline = Deadline.After(_client.Now, timeout ?? _client.Settings.Timeout!.Value);
            _step ??= Begin();
            while (true)
            {
                // a step that waits is waited for, never resumed early (rule 38)
                _step = await _client.DriveAsync(new Conversation(_transaction!, Operation, deadline, Progress, Trace), _step, cancellationToken).ConfigureAwait(false);
                switch (_step)
                {
                    case TransactionStep.Decide decide:
                        _step = _transaction!.Decide(await JudgeAsync(decide.Certificate, cancellationToken).ConfigureAwait(false), _client.Now);
                        break;
                    case TransactionStep.Wait:
                        return null;
                    default:
                        EnrolledCertificate enrolled = Finish();
                        End();
                        return enrolled;
                }
            }
        }
        catch
        {
            Undo();
            End();
            throw;
        }
    }

    /// <summary>Abandons what still waits: its key goes.</summary>
    public void Dispose()
    {
        Undo();
        End();
    }

    private TransactionStep Begin()
    {
        // what cannot be put away afterwards is not asked for
        _request.Destination.EnsureWritable(withKey: _request.Key is not null || _request.ExistingKey is not null);
        Identity identity = _client.IdentityFor(_request.Operation);
        if (_request.Key is { } wanted)
        {
            _key = GetKey(wanted);
            _compensations.Push(DeleteKey);
        }
        _body = RequestBuilder.Build(_request, Key, _client.Settings, identity.Credential);
        TransactionSettings settings = _client.TransactionSettings(_request, identity, Trace) with { ExplicitConfirm = _request.ExplicitConfirm || Approve is not null };
        _transaction = new EnrollmentTransaction(settings, _body, _request.OldCertificate);
        return _transaction.Start(_client.Now);
    }

    /// <summary>What the certificate must stand up to before it is confirmed (rules 41 and 43).</summary>
    private async Task<CmpException?> JudgeAsync(IssuedCertificate issued, CancellationToken cancellationToken)
    {
        try
        {
            Validate(issued);
            _chain = ChainOf(issued);
            _modifications = Modifications.Between(_body!, issued.Certificate);
        }
        catch (CmpException e)
        {
            return e;
        }
        if (Approve is null)
            return null;
        try
        {
            string? reason = await Approve(issued, cancellationToken).ConfigureAwait(false);
            return reason is null ? null : Refused(reason, null);
        }
        catch (Exception e)
        {
            // the server waits for a word: who cannot decide refuses
            cancellationToken.ThrowIfCancellationRequested();
            return Refused($"The certificate could not be judged: {e.Message}", e);
        }

        CmpException Refused(string reason, Exception? cause) =>
            new(CmpErrorKind.Trust, "CmpTransaction.Refused", reason, cause) { Octets = issued.Certificate.Encoded };
    }

    private void Validate(IssuedCertificate issued)
    {
        if (_client.Settings.IssuedTrustAnchor is not { Count: > 0 } anchors)
            return;
        IEnumerable<Certificate> trusted = issued.CaPubsAreTrusted ? anchors.Concat(issued.CaPubs) : anchors;
        // one that begins later, as it was asked for, is held against the time when it does
        DateTimeOffset time = issued.Certificate.NotBefore > _client.Now ? issued.Certificate.NotBefore : _client.Now;
        try
        {
            PathBuilder.Build(issued.Certificate, trusted, _client.Settings.UntrustedCertificate!.Concat(issued.Candidates), new PathOptions(time));
        }
        catch (CmpException e)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.IssuedCertificate", $"The certificate that came, {issued.Certificate}, does not lead to an anchor for issued certificates: {e.Message}", e) { Octets = issued.Certificate.Encoded };
        }
    }

    /// <summary>Nothing can fail here but the installation itself, which undoes what it did.</summary>
    private EnrolledCertificate Finish()
    {
        IssuedCertificate issued = _transaction!.Issued!;
        DateTimeOffset renewAfter = Renewal.After(issued.Certificate);
        InstalledCertificate installed = _request.Destination.Install(new CertificateToInstall(issued.Certificate, Key)
        {
            Chain = _chain,
            FriendlyName = _request.FriendlyName,
            ExportableKey = _request.Key?.Exportable ?? false,
        });
        _compensations.Clear();
        return new EnrolledCertificate(installed, issued.Status.Status)
        {
            Certificate = issued.Certificate,
            TransactionId = TransactionId!,
            Chain = _chain,
            CaPubs = issued.CaPubs,
            Modifications = _modifications,
            Confirmed = _transaction.Confirmed,
            RenewAfter = renewAfter,
            Warnings = [.. _transaction.Warnings],
        };
    }

    /// <summary>From issuer to issuer, as far as the certificates at hand lead; what is in it is trusted no more for that.</summary>
    private List<Certificate> ChainOf(IssuedCertificate issued)
    {
        List<Certificate> known =
        [
            .. _client.Settings.IssuedTrustAnchor!, .. _client.Settings.TrustAnchor!, .. _client.Settings.UntrustedCertificate!,
            .. issued.Candidates, .. issued.CaPubs,
        ];
        var chain = new List<Certificate>();
        Certificate current = issued.Certificate;
        while (!current.IsSelfIssued && chain.Count < CmpLimits.Default.MaxPathLength && known.Find(candidate => IsIssuer(candidate, current)) is { } issuer)
        {
            chain.Add(issuer);
            current = issuer;
        }
        return chain;
    }

    private static bool IsIssuer(Certificate candidate, Certificate certificate)
    {
        try
        {
            return candidate.Subject.IsSameAs(certificate.Issuer)
                && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, candidate.PublicKey, certificate.TbsCertificate, certificate.Signature);
        }
        catch (CmpException)
        {
            return false; // unreadable, or of an algorithm that is not known here
        }
    }

    /// <summary>The key of a certificate that may be in force is kept where it lives (rule 44).</summary>
    private void DeleteKey()
    {
        if (_transaction?.IsInDoubt != true)
            _key!.Delete();
    }

    private void Undo()
    {
        while (_compensations.Count > 0)
        {
            Action compensation = _compensations.Pop();
            try
            {
                compensation();
            }
            catch (Exception e)
            {
                // the first error is the one to tell; that something stayed behind is worth a word
                Trace?.Warning($"What the enrolment had made could not be undone: {e.Message}");
            }
        }
    }

    private void End()
    {
        _ended = true;
        _step = null;
        _key?.Dispose();
        _key = null;
    }
}
