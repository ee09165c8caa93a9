using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// Whom a private key must say that it belongs to, where it is sent as its own proof. Without that, somebody could send the encrypted key of another one as his own
/// (RFC 4211 4.2.1).
/// </summary>
/// <param name="Names">Names that are his: the sender of the message, the subject of his certificate.</param>
/// <param name="Texts">Texts that both sides know: the reference of his secret, a registration token.</param>
public sealed record KeyOwner(IReadOnlyList<GeneralName> Names, IReadOnlyList<string> Texts)
{
    /// <summary>Somebody who is known by a name.</summary>
    /// <param name="name">The name; the common name in it is a text of his, too.</param>
    /// <returns>The owner.</returns>
    public static KeyOwner Of(GeneralName name) => new([name], name.DirectoryName?.CommonName() is { } text ? [text] : []);

    /// <summary>Whether a key says that it is his.</summary>
    /// <param name="key">The key.</param>
    /// <returns>True where it does; false also where it says nothing.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: a name is none inside.</exception>
    public bool Has(EncKeyWithId key) =>
        key.Name is { } name ? Names.Any(own => own.IsSameAs(name, ignoreOrder: true))
        : key.Text is { } text && Texts.Contains(text, StringComparer.Ordinal);
}
