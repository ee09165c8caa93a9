using System;
using System.Linq;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>For whom something is encrypted, as it says itself.</summary>
internal static class Recipients
{
    /// <summary>Whether an envelope names a certificate at hand, of the key that was given: then it must open with that.</summary>
    internal static bool IsForKey(ReadOnlyMemory<byte> enveloped, CheckedMessage message)
    {
        try
        {
            return message.Settings.Key is { } key && EnvelopedData.Decode(enveloped).RecipientInfos is [{ } recipient]
                && message.AtHand.Any(certificate => IsOf(certificate, key.PublicKey) && Names(recipient, certificate));
        }
        catch (CmpException)
        {
            return false;
        }
    }

    /// <summary>Whether it is for a password.</summary>
    internal static bool IsForPassword(ReadOnlyMemory<byte> enveloped) => EnvelopedData.Decode(enveloped).RecipientInfos is [PasswordRecipientInfo];

    private static bool Names(RecipientInfo recipient, Certificate certificate) => recipient switch
    {
        KeyTransRecipientInfo transport => transport.Rid.Names(certificate),
        KemRecipientInfo kem => kem.Rid.Names(certificate),
        KeyAgreeRecipientInfo agreement => agreement.RecipientEncryptedKeys.Any(key => key.Rid.Names(certificate)),
        _ => false,
    };

    private static bool IsOf(Certificate certificate, SubjectPublicKeyInfo key)
    {
        try
        {
            return certificate.PublicKey.IsSameAs(key);
        }
        catch (CmpException)
        {
            return false; // unreadable
        }
    }
}
