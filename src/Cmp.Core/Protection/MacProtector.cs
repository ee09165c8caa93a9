using System;
using Cmp.Messages;

namespace Cmp.Protection;

/// <summary>Protects by a MAC under a shared secret. Its parameters are made once, and the key is derived once, but where each message needs its own.</summary>
internal sealed class MacProtector : MessageProtector
{
    private readonly SharedSecret _secret;
    private readonly MacOptions _options;
    private readonly SharedSecretMac _mac;
    private bool _disposed;

    internal MacProtector(SharedSecret secret, MacOptions options, ReadOnlyMemory<byte>? senderKid)
        : this(secret, options, options.New(), senderKid)
    {
    }

    private MacProtector(SharedSecret secret, MacOptions options, SharedSecretMac mac, ReadOnlyMemory<byte>? senderKid)
        : base(options.Kind, mac.Algorithm)
    {
        _secret = secret;
        _options = options;
        _mac = mac;
        SenderKid = senderKid;
        if (!mac.IsForOneMessage)
            mac.Prepare(secret);
    }

    public override ReadOnlyMemory<byte>? SenderKid { get; }

    public override void Dispose()
    {
        _disposed = true;
        _mac.Forget(_secret);
    }

    private protected override PkiMessage Protect(PkiMessage message)
    {
        if (_disposed)
            throw new ObjectDisposedException(nameof(MessageProtector));
        SharedSecretMac mac = _mac.IsForOneMessage ? _options.New() : _mac;
        return Protect(message, mac.Algorithm, part => mac.Compute(_secret, part));
    }
}
