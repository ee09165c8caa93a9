using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>What a server keeps in a folder, so that it may be killed at any moment and another one goes on.</summary>
/// <remarks>
/// <code>
/// authority/     authority.json, authority.secret, authority.lock (one server at a time); tls-root.json and .secret once it spoke TLS;
///                encryption.* and key-generation.* once they were needed
/// crls/          number.json: the number of the last CRL
/// transactions/  one file a transaction, with what it issued; under the transaction's number; beside it the request (.secret) while a challenge is open
/// certificates/  one file a certificate whose transaction is forgotten; under the certificate's number
/// archive/       one file a private key that is kept for its owner (.secret, PKCS #8); under the serial number of its certificate
/// </code>
/// Each answer costs one file, however many there are, and one rename decides what has happened: certificates are no files of their own while their
/// transaction is one. Nothing is flushed to the disk: a process that is killed loses nothing, a loss of power may.
/// </remarks>
internal sealed class ServerState : IDisposable
{
    private const string NumberFormat = "D12";
    private const string CrlNumberName = "number";
    private const string TlsName = "tls-root";
    private const string TlsMember = "root";
    private const string KeyMember = "certificate";
    private const string SecretExtension = ".secret";

    private readonly StateFolder _authority;
    private readonly StateFolder _transactions;
    private readonly StateFolder _certificates;
    private readonly StateFolder _crls;
    private readonly StateFolder _archive;
    private readonly StateLock _lock;

    private ServerState(string home, StateFolder authority, StateLock held)
    {
        _authority = authority;
        _transactions = new StateFolder(home, new StateKind("transactions", 1));
        _certificates = new StateFolder(home, new StateKind("certificates", 1));
        _crls = new StateFolder(home, new StateKind("crls", 1));
        _archive = new StateFolder(home, new StateKind("archive", 1));
        _lock = held;
    }

    /// <summary>Opens a folder, which need not exist, and locks it.</summary>
    /// <exception cref="CmpException"><c>CmpState.InUse</c>: another server has it; <c>CmpStore.…</c>: it cannot be made or written.</exception>
    internal static ServerState Open(string path)
    {
        try
        {
            string home = Path.GetFullPath(path);
            var authority = new StateFolder(home, new StateKind("authority", 1));
            StateLock held = authority.TryLock(AuthorityFile.Name) ?? throw new CmpException(CmpErrorKind.Store, "CmpState.InUse", $"A test server that runs keeps its state in '{PeerText.Escape(home)}'.")
            {
                RecommendedAction = "Stop that server, or name another folder.",
            };
            return new ServerState(home, authority, held);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or IOException or CmpException { ErrorId: "CmpStore.AccessDenied" or "CmpStore.Unwritable" })
        {
            throw new CmpException(CmpErrorKind.Store, (e as CmpException)?.ErrorId ?? "CmpStore.Unwritable", $"No state can be kept in '{PeerText.Escape(path)}': {PeerText.Escape(e.Message)}", e)
            {
                RecommendedAction = "Name a folder that you may write to.",
            };
        }
    }

    internal static CmpException Damaged(string path, string why, Exception? cause = null) =>
        new(CmpErrorKind.Store, "CmpState.Unreadable", $"'{PeerText.Escape(path)}' is damaged: {PeerText.Escape(why, 200)}", cause)
        {
            RecommendedAction = "Put back a copy of the file, or begin with an empty folder.",
        };

    /// <summary>The authority that is kept, with the credential that holds; a new one is made and kept where there is none.</summary>
    /// <param name="reference">The reference that goes with <paramref name="secret"/>, and with a new secret.</param>
    /// <param name="secret">Takes the place of the one that is kept, and stays the caller's; <see langword="null"/>: that one, or a new one.</param>
    /// <param name="make">Makes an authority.</param>
    /// <param name="makeSecret">Makes a secret.</param>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>, <c>CmpKey.…</c>.</exception>
    internal KeptAuthority OpenAuthority(string reference, SecureString? secret, Func<CertificationAuthority> make, Func<SecureString> makeSecret)
    {
        if (AuthorityFile.Read(_authority) is { } kept)
        {
            if (secret is null || (reference == kept.Reference && IsSame(secret, kept.Secret)))
                return kept;
            kept.Secret.Dispose();
            kept = kept with { Reference = reference, Secret = secret.Copy() };
            return Kept(kept, () => AuthorityFile.WriteSecret(_authority, kept));
        }
        // a new authority beside what another one issued would be the end of that
        if (_transactions.Files(".json").Count > 0 || _certificates.Files(".json").Count > 0)
            throw Damaged(_authority.PathOf(AuthorityFile.Name), "it is missing, and what it issued is there");
        var made = new KeptAuthority(make(), reference, secret?.Copy() ?? makeSecret());
        return Kept(made, () => AuthorityFile.Write(_authority, made));
    }

