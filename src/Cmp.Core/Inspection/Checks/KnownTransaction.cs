using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>What the messages of one transaction said so far that later ones are checked by. All of it is bounded.</summary>
internal sealed class KnownTransaction
{
    /// <summary>Certificates that are kept: as many as are looked at for an answer.</summary>
    private const int MaxCertificates = AnswerVerifier.MaxExtraCerts;

    /// <summary>Answers to requests that are kept.</summary>
    private const int MaxAnswers = 1000;

    /// <summary>A transaction has one ciphertext a direction (RFC 9810 appendix E); each that is kept costs a decapsulation a message.</summary>
    private const int MaxCiphertexts = 4;

    private readonly List<Certificate> _certificates = [];
    private readonly List<KnownAnswer> _answers = [];
    private readonly List<KemCiphertextInfo> _ciphertexts = [];
    private readonly List<(CertifiedKeyPair Pair, Certificate Certificate)> _opened = [];
    private IReadOnlyList<CertReqMsg> _requests = [];

    /// <summary>Certificates that came in any field, the last ones last.</summary>
    internal IReadOnlyList<Certificate> Certificates => _certificates;

    /// <summary>What was answered to each request, in the order in which it came.</summary>
    internal IReadOnlyList<KnownAnswer> Answers => _answers;

    /// <summary>What was encapsulated in it.</summary>
    internal IReadOnlyList<KemCiphertextInfo> Ciphertexts => _ciphertexts;

    /// <summary>The challenges that were sent last.</summary>
    internal PopoDecKeyChallContent? Challenges { get; private set; }

    /// <summary>The numbers in those challenges, in their order; <see langword="null"/> where one was not opened.</summary>
    internal IReadOnlyList<BigInteger?> Numbers { get; private set; } = [];

    /// <summary>The keys of the requests that asked for a challenge last, in their order.</summary>
    internal IReadOnlyList<SubjectPublicKeyInfo?> ChallengedKeys =>
        [.. _requests.Where(request => request.Popo is PopoPrivKey { Subsequent: SubsequentMessage.ChallengeResp }).Select(request => request.CertReq.CertTemplate.PublicKey)];

    /// <summary>The PasswordBasedMac that came last with parameters: cryptlib leaves them out from then on.</summary>
    internal AlgorithmIdentifier? LastMac { get; private set; }

    /// <summary>Octets of the messages that are referred to.</summary>
    internal long Octets { get; private set; }

    /// <summary>Takes what a message brings that it may be checked by itself: certificates and ciphertexts.</summary>
    internal void Meet(PkiMessage message, CmpLimits limits)
    {
        Octets += message.Encoded.Length;
        Add(message.ExtraCerts);
        AddCiphertexts(message.Header.GeneralInfo, limits);
    }

    /// <summary>The key that a request asked a certificate for last; <see langword="null"/> where that is not known, or the CA is to make it.</summary>
    internal SubjectPublicKeyInfo? KeyOf(int certReqId) => _requests.FirstOrDefault(request => request.CertReq.CertReqId == certReqId)?.CertReq.CertTemplate.PublicKey;

    /// <summary>Takes a certificate that came encrypted in the message that is being checked.</summary>
    internal void Open(CertifiedKeyPair pair, Certificate certificate) => _opened.Add((pair, certificate));

    /// <summary>Takes the numbers of the challenges in the message that is being checked.</summary>
    internal void Open(IReadOnlyList<BigInteger?> numbers) => Numbers = numbers;

    /// <summary>Takes what only later messages are checked by.</summary>
    internal void Remember(PkiMessage message, CmpLimits limits)
    {
        if (message.Header.ProtectionAlg is { Oid: Oids.PasswordBasedMac, HasNoParameters: false } mac)
            LastMac = mac;
        switch (message.Body)
        {
            case CertRepMessage rep:
                foreach (CertResponse response in rep.Responses.Where(response => response.CertifiedKeyPair is not null).Take(MaxAnswers - _answers.Count))
                    _answers.Add(new KnownAnswer(response.CertReqId, response.CertifiedKeyPair!.Certificate ?? _opened.Find(opened => ReferenceEquals(opened.Pair, response.CertifiedKeyPair)).Certificate));
                _opened.Clear();
                Add(rep.CaPubs);
                break;
            case CertReqMessages requests:
                _requests = requests.Requests;
                break;
            case GenMsgContent question:
                AddCiphertexts(question.Items, limits);
                break;
            case GenRepContent answer:
                AddCiphertexts(answer.Items, limits);
                break;
            case PopoDecKeyChallContent challenges:
                Challenges = challenges;
                break;
        }
    }

    private void Add(IReadOnlyList<Certificate> certificates)
    {
        foreach (Certificate certificate in certificates)
        {
            if (_certificates.Count == MaxCertificates)
                return;
            if (!_certificates.Exists(certificate.IsSameAs))
                _certificates.Add(certificate);
        }
    }

    private void AddCiphertexts(IReadOnlyList<InfoTypeAndValue> items, CmpLimits limits)
    {
        foreach (InfoTypeAndValue item in items)
        {
            if (item.InfoType != Oids.KemCiphertextInfo || item.InfoValue is null || _ciphertexts.Count == MaxCiphertexts)
                continue;
            try
            {
                if (InfoTypes.ReadKemCiphertextInfo(item, new DecodeOptions(limits)) is { } ciphertext)
                    _ciphertexts.Add(ciphertext);
            }
            catch (CmpException)
            {
                // what does not decode was encapsulated for nobody; the decoder's findings say so
            }
        }
    }
}

/// <summary>What was answered to a request.</summary>
/// <param name="CertReqId">The request.</param>
/// <param name="Certificate">The certificate; <see langword="null"/> where it is encrypted.</param>
internal sealed record KnownAnswer(int CertReqId, Certificate? Certificate);
