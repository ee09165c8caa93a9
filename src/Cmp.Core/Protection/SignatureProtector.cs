using System;
using Cmp.Cryptography;
using Cmp.Messages;

namespace Cmp.Protection;

/// <summary>Protects by signature.</summary>
internal sealed class SignatureProtector(SigningCertificate certificate, string? hashName, bool pss)
    : MessageProtector(ProtectionKind.Signature, SignatureAlgorithms.For(certificate.Key, hashName, pss))
{
    public override ReadOnlyMemory<byte>? SenderKid => certificate.Certificate.SubjectKeyIdentifier;

    private protected override PkiMessage Protect(PkiMessage message) => Protect(message, Algorithm!, part => certificate.Key.Sign(part, Algorithm!));
}
