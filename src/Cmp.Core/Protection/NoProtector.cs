using System;
using Cmp.Messages;

namespace Cmp.Protection;

/// <summary>Protects nothing; who we are is said all the same (rule 23).</summary>
internal sealed class NoProtector(Credential? credential) : MessageProtector(ProtectionKind.None, algorithm: null)
{
    public override ReadOnlyMemory<byte>? SenderKid => credential switch
    {
        SharedSecret secret => secret.Reference,
        CertificateCredential signer => signer.Certificate.SubjectKeyIdentifier,
        _ => null,
    };

    private protected override PkiMessage Protect(PkiMessage message) => message with { Header = message.Header with { ProtectionAlg = null } };
}
