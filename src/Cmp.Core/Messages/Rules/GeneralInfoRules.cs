using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;

namespace Cmp.Messages.Rules;

/// <summary>What stands in generalInfo, and where (RFC 9810 5.1.1.1 to 5.1.1.5, RFC 9483 3.1).</summary>
internal static class GeneralInfoRules
{
    internal static void Check(ref FindingCollector found, PkiMessage message)
    {
        PkiHeader header = message.Header;
        PkiBodyType body = message.Body.Type;
        IReadOnlyList<InfoTypeAndValue> items = header.GeneralInfo;
        for (int i = 0; i < items.Count; i++)
        {
            InfoTypeAndValue item = items[i];
            if (IsDoubled(items, i))
                found.Add(MessageRules.InfoDoubled, $"{item} comes again: which of them counts is not said.", item.Encoded, header.Encoded);
            if (item.InfoType != Oids.CertProfile && !HasGoodValue(item))
                found.Add(MessageRules.InfoValue, $"The value of {item} is {(item.InfoValue is null ? "absent" : "of another syntax")}.", item.Encoded, header.Encoded);
            switch (item.InfoType)
            {
                case Oids.ImplicitConfirm when !body.AsksForCertificates() && !body.BringsCertificates():
                    found.Add(MessageRules.ImplicitConfirmPlace, $"implicitConfirm stands in a {PkiBodyTypeNames.Of(body)}.", item.Encoded, header.Encoded);
                    break;
                case Oids.RevPassphrase when item.InfoValue is { } passphrase && HasGoodValue(item):
                    EnvelopeRules.CheckSent(ref found, passphrase, EnvelopedContent.Any, header.Pvno);
                    break;
                case Oids.ConfirmWaitTime:
                    CheckWaitTime(ref found, item, message);
                    break;
                case Oids.CertProfile:
                    CheckProfile(ref found, item, message);
                    break;
                case Oids.OrigPkiMessage:
                    CheckOriginal(ref found, item, message);
                    break;
                default:
                    if (!IsKnown(item.InfoType))
                        found.Add(MessageRules.InfoUnknown, $"generalInfo holds an item of the type {item.InfoType}.", item.Encoded, header.Encoded);
                    break;
            }
        }
        if (found.IsProfile && message.Body is CertRepMessage rep && HasCertificate(rep) && header.FindInfo(Oids.ImplicitConfirm) is null && header.FindInfo(Oids.ConfirmWaitTime) is null)
            found.Add(MessageRules.ConfirmWaitTimeMissing, "A certConf is wanted, and confirmWaitTime does not say how long it is waited for.", header.Encoded);
    }

    /// <summary>Whether an item has a value as its type wants it in a header.</summary>
    internal static bool HasGoodValue(InfoTypeAndValue item)
    {
        if (item.InfoValue is not { } value)
            return item.InfoType is not (Oids.ImplicitConfirm or Oids.ConfirmWaitTime or Oids.OrigPkiMessage or Oids.SuppLangTags or Oids.CertProfile);
        return item.InfoType == Oids.ImplicitConfirm ? value.Length == 2 && value.Span[0] == 5 : GeneralRules.Decodes(item, isAnswer: false);
    }

    internal static bool IsKnown(string oid) => InfoTypes.InfoTypes.NameOf(oid) != oid || Oids.NameOf(oid) != oid;

    private static bool IsDoubled(IReadOnlyList<InfoTypeAndValue> items, int index)
    {
        // a header of thousands of items is not compared with itself
        for (int i = Math.Max(0, index - 32); i < index; i++)
        {
            if (items[i].InfoType == items[index].InfoType)
                return true;
        }
        return false;
    }

    private static bool HasCertificate(CertRepMessage rep)
    {
        foreach (CertResponse response in rep.Responses)
        {
            if (response.CertifiedKeyPair is not null)
                return true;
        }
        return false;
    }

    private static void CheckWaitTime(ref FindingCollector found, InfoTypeAndValue item, PkiMessage message)
    {
        PkiHeader header = message.Header;
        if (!message.Body.Type.BringsCertificates())
            found.Add(MessageRules.ConfirmWaitTimePlace, $"confirmWaitTime stands in a {PkiBodyTypeNames.Of(message.Body.Type)}.", item.Encoded, header.Encoded);
        else if (header.FindInfo(Oids.ImplicitConfirm) is not null)
            found.Add(MessageRules.ConfirmWaitTimeImplicit, "confirmWaitTime comes with implicitConfirm.", item.Encoded, header.Encoded);
        else if (header.MessageTime is null)
            found.Add(MessageRules.ConfirmWaitTimeMessageTime, "There is a confirmWaitTime, and no messageTime that it could be compared with.", item.Encoded, header.Encoded);
    }

    private static void CheckProfile(ref FindingCollector found, InfoTypeAndValue item, PkiMessage message)
    {
        PkiHeader header = message.Header;
        if (!MayName(message.Body))
            found.Add(MessageRules.CertProfilePlace, $"certProfile stands in a {PkiBodyTypeNames.Of(message.Body.Type)}.", item.Encoded, header.Encoded);
        IReadOnlyList<string> names;
        try
        {
            names = item.ReadProfiles();
        }
        catch (CmpException)
        {
            names = [];
        }
        if (names.Count == 0 || item.InfoValue!.Value.Span[0] != 0x30)
        {
            found.Add(MessageRules.CertProfileForm, $"The value of certProfile is {(names.Count > 0 ? "a text, not a sequence of texts" : "no sequence of texts")}.", item.Encoded, header.Encoded);
            return;
        }
        int most = message.Body switch
        {
            CertReqMessages requests => requests.Requests.Count,
            P10crBody => 1,
            GenMsgContent general => general.Items.Count,
            _ => int.MaxValue,
        };
        if (names.Count > 1 && found.IsProfile)
            found.Add(MessageRules.CertProfileOne, $"certProfile holds {names.Count} names.", item.Encoded, header.Encoded);
        else if (names.Count > most)
            found.Add(MessageRules.CertProfileCount, $"certProfile holds {names.Count} names, and the body {most} parts that they could be of.", item.Encoded, header.Encoded);
    }

    /// <summary>RFC 9483 3.1; of the bodies that the profile does not know nothing is said.</summary>
    private static bool MayName(PkiBody body)
    {
        if (body is not GenMsgContent general)
            return body.Type.AsksForCertificates();
        foreach (InfoTypeAndValue item in general.Items)
        {
            if (item.InfoType == Oids.CertReqTemplate)
                return true;
        }
        return false;
    }

    private static void CheckOriginal(ref FindingCollector found, InfoTypeAndValue item, PkiMessage message)
    {
        if (item.InfoValue is not { } value || !Tlv.TryEnter(value.Span, 0x30, out ReadOnlySpan<byte> messages))
            return; // told as a value of another syntax
        int count = 0;
        while (Tlv.TryTake(ref messages, out _))
            count++;
        int expected = message.Body is NestedMessageContent nested ? nested.Messages.Count : 1;
        if (count > expected)
            found.Add(MessageRules.OrigPkiMessageCount, $"origPKIMessage holds {count} messages, where there are {expected}.", item.Encoded, message.Header.Encoded);
    }
}
