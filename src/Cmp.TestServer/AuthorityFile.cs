using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Security;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>An authority and the credential of its requesters, as two files say them: the certificates in one, all that is secret in the other.</summary>
/// <remarks>
/// The secret file is one, so that keys and credential come to be together; it is DER, so that one that was cut is seen to be:
/// <code>
/// SEQUENCE { rootKey OCTET STRING, issuingKey OCTET STRING, signerKey OCTET STRING, -- each PKCS #8
///   reference OCTET STRING, secret OCTET STRING, -- each UTF-8
///   formerRootKey OCTET STRING OPTIONAL } -- PKCS #8, where the root is not the first one
/// </code>
/// It is written first: an authority is there when the file of its certificates is.
/// </remarks>
internal static class AuthorityFile
{
    internal const string Name = "authority";

    private const string SecretExtension = ".secret";
    private const int KeyCount = 3;

    internal static void Write(StateFolder folder, KeptAuthority kept)
    {
        WriteSecret(folder, kept);
        CertificationAuthority authority = kept.Authority;
        var state = new StateObject();
        state.Set("root", authority.Root.Encoded);
        state.Set("issuing", authority.Issuing.Encoded);
        state.Set("signer", authority.Signer.Encoded);
        state.Set("hashAlgorithm", authority.HashAlgorithm);
        state.Set("pss", authority.Pss);
        if (authority.RootChanges.Count > 0)
            state.Set("rootChanges", authority.RootChanges.Select(Write));
        folder.Write(Name, state, durable: false);
    }

    /// <summary>Writes the secret file alone: the credential is another one.</summary>
    internal static void WriteSecret(StateFolder folder, KeptAuthority kept)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        byte[] octets = [];
        try
        {
            using (writer.PushSequence())
            {
                IReadOnlyList<PrivateKey> keys = kept.Authority.KeysToKeep();
                foreach (PrivateKey key in keys.Take(KeyCount))
                    WriteAndClear(writer, key.ExportPkcs8());
                writer.WriteOctetString(Encoding.UTF8.GetBytes(kept.Reference));
                WriteAndClear(writer, Secrets.Utf8(kept.Secret));
                foreach (PrivateKey former in keys.Skip(KeyCount))
                    WriteAndClear(writer, former.ExportPkcs8());
            }
            octets = writer.Encode();
            folder.WriteSecret(Name, SecretExtension, octets);
        }
        finally
        {
            writer.Reset(); // overwrites what it held
            Secrets.Clear(octets);
        }
    }

    /// <summary>Reads both files.</summary>
    /// <returns>Authority and credential, which the caller disposes of; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: a file is damaged, missing, newer, or open to others.</exception>
    internal static KeptAuthority? Read(StateFolder folder)
    {
        Func<KeptSecrets, CertificationAuthority>? make = folder.Read(Name, (_, state) =>
        {
            Certificate root = Certificate(state, "root"), issuing = Certificate(state, "issuing"), signer = Certificate(state, "signer");
            string? hashAlgorithm = KeyAlgorithm.Of(root.PublicKey).TakesDigest ? state.Require("hashAlgorithm") : null;
            bool pss = state.Flag("pss") ?? throw new FormatException("'pss' is missing.");
            IReadOnlyList<RootChange> changes = [.. (state.Objects("rootChanges") ?? []).Select(ReadChange)];
            return new Func<KeptSecrets, CertificationAuthority>(secrets => new CertificationAuthority(root, issuing, signer, secrets.Keys, hashAlgorithm, pss, changes));
        });
        if (make is null)
            return null;
        string path = folder.PathOf(Name, SecretExtension);
        byte[] octets = folder.ReadSecret(Name, SecretExtension) ?? throw ServerState.Damaged(path, "it is missing");
        KeptSecrets secrets = new();
        try
        {
            Asn1Reader.Decode(octets, null, (ref Asn1Reader reader) => secrets.Read(ref reader));
            return new KeptAuthority(make(secrets), secrets.Reference, secrets.Secret);
        }
        catch (CmpException e) when (e.Kind != CmpErrorKind.Store)
        {
            secrets.Dispose();
            throw ServerState.Damaged(path, e.Message, e);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>A certificate that a file names.</summary>
    /// <exception cref="FormatException">It is missing.</exception>
    internal static Certificate Certificate(StateObject state, string name)
    {
        var certificate = Messages.Pkix.Certificate.Decode(state.Octets(name) ?? throw new FormatException($"'{name}' is missing."));
        _ = certificate.PublicKey; // a certificate is taken apart when it is first asked for something: now
        return certificate;
    }

    private static StateObject Write(RootChange change)
    {
        var state = new StateObject();
        state.Set("old", change.Old.Encoded);
        state.Set("issuing", change.Issuing.Encoded);
        state.Set("update", change.Content.Encoded);
        return state;
    }

    private static RootChange ReadChange(StateObject state) => new(
        Certificate(state, "old"),
        Certificate(state, "issuing"),
        Asn1Reader.Decode(state.Octets("update") ?? throw new FormatException("'update' is missing."), null, RootCaKeyUpdateContent.Read));

    private static void WriteAndClear(AsnWriter writer, byte[] octets)
    {
        writer.WriteOctetString(octets);
        Secrets.Clear(octets);
    }

    /// <summary>What the secret file holds.</summary>
    private sealed class KeptSecrets : IDisposable
    {
        internal List<PrivateKey> Keys { get; } = new(3);

        internal string Reference { get; private set; } = string.Empty;

        internal SecureString Secret { get; } = new();

        internal bool Read(ref Asn1Reader reader)
        {
            Asn1Reader inner = reader.ReadSequence();
            for (int i = 0; i < KeyCount; i++)
                Keys.Add(PrivateKey.FromPkcs8(inner.ReadOctetString()));
            Reference = Encoding.UTF8.GetString(inner.ReadOctetString().ToArray());
            byte[] secret = inner.ReadOctetString().ToArray();
            char[] characters = Encoding.UTF8.GetChars(secret);
            foreach (char character in characters)
                Secret.AppendChar(character);
            Array.Clear(characters, 0, characters.Length);
            Secrets.Clear(secret);
            if (inner.HasData)
                Keys.Add(PrivateKey.FromPkcs8(inner.ReadOctetString()));
            inner.ThrowIfNotEmpty();
            return Secret.Length > 0 ? true : throw inner.Malformed("the secret is empty");
        }

        public void Dispose()
        {
            foreach (PrivateKey key in Keys)
                key.Dispose();
            Secret.Dispose();
        }
    }
}

/// <summary>An authority and the credential of its requesters.</summary>
internal sealed record KeptAuthority(CertificationAuthority Authority, string Reference, SecureString Secret) : IDisposable
{
    public void Dispose()
    {
        Authority.Dispose();
        Secret.Dispose();
    }
}
