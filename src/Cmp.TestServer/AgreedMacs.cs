using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>
/// What the server needs for KemBasedMac and DHBasedMac: keys of its own with certificates, and the secrets of transactions, few and not for long. They
/// are in memory only: a transaction under such a key ends with this process.
/// </summary>
/// <remarks>RFC 9810 5.1.3.2, 5.1.3.4 and appendix E.</remarks>
internal sealed class AgreedMacs : IDisposable
{
    /// <summary>Anybody may ask for a ciphertext, so the oldest one makes room; one that served goes last.</summary>
    private const int MaxTransactions = 1000;

    /// <summary>How long a ciphertext waits for its request. Once it served it lasts as its transaction, which may wait for days.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly CmpLimits _limits;
    private readonly KemCertificate? _kem;
    private readonly Dictionary<string, Exchange> _exchanges = [];
    private readonly List<string> _order = [];

    /// <summary>Makes the keys that the options ask for; the authority certifies them in the name of its signer.</summary>
    internal AgreedMacs(TestServerOptions options, CertificationAuthority authority, DateTimeOffset now)
    {
        _limits = options.Limits;
        if (options.KemKeyAlgorithm is { } kem)
        {
            PrivateKey key = PrivateKey.Generate(kem);
            _kem = new KemCertificate(authority.CertifyServer(key.PublicKey, KeyUsages.KeyEncipherment, now), key, ownsKey: true);
        }
        if (options.DhKeyAlgorithm is { } dh)
        {
            PrivateKey key = PrivateKey.Generate(dh);
            Dh = new CertifiedKey(authority.CertifyServer(key.PublicKey, KeyUsages.KeyAgreement, now), key);
        }
    }

    /// <summary>The certificate for the KEM key, or <see langword="null"/>.</summary>
    internal Certificate? KemCertificate => _kem?.Certificate;

    /// <summary>The certificate for the (EC)DH key, or <see langword="null"/>.</summary>
    internal Certificate? DhCertificate => Dh?.Certificate;

    /// <summary>The (EC)DH key, or <see langword="null"/>.</summary>
    internal CertifiedKey? Dh { get; }

    /// <summary>Whether a message asks for a ciphertext: an unprotected genm with this item, without a value, and no other.</summary>
    internal static bool IsCiphertextRequest(PkiMessage request) =>
        request is { Header.ProtectionAlg: null, Protection: null, Body: Messages.Bodies.GenMsgContent { Items: [{ InfoType: Oids.KemCiphertextInfo, InfoValue: null }] } };

    /// <summary>Encapsulates for a client whose certificate was found to be trusted. The same message that comes again gets the same.</summary>
    /// <exception cref="RefusalException">transactionIdInUse; badRequest: the key is no KEM's.</exception>
    internal KemCiphertextInfo Encapsulate(PkiHeader header, Certificate client, DateTimeOffset now)
    {
        lock (_exchanges)
        {
            Exchange exchange = Open(header.TransactionId!.Value, now);
            if (exchange.Client is not null)
            {
                return exchange.Client.IsSameAs(client) && exchange.Nonce.Span.SequenceEqual(header.SenderNonce!.Value.Span)
                    ? exchange.Ciphertext!
                    : throw new RefusalException(FailInfo.TransactionIdInUse, "The transactionID was used before.");
            }
            if (!Kem.IsSupported(client.PublicKey.Algorithm))
                throw new RefusalException(FailInfo.BadRequest, "The certificate in extraCerts has no KEM key.");
            using KemEncapsulation encapsulation = Kem.Encapsulate(client.PublicKey);
            exchange.Client = client;
            exchange.Nonce = header.SenderNonce!.Value.ToArray();
            exchange.Ciphertext = new KemCiphertextInfo(encapsulation.Algorithm, encapsulation.Ciphertext);
            exchange.Theirs = new SharedSecret(ReadOnlyMemory<byte>.Empty, encapsulation.CopySecret());
            return exchange.Ciphertext;
        }
    }

    /// <summary>Verifies KemBasedMac under what was encapsulated for the client in this transaction.</summary>
    /// <returns>The client's certificate.</returns>
    /// <exception cref="RefusalException">badMessageCheck.</exception>
    internal Certificate VerifyKem(PkiMessage request, DateTimeOffset now)
    {
        lock (_exchanges)
        {
            Exchange? exchange = Find(request.Header.TransactionId!.Value, now);
            if (exchange is not { Client: { } client, Theirs: { } secret })
                throw new RefusalException(FailInfo.BadMessageCheck, "Nothing was encapsulated for this transaction.");
            if (request.Header.Sender.DirectoryName is not { } sender || (!sender.IsEmpty && !sender.IsSameAs(client.Subject)))
                throw new RefusalException(FailInfo.BadMessageCheck, "The sender is not the one whose key was encapsulated for.");
            Check(SharedSecretMac.ReadAgreed(request.Header.ProtectionAlg!, request.Header.TransactionId!.Value, _limits), secret, request);
            exchange.HasServed = true;
            return client;
        }
    }

    /// <summary>Verifies DHBasedMac under what our key agrees on with the client's.</summary>
    /// <param name="request">The request.</param>
    /// <param name="client">The certificate that it names.</param>
    /// <exception cref="RefusalException">badAlg: there is no such key here; badMessageCheck.</exception>
    internal MacOptions VerifyDh(PkiMessage request, Certificate client)
    {
        using DhCertificate agreed = Agree(client);
        SharedSecretMac mac = SharedSecretMac.ReadAgreed(request.Header.ProtectionAlg!, ReadOnlyMemory<byte>.Empty, _limits);
        Check(mac, agreed.Secret, request);
        return mac.Options;
    }

