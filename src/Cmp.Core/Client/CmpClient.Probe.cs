using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>What a server that answers no empty genm is asked one by one: nothing of it needs a value.</summary>
    private static readonly string[] Questions = [Oids.SignKeyPairTypes, Oids.EncKeyPairTypes, Oids.PreferredSymmAlg, Oids.CaProtEncCert, Oids.CaCerts, Oids.RootCaCert, Oids.CertReqTemplate, Oids.CurrentCrl];

    /// <summary>How long it is waited for what a CoAP server says to have.</summary>
    private static readonly TimeSpan DiscoveryTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Finds out what there is of a server, from the socket to what it tells when it is asked for everything. It changes nothing there, and
    /// ends where it cannot go on, saying where. Without a credential it asks without protection.
    /// </summary>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was found. What went wrong on the way is in it, and not thrown.</returns>
    /// <exception cref="CmpException"><c>CmpKey.…</c>, <c>CmpStore.…</c>: our own credential cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ServerProbe> ProbeAsync(RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new RequestOptions();
        var road = new WatchedRoad(_transport, _clock);
        bool hasCredential = Settings.Secret is not null || Settings.HasClientCertificate;
        // what it knew of the server is forgotten: who signs is found out anew
        using var client = new CmpClient(hasCredential ? Said : Said with { Protection = ProtectionKind.None }, road, _clock, _delay, _random, new StrongBox<ValidatedSigner?>(), _encryption, Crls);
        _ = client._identity.Value;
        ServerProbe probe = new() { Server = Settings.ToString() };
        Deadline deadline = Deadline.After(Now, options.Timeout ?? Settings.Timeout!.Value);
        probe = await LookAtTlsAsync(probe, deadline, cancellationToken).ConfigureAwait(false);
        try
        {
            GeneralTransaction transaction = await client.AskAsync([], [], CmpOperation.General, [], options, cancellationToken, isProbe: true).ConfigureAwait(false);
            probe = Describe(probe, road, client) with { Stage = ProbeStage.Informed, Items = transaction.Items };
        }
        catch (CmpException e)
        {
            probe = Describe(probe, road, client, e);
        }
        probe = await LookAtResourcesAsync(probe, deadline, options, cancellationToken).ConfigureAwait(false);
        if (probe.Stage < ProbeStage.Authenticated)
            return probe;
        return await client.AskOneByOneAsync(probe, deadline, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What is seen of TLS before anything is said; a proxy would show its own, so there nothing is looked at.</summary>
    private async Task<ServerProbe> LookAtTlsAsync(ServerProbe probe, Deadline deadline, CancellationToken cancellationToken)
    {
        if (Roads.TlsAddress(Settings.Uri) is not { } uri || !_ownsTransport || _transport is HttpTransport { IsOverProxy: true })
            return probe;
        TimeSpan atMost = Settings.ExchangeTimeout < HttpTransportSettings.DefaultConnectTimeout ? Settings.ExchangeTimeout.Value : HttpTransportSettings.DefaultConnectTimeout;
        using CancellationTokenSource limited = deadline.Limit(Now, cancellationToken, atMost);
        try
        {
            TlsReport tls = await TlsReport.LookAsync(uri, Settings.TlsCertificate ?? Settings.TlsCertificateReference?.Open().Certificate, limited.Token).ConfigureAwait(false);
            return probe with { Stage = ProbeStage.Reached, TlsProtocol = tls.Protocol, TlsCertificate = tls.Certificate };
        }
        catch (CmpException e)
        {
            // the exchange has the last word
            return e.ErrorId == "CmpTransport.TlsFailed" ? probe with { Stage = ProbeStage.Reached } : probe;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return probe;
        }
    }

    /// <summary>Where a CoAP server says that its CMP is; it need not say anything (RFC 9482 2.2).</summary>
    private async Task<ServerProbe> LookAtResourcesAsync(ServerProbe probe, Deadline deadline, RequestOptions options, CancellationToken cancellationToken)
    {
        if (_transport is not CoapTransport coap || !probe.IsReachable)
            return probe;
        using CancellationTokenSource limited = deadline.Limit(Now, cancellationToken, DiscoveryTime);
        try
        {
            IReadOnlyList<CoreLink> links = await coap.DiscoverAsync(limited.Token).ConfigureAwait(false);
            return probe with
            {
                Resources = [.. links.Where(link => link.ContentFormats.Contains(CoapContentFormat.Pkixcmp)).Select(link => PeerText.Escape(link.Target, 255)).Take(CmpLimits.Default.MaxTexts)],
            };
        }
        catch (CmpException e)
        {
            options.Trace?.Note($"The server does not tell what it has: {e.Message}");
            return probe;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return probe;
        }
    }

    private ServerProbe Describe(ServerProbe probe, WatchedRoad road, CmpClient client, CmpException? error = null)
    {
        var reply = road.Last as TransportReply.Octets;
        // what lies in a folder has reached nobody yet
        bool hasReached = road.Last is not (null or TransportReply.NotYet) || (road.Last is TransportReply.NotYet && !Roads.IsFolder(Settings.Uri));
        probe = probe with
        {
            // who breaks the road's protocol is there too
            Stage = hasReached || error is { Kind: CmpErrorKind.Protocol or CmpErrorKind.Malformed } || error is { ErrorId: "CmpTransport.TlsFailed" or "CmpTransport.ConnectionClosed" or "CmpTransport.Timeout" } ? ProbeStage.Reached : probe.Stage,
            Error = error,
            HttpStatus = reply?.HttpStatus ?? error?.HttpStatus,
            RoundTrip = road.Last is null or TransportReply.NotYet ? null : road.Elapsed,
        };
        if (reply is null)
            return probe;
        try
        {
            PkiMessage answer = PkiMessage.Decode(reply.Value);
            DateTimeOffset? serverTime = answer.Header.MessageTime ?? reply.ServerTime;
            bool isRefusal = error is CmpServerException { IsAuthenticated: true };
            return probe with
            {
                Stage = isRefusal || error is null ? ProbeStage.Authenticated : ProbeStage.Answered,
                Answer = answer.Body is ErrorMsgContent refusal ? $"error with status {refusal.Status}" : answer.ToString(),
                ProtocolVersion = answer.Header.Pvno,
                ProtectionAlgorithm = answer.Header.ProtectionAlg,
                Sender = answer.Header.Sender,
                Signer = client.KnownSigner?.Certificate,
                ClockDifference = serverTime - Now,
            };
        }
        catch (CmpException)
        {
            return probe; // the error says that it does not decode
        }
    }

    /// <summary>Asks for what the answer to the empty genm did not tell, until the server falls silent.</summary>
    private async Task<ServerProbe> AskOneByOneAsync(ServerProbe probe, Deadline deadline, RequestOptions options, CancellationToken cancellationToken)
    {
        List<InfoTypeAndValue> items = [.. probe.Items];
        foreach (string question in Questions.Where(type => !items.Exists(item => item.InfoType == type)))
        {
            if (Now >= deadline.End)
                break;
            try
            {
                RequestOptions one = options with { Timeout = deadline.End - Now, TransactionId = null };
                GeneralTransaction transaction = await AskAsync([new InfoTypeAndValue(question)], [], OperationOf([new InfoTypeAndValue(question)]), [], one, cancellationToken, isProbe: true).ConfigureAwait(false);
                items.AddRange(transaction.Items.Where(item => item.InfoType != Oids.UnsupportedOids && !items.Exists(known => known.InfoType == item.InfoType)));
            }
            catch (CmpServerException e) when (e.IsAuthenticated)
            {
                // this one is not answered
            }
            catch (CmpException e)
            {
                options.Trace?.Note($"The probe ends at {Oids.NameOf(question)}: {e.Message}");
                break;
            }
        }
        return probe with
        {
            Stage = items.Count > 0 ? ProbeStage.Informed : probe.Stage,
            Error = items.Count > 0 ? null : probe.Error,
            Items = items,
            InfoTypes = [.. items.Select(item => Oids.NameOf(item.InfoType)).Distinct()],
            SignKeyPairTypes = KeyPairTypes(items, Oids.SignKeyPairTypes),
            EncKeyPairTypes = KeyPairTypes(items, Oids.EncKeyPairTypes),
            PreferredSymmetricAlgorithm = Algorithms(items, Oids.PreferredSymmAlg, (ref Asn1Reader reader) => [AlgorithmIdentifier.Read(ref reader)]).FirstOrDefault() is { } preferred ? Oids.NameOf(preferred.Oid) : null,
        };
    }

    private static List<string> KeyPairTypes(List<InfoTypeAndValue> items, string type) =>
        [.. Algorithms(items, type, (ref Asn1Reader reader) => reader.ReadFilledList(AlgorithmIdentifier.Read)).Select(NameOf).Distinct()];

    private static IReadOnlyList<AlgorithmIdentifier> Algorithms(List<InfoTypeAndValue> items, string type, Asn1Read<IReadOnlyList<AlgorithmIdentifier>> read)
    {
        try
        {
            return ReadValue(items.Find(item => item.InfoType == type), read) ?? [];
        }
        catch (CmpException)
        {
            return []; // the raw item shows what came
        }
    }

    /// <summary>RSA is named without its length, which the identifier does not tell.</summary>
    private static string NameOf(AlgorithmIdentifier algorithm) => algorithm.Oid == Oids.RsaEncryption
        ? "RSA"
        : KeyAlgorithm.All.FirstOrDefault(known => known.ToIdentifier().IsSameAs(algorithm))?.Name ?? Oids.NameOf(algorithm.Oid);
}
