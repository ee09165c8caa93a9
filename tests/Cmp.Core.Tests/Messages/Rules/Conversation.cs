using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Messages.Rules;

/// <summary>The messages of a transaction, each with the nonces that it should have.</summary>
internal sealed class Conversation
{
    private readonly List<byte[]> _messages = [];
    private ReadOnlyMemory<byte>? _ofClient;
    private ReadOnlyMemory<byte>? _ofServer;

    internal IReadOnlyList<byte[]> Messages => _messages;

    /// <summary>The senderNonce of a message.</summary>
    internal static byte[] Nonce(int number) => Samples.Octets(16, (byte)(0x80 + number));

    /// <summary>The same so far, to go on with in another way.</summary>
    internal Conversation Then()
    {
        var copy = new Conversation { _ofClient = _ofClient, _ofServer = _ofServer };
        copy._messages.AddRange(_messages);
        return copy;
    }

    internal Conversation Client(PkiBody body, Func<PkiHeader, PkiHeader>? change = null)
    {
        _ofClient = Add(body, GeneralName.FromName(Samples.Subject), _ofServer, change);
        return this;
    }

    internal Conversation Server(PkiBody body, Func<PkiHeader, PkiHeader>? change = null)
    {
        _ofServer = Add(body, GeneralName.FromName(Samples.CaName), _ofClient, change);
        return this;
    }

    /// <summary>The last message once more, as it was.</summary>
    internal Conversation Again()
    {
        _messages.Add(_messages[_messages.Count - 1]);
        return this;
    }

    private ReadOnlyMemory<byte>? Add(PkiBody body, GeneralName sender, ReadOnlyMemory<byte>? answered, Func<PkiHeader, PkiHeader>? change)
    {
        PkiHeader header = RuleCases.HeaderOf(body) with { Pvno = 2, Sender = sender, SenderNonce = Nonce(_messages.Count), RecipNonce = answered };
        header = change?.Invoke(header) ?? header;
        _messages.Add(RuleCases.Make(header, body, isProtected: header.ProtectionAlg is not null));
        return header.SenderNonce;
    }
}
