using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.TestServer;

/// <summary>An authority and the credential of its requesters, as two files say them: the certificates in one, all that is secret in the other.</summary>
/// <remarks>
/// The secret file is one, so that keys and credential come to be together; it is DER, so that one that was cut is seen to be:
/// <code>
/// SEQUENCE { rootKey OCTET STRING, issuingKey OCTET STRING, signerKey OCTET STRING, -- each PKCS #8
///   reference OCTET STRING, secret OCTET STRING } -- each UTF-8
/// </code>
/// It is written first: an authority is there when the file of its certificates is.
/// </remarks>
internal static class AuthorityFile
{
    internal const string Name = "authority";

    private const string SecretExtension = ".secret";

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
                foreach (PrivateKey key in new[] { kept.Authority.RootKey, kept.Authority.IssuingKey, kept.Authority.SignerKey })
                    WriteAndClear(writer, key.ExportPkcs8());
                writer.WriteOctetString(Encoding.UTF8.GetBytes(kept.Reference));
                WriteAndClear(writer, Secrets.Utf8(kept.Secret));
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
            return new Func<KeptSecrets, CertificationAuthority>(secrets => new CertificationAuthority(root, issuing, signer, secrets.Keys, hashAlgorithm, pss));
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

    private static Certificate Certificate(StateObject state, string name)
    {
        var certificate = Messages.Pkix.Certificate.Decode(state.Octets(name) ?? throw new FormatException($"'{name}' is missing."));
        _ = certificate.PublicKey; // a certificate is taken apart when it is first asked for something: now
        return certificate;
    }

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
            for (int i = 0; i < 3; i++)
                Keys.Add(PrivateKey.FromPkcs8(inner.ReadOctetString()));
            Reference = Encoding.UTF8.GetString(inner.ReadOctetString().ToArray());
            byte[] secret = inner.ReadOctetString().ToArray();
            char[] characters = Encoding.UTF8.GetChars(secret);
            foreach (char character in characters)
                Secret.AppendChar(character);
            Array.Clear(characters, 0, characters.Length);
            Secrets.Clear(secret);
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
