using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;

namespace Cmp.Messages.Rules;

/// <summary>General messages (RFC 9810 5.3.19, 5.3.20 and D.5, RFC 9483 4.3).</summary>
internal static class GeneralRules
{
    private enum Value
    {
        Absent,
        Present,
        Either,
        Misplaced,
    }

    internal static void Check(ref FindingCollector found, IReadOnlyList<InfoTypeAndValue> items, PkiBody body, int pvno, bool isAnswer)
    {
        if (items.Count != 1)
            found.Add(MessageRules.GeneralCount, items.Count == 0 ? "The message holds no item." : $"The message holds {items.Count} items.", body.Encoded);
        foreach (InfoTypeAndValue item in items)
        {
            Value? expected = isAnswer ? InAnswer(item.InfoType) : InQuestion(item.InfoType);
            if (expected is null)
            {
                if (!GeneralInfoRules.IsKnown(item.InfoType))
                    found.Add(MessageRules.GeneralUnknown, $"The message holds an item of the type {item.InfoType}.", item.Encoded, body.Encoded);
                continue;
            }
            if (expected == Value.Misplaced)
            {
                found.Add(MessageRules.GeneralPlace, $"{item} has no place in a {(isAnswer ? "genp" : "genm")}.", item.Encoded, body.Encoded);
                continue;
            }
            if ((expected == Value.Absent && item.InfoValue is not null) || (expected == Value.Present && item.InfoValue is null))
                found.Add(MessageRules.GeneralValue, $"The value of {item} is {(item.InfoValue is null ? "absent" : "there")}, and {(isAnswer ? "an answer" : "a question")} {(item.InfoValue is null ? "needs one" : "has none")}.", item.Encoded, body.Encoded);
            else if (item.InfoValue is not null)
                CheckValue(ref found, item, body, pvno, isAnswer);
        }
    }

    /// <summary>Whether a value is of the syntax of its type.</summary>
    internal static bool Decodes(InfoTypeAndValue item, bool isAnswer)
    {
        try
        {
            InfoTypes.InfoTypes.ReadValue(item, isAnswer);
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static void CheckValue(ref FindingCollector found, InfoTypeAndValue item, PkiBody body, int pvno, bool isAnswer)
    {
        object? value;
        try
        {
            value = InfoTypes.InfoTypes.ReadValue(item, isAnswer);
        }
        catch (CmpException)
        {
            found.Add(MessageRules.GeneralValue, $"The value of {item} is of another syntax.", item.Encoded, body.Encoded);
            return;
        }
        switch (item.InfoType)
        {
            case Oids.CrlStatusList or Oids.Crls when value is System.Collections.ICollection { Count: > 1 } several:
                found.Add(MessageRules.GeneralOneCrl, $"{item} is about {several.Count} CRLs.", item.Encoded, body.Encoded);
                break;
            case Oids.RootCaKeyUpdate when value is RootCaKeyUpdateContent { NewWithOld: null }:
                found.Add(MessageRules.GeneralNewWithOld, "The update of the root has no newWithOld: who trusts the old root cannot believe it.", item.Encoded, body.Encoded);
                break;
            case Oids.RevPassphrase when !isAnswer:
                EnvelopeRules.CheckSent(ref found, item.InfoValue!.Value, EnvelopedContent.Any, pvno);
                break;
            case Oids.CertReqTemplate when value is CertReqTemplateContent content && !IsGood(content):
                found.Add(MessageRules.GeneralTemplate, "The request template holds what is not the requester's to ask for, or a public key, or a keySpec that is none.", item.Encoded, body.Encoded);
                break;
            default:
                break; // nothing more is asked of its value
        }
    }

    private static bool IsGood(CertReqTemplateContent content)
    {
        if (content.CertTemplate is not { PublicKey: null, SerialNumber: null, SigningAlg: null, IssuerUid: null, SubjectUid: null })
            return false;
        try
        {
            foreach (AttributeTypeAndValue control in content.KeySpec)
            {
                if (control.Oid is not (Oids.AlgId or Oids.RsaKeyLen)
                    || (control.Oid == Oids.AlgId && Controls.ReadAlgId(control).Oid == Oids.RsaEncryption)
                    || (control.Oid == Oids.RsaKeyLen && Controls.ReadRsaKeyLen(control) < 1))
                {
                    return false;
                }
            }
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static Value? InQuestion(string type) => type switch
    {
        Oids.CaProtEncCert or Oids.SignKeyPairTypes or Oids.EncKeyPairTypes or Oids.PreferredSymmAlg or Oids.CaKeyUpdateInfo or Oids.CurrentCrl
            or Oids.CaCerts or Oids.CertReqTemplate or Oids.KemCiphertextInfo => Value.Absent,
        Oids.KeyPairParamReq or Oids.RevPassphrase or Oids.SuppLangTags or Oids.CrlStatusList or Oids.RootCaKeyUpdate => Value.Present,
        Oids.RootCaCert => Value.Either,
        Oids.UnsupportedOids or Oids.KeyPairParamRep or Oids.Crls => Value.Misplaced,
        _ => InHeader(type),
    };

    private static Value? InAnswer(string type) => type switch
    {
        Oids.SignKeyPairTypes or Oids.EncKeyPairTypes or Oids.PreferredSymmAlg or Oids.CurrentCrl or Oids.UnsupportedOids or Oids.SuppLangTags or Oids.KemCiphertextInfo => Value.Present,
        // what there is none of is absent (RFC 9810 5.3.19, RFC 9483 4.3)
        Oids.CaProtEncCert or Oids.CaKeyUpdateInfo or Oids.KeyPairParamRep or Oids.CaCerts or Oids.RootCaKeyUpdate or Oids.CertReqTemplate or Oids.Crls => Value.Either,
        Oids.RevPassphrase => Value.Absent,
        Oids.KeyPairParamReq or Oids.RootCaCert or Oids.CrlStatusList => Value.Misplaced,
        _ => InHeader(type),
    };

    /// <summary>RFC 9810 5.3.19.10 to 5.3.19.12: these are for headers only.</summary>
    private static Value? InHeader(string type) => type is Oids.ImplicitConfirm or Oids.ConfirmWaitTime or Oids.OrigPkiMessage or Oids.CertProfile ? Value.Misplaced : null;
}