    /// <summary>Keeps an authority that has changed. What is secret goes first, and the old key with it: the file of the certificates says which one counts.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: it is as it was.</exception>
    internal void SaveAuthority(KeptAuthority kept) => AuthorityFile.Write(_authority, kept);

    /// <summary>The authority for TLS that is kept; a new one is made and kept where there is none.</summary>
    /// <param name="make">Makes one.</param>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.…</c>.</exception>
    internal TlsAuthority OpenTlsAuthority(Func<TlsAuthority> make)
    {
        if (CertifiedKeyFile.Read(_authority, TlsName, TlsMember, (root, key) => new TlsAuthority(root, key)) is { } kept)
            return kept;
        TlsAuthority made = make();
        return Kept(made, () => CertifiedKeyFile.Write(_authority, TlsName, TlsMember, made.Root, made.Key));
    }

    /// <summary>A key besides those of the authority, if it is kept.</summary>
    /// <param name="name">What it is for.</param>
    /// <exception cref="CmpException"><c>CmpState.…</c>.</exception>
    internal CertifiedKey? ReadKey(string name) => CertifiedKeyFile.Read(_authority, name, KeyMember, (certificate, key) => new CertifiedKey(certificate, key));

    /// <summary>Keeps such a key before anybody hears of it.</summary>
    /// <param name="name">What it is for.</param>
    /// <param name="key">It; gone where it cannot be kept.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal CertifiedKey SaveKey(string name, CertifiedKey key) => Kept(key, () => CertifiedKeyFile.Write(_authority, name, KeyMember, key.Certificate, key.Key));

    /// <summary>The number of the last CRL; 0 where there was none.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: it cannot be read.</exception>
    internal long ReadCrlNumber() => _crls.Read(CrlNumberName, (_, state) => (object)(state.Number("value") ?? throw new FormatException("'value' is missing."))) as long? ?? 0;

    /// <summary>Keeps the number of a CRL before it is made: a number that is lost is none twice.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void SaveCrlNumber(long number)
    {
        var state = new StateObject();
        state.Set("value", number);
        _crls.Write(CrlNumberName, state, durable: false);
    }

    /// <summary>All transactions, oldest first.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: one cannot be read.</exception>
    internal IReadOnlyList<ServerTransaction> ReadTransactions()
    {
        IReadOnlyList<ServerTransaction> transactions = _transactions.ReadAll((name, state) => TransactionFile.Read(state, () => ReadHeld(name)), Fail);
        // whoever died between the two files of a challenge left one that nobody needs
        var held = new HashSet<string>(transactions.Where(transaction => transaction.Challenge is not null).Select(transaction => _transactions.PathOf(NameOf(transaction.Number), SecretExtension)));
        foreach (string file in _transactions.Files(SecretExtension).Where(file => !held.Contains(file)))
            Remove(file);
        return transactions;
    }

