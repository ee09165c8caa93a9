using System;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography.Enveloping;

/// <summary>What was in an envelope: a secret, which is cleared when this is disposed of.</summary>
public sealed class OpenedEnvelope : IDisposable
{
    private readonly byte[] _content;

    internal OpenedEnvelope(string contentType, byte[] content)
    {
        ContentType = contentType;
        _content = content;
    }

    /// <summary>What it is, dotted decimal: id-data for certificates and numbers, id-signedData for keys that a CA made.</summary>
    public string ContentType { get; }

    /// <summary>Its octets: zeros after <see cref="Dispose"/>. Whoever keeps something copies it.</summary>
    public ReadOnlyMemory<byte> Content => _content;

    /// <summary>
    /// Reads the one structure that it should be. Under a wrong key, the padding of one content in 256 is right all the same: octets that do not decode are the
    /// same error as an envelope that did not open, and it holds none of them.
    /// </summary>
    /// <typeparam name="T">What is read.</typeparam>
    /// <param name="read">The structure's own reading; its slices point into <see cref="Content"/>.</param>
    /// <param name="limits">The bounds that hold.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.NotOpened</c>.</exception>
    public T Read<T>(Asn1Read<T> read, CmpLimits limits)
    {
        try
        {
            return Asn1Reader.Decode(Content, new DecodeOptions(limits), read);
        }
        catch (CmpException e) when (e.ErrorId == "CmpMessage.Malformed")
        {
            throw EnvelopeErrors.NotOpened();
        }
    }

    /// <summary>Clears it.</summary>
    public void Dispose() => Secrets.Clear(_content);
}
