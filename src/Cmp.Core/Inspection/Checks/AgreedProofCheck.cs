using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>Finds the certificate of the CA that a proof by key agreement was made for, and checks the proof with the private key of either side.</summary>
/// <remarks>RFC 4211 4.3.</remarks>
internal static class AgreedProofCheck
{
    /// <summary>Certificates that are tried where the proof does not name one.</summary>
    private const int MaxCertificates = 10;

    /// <summary>Checks it.</summary>
    /// <param name="message">The message.</param>
    /// <param name="publicKey">The key of the request.</param>
    /// <param name="find">Finds the certificate that the proof names; <see langword="null"/>: it names none.</param>
    /// <param name="verify">Verifies the proof with a key and a certificate.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="CmpException">The proof does not decode, or is made in a way that is not known here.</exception>
    internal static (CheckResult Result, string Reason) Check(CheckedMessage message, SubjectPublicKeyInfo? publicKey, Func<IssuerAndSerialNumber?> find, Func<PrivateKey, Certificate, bool> verify)
    {
        if (message.Settings.Key is not { } key)
            return (CheckResult.NotChecked, "The proof is a MAC by a key that was agreed on with the CA's: only who has one of both keys can tell, and neither was given.");
        if (publicKey is not { Key.IsEmpty: false } asked)
            return (CheckResult.Failed, "There is a proof, and the request names no key.");
        IssuerAndSerialNumber? named = find();
        bool isRequesters = key.PublicKey.IsSameAs(asked);
        List<Certificate> candidates = [.. message.AtHand.Where(certificate => IsCandidate(certificate, key, isRequesters, named)).Take(MaxCertificates)];
        if (candidates.Count == 0)
        {
            string which = named is null ? "the CA's certificate that it was made for" : $"the CA's certificate that it was made for ({named})";
            return (CheckResult.NotChecked, $"The proof is a MAC by a key that was agreed on with the CA's, and {which} is not at hand with a key that agrees with the one that was given, {key.Algorithm}.");
        }
        foreach (Certificate certificate in candidates)
        {
            if (!message.Budget.Allows())
                return (CheckResult.NotChecked, CheckBudget.IsSpent);
            if (verify(key, certificate))
                return (CheckResult.Verified, $"The MAC is right, under what the key of the request and that of {certificate} agree on.");
        }
        // a certificate that is not named may be the wrong one
        return named is not null || !isRequesters
            ? (CheckResult.Failed, $"The MAC is wrong: it was not made by the key of the request for {candidates[0]}, or the request was changed.")
            : (CheckResult.NotChecked, "The MAC is not right for any certificate at hand, and the proof does not say which one it was made for.");
    }

    private static bool IsCandidate(Certificate certificate, PrivateKey key, bool isRequesters, IssuerAndSerialNumber? named)
    {
        try
        {
            return named?.Names(certificate) != false
                && (isRequesters ? !certificate.PublicKey.IsSameAs(key.PublicKey) && certificate.PublicKey.Algorithm.IsSameAs(key.PublicKey.Algorithm) : certificate.PublicKey.IsSameAs(key.PublicKey));
        }
        catch (CmpException)
        {
            return false; // unreadable
        }
    }
}
