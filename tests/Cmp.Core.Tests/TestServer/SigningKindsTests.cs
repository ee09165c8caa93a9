using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Enrolment and update with keys of every kind on both sides, over the test server's responder.</summary>
public class SigningKindsTests
{
    /// <summary>What the certConf hashes with, by the kind of key that signed the certificate, and whether it says so (rule 42).</summary>
    public static TheoryData<string, string, bool> Kinds
    {
        get
        {
            var rows = new TheoryData<string, string, bool>();
            foreach (KeyAlgorithm kind in KeyAlgorithm.All.Where(kind => kind.CanSign && kind.Name is not ("RSA_3072" or "RSA_4096") && !IsSlow(kind.Name)))
            {
                rows.Add(kind.Name, kind.Name switch
                {
                    "ECDSA_P384" or "ECDSA_brainpoolP384r1" => Oids.Sha384,
                    "ECDSA_P521" or "ECDSA_brainpoolP512r1" or "Ed25519" => Oids.Sha512,
                    "Ed448" => Oids.Shake256,
                    _ => Oids.Sha256,
                }, kind.Name.StartsWith("ML-DSA", StringComparison.Ordinal) || kind.Name.StartsWith("SLH-DSA", StringComparison.Ordinal));
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Rule42_A_key_of_every_kind_is_enrolled_confirmed_and_updated_by_an_authority_of_its_kind(string word, string digest, bool says)
    {
        using var authority = new CertificationAuthority(KeyAlgorithm.Parse(word), DateTimeOffset.UtcNow);
        using var responder = new Responder(new TestServerOptions { ImplicitConfirmation = ImplicitConfirmation.Never, Reference = Peer.Reference, SignAnswers = true, TrustedClients = [Peer.ToX509(authority.Root)] }, authority, Peer.Secret.Secret.ToArray());

        // under a MAC, answered by signatures
        PrivateKey first = Peer.NewKey(word);
        Certificate enrolled = Run(responder, authority, Peer.Secret, MessageProtector.PasswordBasedMac(Peer.Secret, new PbmOptions { Iterations = 500 }), Peer.Request(PkiBodyType.Ir, first, "CN=of a kind"), digest, says);
        first.EnsureFits(enrolled.PublicKey);

        // signed by what was enrolled
        PrivateKey second = Peer.NewKey(word);
        using var credential = new SigningCertificate(enrolled, first, [authority.Issuing]);
        Certificate updated = Run(responder, authority, credential, MessageProtector.Signature(credential, null, false), Peer.Request(PkiBodyType.Kur, second, "CN=of a kind", enrolled), digest, says);
        second.EnsureFits(updated.PublicKey);
        second.Dispose();
    }

    private static Certificate Run(Responder responder, CertificationAuthority authority, Credential credential, MessageProtector protector, PkiBody request, string digest, bool says)
    {
        var transaction = new EnrollmentTransaction(
            new TransactionSettings { Protector = protector, Credential = credential, Trust = new TrustSettings { Anchors = [authority.Root] } }, request);
        TransactionStep step = transaction.Start(DateTimeOffset.UtcNow);
        PkiMessage? sent = null;
        while (step is TransactionStep.Send send)
        {
            sent = PkiMessage.Decode(send.Octets);
            step = transaction.Receive(responder.Respond(send.Octets), DateTimeOffset.UtcNow);
            if (step is TransactionStep.Decide)
                step = transaction.Decide(null, DateTimeOffset.UtcNow);
        }
        Assert.True(step is TransactionStep.Done, (step as TransactionStep.Failed)?.Error.Message);
        Assert.True(transaction.Confirmed);
        Certificate issued = transaction.Issued!.Certificate;
        CertStatus status = Assert.Single(Assert.IsType<CertConfirmContent>(sent!.Body).Statuses);
        Assert.Equal(Digests.Compute(digest, issued.Encoded), status.CertHash.ToArray());
        Assert.Equal(says ? Oids.Sha256 : null, status.HashAlg?.Oid);
        Assert.Equal(says ? 3 : 2, sent.Header.Pvno);
        return issued;
    }

    /// <summary>SLH-DSA's small signatures take a second and more to be made, and differ from the fast ones in nothing that a transaction sees.</summary>
    private static bool IsSlow(string word) => word.StartsWith("SLH-DSA", StringComparison.Ordinal) && word.EndsWith("s", StringComparison.Ordinal);
}
