using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>
/// Finds and validates paths from a certificate to a trust anchor: RFC 5280 6.1, offline and bounded (rules 27, 41, 69). Nothing is ever fetched.
/// </summary>
/// <remarks>
/// The search goes depth first from the certificate towards the anchors along names and signatures, likely issuers first (anchors, then equal key
/// identifiers, then those valid now). What it finds is validated as a whole, and the search goes on where that fails. Every step costs one signature
/// check, so <see cref="CmpLimits.MaxSignatureChecks"/> bounds it, whatever certificates a peer sends.
/// <para>An anchor is trusted because it was given: it need not be self-signed and its signature is not checked. Its validity is, as are its
/// key usage, basic constraints, path length and name constraints; where it issues, it is a CA's or of version 1 or 2.</para>
/// </remarks>
public static class PathBuilder
{
    /// <summary>Finds a path.</summary>
    /// <param name="leaf">The certificate in question, of any kind.</param>
    /// <param name="anchors">Who is trusted.</param>
    /// <param name="candidates">Certificates that may stand between, in any order, of any origin, unreadable ones too; the first ones of a name come first.</param>
    /// <param name="options">What the path must satisfy.</param>
    /// <returns>The path.</returns>
    /// <exception cref="CmpException">The reason that came nearest: <c>CmpTrust.NoPath</c>: an issuer is missing or not trusted, or a limit was reached;
    /// <c>CmpTrust.Expired</c>, <c>CmpTrust.NotYetValid</c>: a certificate of the path is, or the anchor;
    /// <c>CmpTrust.Algorithm</c>: a signature is too weak or not supported;
    /// <c>CmpTrust.PathInvalid</c>: a signature is wrong, an issuer is no CA, or another rule of RFC 5280 6.1 is broken;
    /// what <see cref="PathOptions.FurtherCheck"/> threw; <c>CmpMessage.Malformed</c>: <paramref name="leaf"/> does not decode.</exception>
    public static CertificatePath Build(Certificate leaf, IEnumerable<Certificate> anchors, IEnumerable<Certificate> candidates, PathOptions options) =>
        new Search(leaf, anchors, candidates, options).Run();

    private sealed class Search
    {
        private readonly PathOptions _options;
        private readonly Certificate _leaf;
        private readonly List<Certificate> _anchors;
        private readonly List<Certificate> _candidates;
        private readonly HashSet<int> _considered = [];
        private readonly List<Certificate> _path = [];
        private CertificatePath? _found;
        private int _checks;
        private int _depth;
        private Nearness _nearness = Nearness.Nothing;
        private CmpException? _reason;

        internal Search(Certificate leaf, IEnumerable<Certificate> anchors, IEnumerable<Certificate> candidates, PathOptions options)
        {
            _leaf = leaf;
            _options = options;
            _anchors = [.. anchors.Where(IsReadable)];
            _candidates = [.. candidates.Where(IsReadable)];
        }

        /// <summary>How far a try came that failed; the farthest one's reason is told.</summary>
        private enum Nearness
        {
            Nothing,
            IssuerMissing,
            SignatureWrong,
            LimitReached,
            SearchEnded,
            AlgorithmRefused,
            PathInvalid,
        }

        private bool IsExhausted => _checks >= _options.Limits.MaxSignatureChecks;

        internal CertificatePath Run()
        {
            _path.Add(_leaf);
            if ((_anchors.Exists(anchor => anchor.IsSameAs(_leaf)) && IsValid()) || Extend())
                return _found!;
            throw _reason!;
        }

        /// <summary>A candidate that does not decode is nobody's issuer; found out once, for an exception costs more than a comparison.</summary>
        private static bool IsReadable(Certificate certificate)
        {
            try
            {
                _ = certificate.Subject.IsSameAs(Name.Empty);
                _ = certificate.SubjectKeyIdentifier;
                _ = certificate.IsCA;
                return true;
            }
            catch (CmpException)
            {
                return false;
            }
        }

        private bool Extend()
        {
            Certificate subject = _path[_path.Count - 1];
            if (_path.Count >= _options.Limits.MaxPathLength)
            {
                Note(Nearness.LimitReached, () => NoPath(subject, $"a path may have no more than {_options.Limits.MaxPathLength} certificates."));
                return false;
            }
            bool any = false;
            foreach ((Certificate issuer, bool isAnchor) in IssuersOf(subject))
            {
                any = true;
                if (IsExhausted)
                {
                    Note(Nearness.SearchEnded, () => NoPath(subject, $"the search ended after {_checks} signature checks."));
                    return false;
                }
                if (!IsSignedBy(subject, issuer))
                    continue;
                _path.Add(issuer);
                if (isAnchor ? IsValid() : Extend())
                    return true;
                _path.RemoveAt(_path.Count - 1);
            }
            if (!any)
                Note(Nearness.IssuerMissing, () => NoPath(subject, MissingIssuer(subject)));
            return false;
        }

