using System;
using System.Collections.Generic;

namespace Cmp.Messages;

/// <summary>Why a server refused: bit <c>n</c> of PKIFailureInfo is <c>1 &lt;&lt; n</c> (RFC 9810 5.2.3).</summary>
[Flags]
public enum FailInfo
{
    /// <summary>No reason is given.</summary>
    None = 0,

    /// <summary>badAlg(0): unrecognized or unsupported algorithm.</summary>
    BadAlg = 1 << 0,

    /// <summary>badMessageCheck(1): the protection did not verify.</summary>
    BadMessageCheck = 1 << 1,

    /// <summary>badRequest(2): the transaction is not permitted or supported.</summary>
    BadRequest = 1 << 2,

    /// <summary>badTime(3): messageTime is not close enough to the server's time.</summary>
    BadTime = 1 << 3,

    /// <summary>badCertId(4): no certificate matches the criteria.</summary>
    BadCertId = 1 << 4,

    /// <summary>badDataFormat(5): the data has the wrong format.</summary>
    BadDataFormat = 1 << 5,

    /// <summary>wrongAuthority(6): the request is for another authority.</summary>
    WrongAuthority = 1 << 6,

    /// <summary>incorrectData(7): the requester's data is incorrect.</summary>
    IncorrectData = 1 << 7,

    /// <summary>missingTimeStamp(8): the timestamp is missing but required.</summary>
    MissingTimeStamp = 1 << 8,

    /// <summary>badPOP(9): the proof of possession failed.</summary>
    BadPOP = 1 << 9,

    /// <summary>certRevoked(10): the certificate is revoked already.</summary>
    CertRevoked = 1 << 10,

    /// <summary>certConfirmed(11): the certificate is confirmed already.</summary>
    CertConfirmed = 1 << 11,

    /// <summary>wrongIntegrity(12): wrong kind of protection.</summary>
    WrongIntegrity = 1 << 12,

    /// <summary>badRecipientNonce(13): missing or wrong recipient nonce.</summary>
    BadRecipientNonce = 1 << 13,

    /// <summary>timeNotAvailable(14): the time source is not available.</summary>
    TimeNotAvailable = 1 << 14,

    /// <summary>unacceptedPolicy(15): the policy asked for is not supported.</summary>
    UnacceptedPolicy = 1 << 15,

    /// <summary>unacceptedExtension(16): the extension asked for is not supported.</summary>
    UnacceptedExtension = 1 << 16,

    /// <summary>addInfoNotAvailable(17): additional information cannot be understood or is not available.</summary>
    AddInfoNotAvailable = 1 << 17,

    /// <summary>badSenderNonce(18): missing or too short a sender nonce.</summary>
    BadSenderNonce = 1 << 18,

    /// <summary>badCertTemplate(19): the template is not valid or lacks something.</summary>
    BadCertTemplate = 1 << 19,

    /// <summary>signerNotTrusted(20): the signer of the message is unknown or not trusted.</summary>
    SignerNotTrusted = 1 << 20,

    /// <summary>transactionIdInUse(21): the transaction identifier is in use already.</summary>
    TransactionIdInUse = 1 << 21,

    /// <summary>unsupportedVersion(22): the version of the message is not supported.</summary>
    UnsupportedVersion = 1 << 22,

    /// <summary>notAuthorized(23): the sender was not authorized to ask.</summary>
    NotAuthorized = 1 << 23,

    /// <summary>systemUnavail(24): the request cannot be handled now.</summary>
    SystemUnavail = 1 << 24,

    /// <summary>systemFailure(25): the system failed.</summary>
    SystemFailure = 1 << 25,

    /// <summary>duplicateCertReq(26): a certificate was issued for the same request already.</summary>
    DuplicateCertReq = 1 << 26,
}

/// <summary>The names of failure bits as RFC 9810 writes them.</summary>
public static class FailInfoNames
{
    /// <summary>The names of all bits that are set, lowest first: <c>badPOP</c>; a bit without a name as <c>bit27</c>.</summary>
    /// <param name="failInfo">The bits.</param>
    /// <returns>One name a bit.</returns>
    public static IReadOnlyList<string> Of(FailInfo failInfo)
    {
        var names = new List<string>();
        for (int bit = 0; bit < 32; bit++)
        {
            var one = (FailInfo)(1 << bit);
            if ((failInfo & one) == 0)
                continue;
            string name = one.ToString();
            names.Add(Enum.IsDefined(typeof(FailInfo), one) ? char.ToLowerInvariant(name[0]) + name.Substring(1) : $"bit{bit}");
        }
        return names;
    }
}
