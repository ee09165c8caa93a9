using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>What a certificate says, as far as its issuer decides it anew each time.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="PublicKey">The key.</param>
/// <param name="NotBefore">Since when it is valid, in whole seconds.</param>
/// <param name="NotAfter">Until when.</param>
/// <param name="Extensions">Extensions besides the two key identifiers, which the authority adds.</param>
public sealed record CertificateContent(Name Subject, SubjectPublicKeyInfo PublicKey, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyList<Extension> Extensions);