        /// <summary>Who has the name of the issuer, the likeliest first.</summary>
        private List<(Certificate Issuer, bool IsAnchor)> IssuersOf(Certificate subject)
        {
            var issuers = new List<(Certificate Issuer, bool IsAnchor)>();
            issuers.AddRange(Ranked(subject, Named(_anchors, subject.Issuer)).Where(found => !_path.Exists(found.Certificate.IsSameAs)).Select(found => (found.Certificate, true)));
            foreach ((int index, Certificate candidate) in Ranked(subject, Named(_candidates, subject.Issuer)))
            {
                if (_anchors.Exists(anchor => anchor.IsSameAs(candidate)) || IsInPath(candidate))
                    continue;
                if (!_considered.Contains(index) && _considered.Count >= _options.Limits.MaxPathCandidates)
                {
                    Note(Nearness.LimitReached, () => NoPath(subject, $"no more than {_options.Limits.MaxPathCandidates} certificates are looked at."));
                    continue;
                }
                _considered.Add(index);
                issuers.Add((candidate, false));
            }
            return issuers;
        }

        private static IEnumerable<(int Index, Certificate Certificate)> Named(List<Certificate> certificates, Name name)
        {
            for (int i = 0; i < certificates.Count; i++)
            {
                if (certificates[i].Subject.IsSameAs(name))
                    yield return (i, certificates[i]);
            }
        }

        private IEnumerable<(int Index, Certificate Certificate)> Ranked(Certificate subject, IEnumerable<(int Index, Certificate Certificate)> issuers)
        {
            ReadOnlyMemory<byte>? wanted = subject.AuthorityKeyIdentifier;
            return issuers.OrderByDescending(pair => Likelihood(pair.Certificate, wanted));
        }

        private int Likelihood(Certificate issuer, ReadOnlyMemory<byte>? wanted)
        {
            int key = wanted is { } w && issuer.SubjectKeyIdentifier is { } has ? (w.Span.SequenceEqual(has.Span) ? 2 : 0) : 1;
            bool valid = issuer.NotBefore <= _options.Time && _options.Time <= issuer.NotAfter;
            return key * 4 + (valid ? 2 : 0) + (issuer.IsCA ? 1 : 0);
        }

        /// <summary>The same name with the same key would lead in a circle (RFC 4158 2.4.2), even in another certificate.</summary>
        private bool IsInPath(Certificate candidate) =>
            _path.Exists(certificate => certificate.PublicKey.IsSameAs(candidate.PublicKey) && certificate.Subject.IsSameAs(candidate.Subject));

        private bool IsSignedBy(Certificate subject, Certificate issuer)
        {
            try
            {
                _options.Policy.Check(subject.SignatureAlgorithm, issuer.PublicKey);
                _checks++;
                if (SignatureAlgorithms.Verify(subject.SignatureAlgorithm, issuer.PublicKey, subject.TbsCertificate, subject.Signature, _options.Limits))
                    return true;
                Note(Nearness.SignatureWrong, () => PathValidator.Invalid(subject, $"its signature does not verify under the key of {issuer}"));
            }
            catch (CmpException e) when (e.ErrorId == "CmpTrust.Algorithm")
            {
                Note(Nearness.AlgorithmRefused, () => e);
            }
            catch (CmpException e) when (e.ErrorId == "CmpProtection.Algorithm")
            {
                Note(Nearness.AlgorithmRefused, () => new CmpException(CmpErrorKind.Trust, "CmpTrust.Algorithm", $"The certificate of {subject} cannot be verified: {e.Message}", e) { Octets = subject.Encoded });
            }
            catch (CmpException e)
            {
                Note(Nearness.SignatureWrong, () => PathValidator.Invalid(subject, $"the key of {issuer} is malformed", e));
            }
            return false;
        }

        private bool IsValid()
        {
            var path = new CertificatePath(_path.ToArray());
            try
            {
                PathValidator.Validate(path, _options);
                _options.FurtherCheck?.Invoke(path);
                _found = path;
                return true;
            }
            catch (CmpException e)
            {
                Note(Nearness.PathInvalid, () => e);
                return false;
            }
        }

        private string MissingIssuer(Certificate subject) =>
            _anchors.Count == 0 ? "there are no trust anchors."
            : subject.IsSelfIssued ? $"{subject} signed itself and is none of the trust anchors."
            : $"no certificate of its issuer {subject.Issuer} is at hand.";

        private CmpException NoPath(Certificate subject, string why)
        {
            string through = ReferenceEquals(subject, _leaf) ? string.Empty : $" through {subject}";
            return new CmpException(CmpErrorKind.Trust, "CmpTrust.NoPath", $"There is no path from the certificate of {_leaf}{through} to a trust anchor: {why}")
            {
                Octets = _leaf.Encoded,
                RecommendedAction = "Give the CA's root as trust anchor, and the certificates between as untrusted ones.",
            };
        }

        /// <summary>Of two reasons that are equally near the one is told that stands deeper in the path.</summary>
        private void Note(Nearness nearness, Func<CmpException> reason)
        {
            if (nearness < _nearness || (nearness == _nearness && _path.Count <= _depth))
                return;
            _nearness = nearness;
            _depth = _path.Count;
            _reason = reason();
        }
    }
}
