using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>The CRLs of a client: those that were given, and online those that it fetched, which it keeps as long as it lives. Safe for several transactions at once.</summary>
/// <remarks>Only certificates of a path that is valid otherwise say where to fetch from (rule 69); what cannot be fetched is noted and leaves its certificates unknown.</remarks>
internal sealed class CrlStore : ICrlSource
{
    /// <summary>So many addresses are known at a time; more are not tried.</summary>
    private const int MaxKept = 64;
    private static readonly TimeSpan FetchTime = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WholeTime = TimeSpan.FromSeconds(60);

    /// <summary>An address that was tried is left alone for so long.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    private readonly ServerSettings _settings;
    private readonly Func<DateTimeOffset> _clock;
    private readonly object _gate = new();
    private readonly Dictionary<Uri, (DateTimeOffset Tried, CertificateList? Crl)> _fetched = [];

    internal CrlStore(ServerSettings settings, Func<DateTimeOffset> clock)
    {
        _settings = settings;
        _clock = clock;
        Mode = settings.RevocationMode ?? (settings.RevocationList!.Count > 0 ? RevocationMode.Offline : RevocationMode.None);
    }

    /// <summary>How far it is asked; where nothing is said, offline if CRLs were given.</summary>
    internal RevocationMode Mode { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CertificateList> Crls
    {
        get
        {
            lock (_gate)
                return [.. _settings.RevocationList!, .. _fetched.Values.Select(one => one.Crl).OfType<CertificateList>()];
        }
    }

    /// <inheritdoc/>
    /// <remarks>What was tried makes no room before its pause is over: else many addresses would take turns for ever.</remarks>
    public bool CanFetch(Uri location)
    {
        lock (_gate)
        {
            return Mode == RevocationMode.Online && (_fetched.TryGetValue(location, out (DateTimeOffset Tried, CertificateList? Crl) before)
                ? !IsRecent(before.Tried)
                : _fetched.Count < MaxKept || _fetched.Values.Any(one => !IsRecent(one.Tried)));
        }
    }

    /// <summary>Judges by the CRLs at hand, and once more as often as CRLs were missing and could be fetched.</summary>
    /// <param name="judge">Judges, and throws <see cref="CrlsMissingException"/> where CRLs are missing.</param>
    /// <param name="trace">Hears of each address.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task WithCrlsAsync(Action judge, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        while (true)
        {
            IReadOnlyList<Uri> missing;
            try
            {
                judge();
                return;
            }
            catch (CrlsMissingException e)
            {
                missing = e.Locations;
            }
            await FetchAsync(missing, trace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Fetches CRLs. What fails is noted, and not tried again for a while.</summary>
    internal async Task FetchAsync(IReadOnlyList<Uri> locations, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(WholeTime);
        HttpDownload? download = null;
        try
        {
            foreach (Uri location in locations)
            {
                CertificateList? crl = null;
                string where = PeerText.Escape(location.OriginalString);
                try
                {
                    download ??= new HttpDownload(new HttpTransportSettings
                    {
                        Uri = location,
                        ExchangeTimeout = FetchTime,
                        MaxResponseBytes = CmpLimits.Default.MaxCrlBytes,
                        Proxy = _settings.Proxy,
                        ProxyCredential = _settings.ProxyCredential,
                        NoProxy = _settings.NoProxy,
                    });
                    crl = CertificateList.Decode(await download.GetAsync(location, limited.Token).ConfigureAwait(false), new DecodeOptions(CmpLimits.Default));
                    trace?.Note($"The CRL at {where} was fetched: {PeerText.Escape(crl.Issuer.ToString())}, {crl.ThisUpdate:u}.");
                }
                catch (CmpException e)
                {
                    crl = null;
                    trace?.Warning($"The CRL at {where} could not be fetched: {e.Message}");
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    trace?.Warning($"The CRL at {where} was not fetched in time.");
                }
                Remember(location, crl);
            }
        }
        finally
        {
            download?.Dispose();
        }
    }

    private bool IsRecent(DateTimeOffset tried) => (_clock() - tried).Duration() < Pause;

    private void Remember(Uri location, CertificateList? crl)
    {
        lock (_gate)
        {
            // what was revoked stays so, though the place is silent now
            if (_fetched.TryGetValue(location, out (DateTimeOffset Tried, CertificateList? Crl) before))
                crl ??= before.Crl;
            else if (_fetched.Count >= MaxKept)
                _fetched.Remove(_fetched.OrderBy(one => one.Value.Tried).First().Key);
            _fetched[location] = (_clock(), crl);
        }
    }
}