    /// <summary>The private keys that are kept for their owners, by the serial numbers of their certificates.</summary>
    /// <param name="find">Finds a certificate by its serial number in hexadecimal: a key without one was never given out, and goes.</param>
    /// <exception cref="CmpException"><c>CmpState.…</c>: one is damaged, or another certificate's.</exception>
    internal IReadOnlyList<KeyValuePair<string, PrivateKey>> ReadArchive(Func<string, Certificate?> find)
    {
        var keys = new List<KeyValuePair<string, PrivateKey>>();
        try
        {
            foreach (string file in _archive.Files(SecretExtension))
            {
                string serial = Path.GetFileNameWithoutExtension(file);
                if (find(serial) is { } certificate)
                    keys.Add(new KeyValuePair<string, PrivateKey>(serial, ReadArchived(file, serial, certificate)));
                else
                    Remove(file);
            }
            return keys;
        }
        catch
        {
            foreach (KeyValuePair<string, PrivateKey> pair in keys)
                pair.Value.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a private key before the answer that says so.</summary>
    /// <param name="serial">The serial number of its certificate in hexadecimal.</param>
    /// <param name="key">The key.</param>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void SaveArchived(string serial, PrivateKey key)
    {
        byte[] octets = key.ExportPkcs8();
        try
        {
            _archive.WriteSecret(serial, SecretExtension, octets);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>Forgets a private key.</summary>
    internal void ForgetArchived(string serial) => Remove(_archive.PathOf(serial, SecretExtension));

    /// <summary>The certificates whose transactions are forgotten, oldest first.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: one cannot be read.</exception>
    internal IReadOnlyList<RegisteredCertificate> ReadCertificates() => _certificates.ReadAll((_, state) => TransactionFile.ReadCertificate(state), Fail);

    /// <summary>Keeps a transaction as it is now; the caller holds it.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void Save(ServerTransaction transaction)
    {
        if (transaction.IsDropped)
        {
            KeepCertificates(transaction);
            return;
        }
        string name = NameOf(transaction.Number);
        if (transaction.Challenge is { } challenge)
            _transactions.WriteSecret(name, SecretExtension, challenge.Request.Encoded.ToArray());
        _transactions.Write(name, TransactionFile.Write(transaction), durable: false);
        if (transaction.Challenge is null && transaction.WasChallenged)
            Remove(_transactions.PathOf(name, SecretExtension));
    }

    /// <summary>Forgets a transaction, but not what it issued; the caller holds it.</summary>
    internal void Drop(ServerTransaction transaction)
    {
        transaction.IsDropped = true;
        Try(() =>
        {
            KeepCertificates(transaction);
            _transactions.Delete(NameOf(transaction.Number), SecretExtension);
        });
    }

    /// <summary>Forgets a certificate.</summary>
    internal void Forget(RegisteredCertificate entry) => Try(() => _certificates.Delete(NameOf(entry.Number)));

    /// <summary>Unlocks the folder.</summary>
    public void Dispose() => _lock.Dispose();

    private static string NameOf(long number) => number.ToString(NumberFormat, System.Globalization.CultureInfo.InvariantCulture);

    private PkiMessage ReadHeld(string name)
    {
        string path = _transactions.PathOf(name, SecretExtension);
        byte[] octets = _transactions.ReadSecret(name, SecretExtension) ?? throw Damaged(path, "it is missing");
        try
        {
            return PkiMessage.Decode(octets);
        }
        catch (CmpException e)
        {
            throw Damaged(path, e.Message, e);
        }
    }

    private PrivateKey ReadArchived(string path, string serial, Certificate certificate)
    {
        byte[] octets = _archive.ReadSecret(serial, SecretExtension) ?? throw Damaged(path, "it is missing");
        PrivateKey? key = null;
        try
        {
            key = PrivateKey.FromPkcs8(octets);
            key.EnsureFits(certificate.PublicKey);
            return key;
        }
        catch (CmpException e)
        {
            key?.Dispose();
            throw Damaged(path, e.Message, e);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>As <see cref="Try"/>: what stands beside a file, and means nothing without it.</summary>
    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the next start removes it
        }
    }

    /// <summary>A file that cannot go away harms nobody: the next server reads it, and forgets it in its turn.</summary>
    private static void Try(Action forget)
    {
        try
        {
            forget();
        }
        catch (CmpException)
        {
            // full, or read-only: the next answer that has to be kept will tell
        }
    }

    /// <summary>What is damaged is not left out in silence: a server that had forgotten it would issue twice.</summary>
    private static void Fail(CmpException error) => throw error;

    private static T Kept<T>(T authority, Action keep)
        where T : IDisposable
    {
        try
        {
            keep();
            return authority;
        }
        catch
        {
            authority.Dispose();
            throw;
        }
    }

    private static bool IsSame(SecureString left, SecureString right)
    {
        byte[] one = Secrets.Utf8(left), other = Secrets.Utf8(right);
        try
        {
            return Secrets.FixedTimeEquals(one, other);
        }
        finally
        {
            Secrets.Clear(one);
            Secrets.Clear(other);
        }
    }

    private void KeepCertificates(ServerTransaction transaction)
    {
        foreach (RegisteredCertificate entry in transaction.Registered.Concat(transaction.Changed))
            _certificates.Write(NameOf(entry.Number), TransactionFile.WriteCertificate(entry), durable: false);
    }
}