    /// <summary>Takes the ciphertext that a request brought for our key: answers of this transaction are under it. One that came later takes its place.</summary>
    /// <exception cref="RefusalException">badMessageCheck: it cannot be opened (RFC 9810 5.1.3.4).</exception>
    internal void TakeCiphertext(PkiHeader header, DateTimeOffset now)
    {
        if (_kem is null || header.FindInfo(Oids.KemCiphertextInfo)?.InfoValue is not { } value)
            return;
        byte[] secret;
        try
        {
            KemCiphertextInfo info = Asn1Reader.Decode(value, new DecodeOptions(_limits), KemCiphertextInfo.Read);
            if (!info.Kem.IsSameAs(_kem.Certificate.PublicKey.Algorithm))
                throw new RefusalException(FailInfo.BadMessageCheck, "The ciphertext was not made for the key of this server.");
            secret = _kem.Key.Decapsulate(info.Ct);
        }
        catch (CmpException e)
        {
            throw new RefusalException(FailInfo.BadMessageCheck, $"The ciphertext is not opened: {e.Message}");
        }
        lock (_exchanges)
        {
            Exchange exchange = Open(header.TransactionId!.Value, now);
            exchange.HasServed = true;
            exchange.Ours?.Dispose();
            exchange.Ours = new SharedSecret(ReadOnlyMemory<byte>.Empty, secret);
        }
    }

    /// <summary>What protects our answers in a transaction whose client brought a ciphertext; <see langword="null"/>: he brought none.</summary>
    internal MessageProtector? KemProtector(ReadOnlyMemory<byte> transactionId, DateTimeOffset now)
    {
        lock (_exchanges)
        {
            return Find(transactionId, now)?.Ours is { } secret
                ? MessageProtector.KemBasedMac(secret, _kem!.Certificate, new KemMacOptions { TransactionId = transactionId })
                : null;
        }
    }

    /// <summary>Protects an answer by what our key agrees on with the client's.</summary>
    internal PkiMessage ProtectByDh(Certificate client, MacOptions? options, PkiHeader header, Messages.Bodies.PkiBody body, IReadOnlyList<Certificate> extraCerts)
    {
        using DhCertificate agreed = Agree(client);
        using MessageProtector protector = MessageProtector.DhBasedMac(agreed, options as DhMacOptions ?? new DhMacOptions());
        return protector.Protect(header with { SenderKid = protector.SenderKid, RecipKid = client.SubjectKeyIdentifier }, body, extraCerts);
    }

    public void Dispose()
    {
        lock (_exchanges)
        {
            foreach (Exchange exchange in _exchanges.Values)
                exchange.Dispose();
            _exchanges.Clear();
        }
        _kem?.Dispose();
        Dh?.Dispose();
    }

    private static void Check(SharedSecretMac mac, SharedSecret secret, PkiMessage request)
    {
        if (mac.UsesSha1)
            throw new RefusalException(FailInfo.BadAlg, $"{mac} is not accepted here.");
        if (mac.Verify(secret, request.ProtectedPart, request.Protection!.Value) is null)
            throw new RefusalException(FailInfo.BadMessageCheck, "The MAC is wrong: the key is another one, or the message was changed.");
    }

    private DhCertificate Agree(Certificate client)
    {
        if (Dh is null)
            throw new RefusalException(FailInfo.BadAlg, "This server has no key to agree with.");
        try
        {
            return new DhCertificate(Dh.Certificate, Dh.Key, client);
        }
        catch (CmpException e)
        {
            throw new RefusalException(FailInfo.BadMessageCheck, $"The certificate's key does not agree with the one of this server: {e.Message}");
        }
    }

    private Exchange? Find(ReadOnlyMemory<byte> transactionId, DateTimeOffset now) =>
        _exchanges.TryGetValue(Hex.Of(transactionId.Span), out Exchange? exchange) && (exchange.HasServed || now - exchange.Begun < Lifetime) ? exchange : null;

    private Exchange Open(ReadOnlyMemory<byte> transactionId, DateTimeOffset now)
    {
        string name = Hex.Of(transactionId.Span);
        if (Find(transactionId, now) is { } open)
            return open;
        Forget(name);
        while (_order.Count >= MaxTransactions)
            Forget(_order.Find(one => !_exchanges[one].HasServed) ?? _order[0]);
        _order.Add(name);
        return _exchanges[name] = new Exchange { Begun = now };
    }

    private void Forget(string name)
    {
        if (!_exchanges.TryGetValue(name, out Exchange? exchange))
            return;
        exchange.Dispose();
        _exchanges.Remove(name);
        _order.Remove(name);
    }

    /// <summary>The secrets of one transaction, one a direction.</summary>
    private sealed class Exchange : IDisposable
    {
        internal DateTimeOffset Begun { get; init; }

        /// <summary>Whether somebody who is trusted used it.</summary>
        internal bool HasServed { get; set; }

        internal Certificate? Client { get; set; }

        internal ReadOnlyMemory<byte> Nonce { get; set; }

        internal KemCiphertextInfo? Ciphertext { get; set; }

        internal SharedSecret? Theirs { get; set; }

        internal SharedSecret? Ours { get; set; }

        public void Dispose()
        {
            Theirs?.Dispose();
            Ours?.Dispose();
        }
    }
}
