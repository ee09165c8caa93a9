using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Tests;
using Cmp.Tests.Transports;

namespace Cmp.Module.Tests.Harness;

/// <summary>A server that answers each general message with what a test says, well signed by a certificate of its own: nothing of ours is in its messages.</summary>
internal sealed class TellingServer : IAsyncDisposable
{
    private const int MaxConnections = 20;
    private const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";

    private readonly TestCa _signer = new("CN=Telling Server");
    private readonly ECDsa _clientKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ScriptedServer _server;
    private readonly Func<string?, IEnumerable<(string Type, byte[]? Value)>> _tell;

    /// <summary>Starts one.</summary>
    /// <param name="tell">What it tells, given the type of the first item of the question.</param>
    internal TellingServer(Func<string?, IEnumerable<(string Type, byte[]? Value)>> tell)
    {
        _tell = tell;
        Client = _signer.Issue("CN=client", _clientKey);
        _server = new ScriptedServer([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(ServeAsync, MaxConnections)]);
    }

    internal Uri Uri => _server.Uri;

    /// <summary>Who signs: its pin.</summary>
    internal X509Certificate2 Certificate => _signer.Certificate;

    /// <summary>Whoever asks may sign with it: a request under a MAC would be answered by a signature, with a warning.</summary>
    internal X509Certificate2 Client { get; }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Client.Dispose();
        _clientKey.Dispose();
        _signer.Dispose();
    }

    /// <summary>A SEQUENCE of structures.</summary>
    internal static byte[] SequenceOf(params byte[][] elements)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (byte[] element in elements)
                writer.WriteEncodedValue(element);
        }
        return writer.Encode();
    }

    private async Task ServeAsync(ScriptedConnection connection)
    {
        // until the client closes
        while (true)
        {
            ReceivedRequest request = await connection.ReceiveAsync();
            await connection.SendAsync(Some.Answer(Answer(request.Body)));
        }
    }

    private byte[] Answer(byte[] request)
    {
        AsnReader message = new AsnReader(request, AsnEncodingRules.BER).ReadSequence();
        AsnReader header = message.ReadSequence();
        byte[]? transactionId = null;
        byte[]? nonce = null;
        while (header.HasData)
        {
            Asn1Tag tag = header.PeekTag();
            ReadOnlyMemory<byte> field = header.ReadEncodedValue();
            if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 4)) && transactionId is null && OctetsIn(field) is { } id)
                transactionId = id;
            if (tag.HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 5)) && OctetsIn(field) is { } sender)
                nonce = sender;
        }
        AsnReader items = message.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 21)).ReadSequence();
        string? asked = items.HasData ? items.ReadSequence().ReadObjectIdentifier() : null;
        byte[] headerAndBody = SequenceOf(Header(transactionId!, nonce!), Body(_tell(asked)));
        byte[] signature = ((ECDsa)_signer.Key).SignData(headerAndBody, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            AsnReader parts = new AsnReader(headerAndBody, AsnEncodingRules.DER).ReadSequence();
            writer.WriteEncodedValue(parts.ReadEncodedValue().Span);
            writer.WriteEncodedValue(parts.ReadEncodedValue().Span);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                writer.WriteBitString(signature);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
                writer.WriteEncodedValue(_signer.Certificate.RawData);
        }
        return writer.Encode();
    }

    /// <summary>The OCTET STRING in an explicit tag; a directory name has the same tag in a header's sender and recipient.</summary>
    private static byte[]? OctetsIn(ReadOnlyMemory<byte> field)
    {
        AsnReader inner = new AsnReader(field, AsnEncodingRules.BER);
        inner = inner.ReadSequence(inner.PeekTag());
        return inner.PeekTag() == Asn1Tag.PrimitiveOctetString ? inner.ReadOctetString() : null;
    }

    private byte[] Header(byte[] transactionId, byte[] recipientNonce)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(2);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
                writer.WriteEncodedValue(_signer.Certificate.SubjectName.RawData);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
                writer.WriteEncodedValue([0x30, 0]);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                writer.WriteGeneralizedTime(DateTimeOffset.UtcNow, omitFractionalSeconds: true);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1)))
            using (writer.PushSequence())
                writer.WriteObjectIdentifier(EcdsaWithSha256);
            Octets(4, transactionId);
            Octets(5, RandomNumberGenerator.GetBytes(16));
            Octets(6, recipientNonce);
        }
        return writer.Encode();

        void Octets(int tag, byte[] value)
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, tag)))
                writer.WriteOctetString(value);
        }
    }

    /// <summary>genp [22].</summary>
    private static byte[] Body(IEnumerable<(string Type, byte[]? Value)> items)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 22)))
        using (writer.PushSequence())
        {
            foreach ((string type, byte[]? value) in items)
            {
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(type);
                    if (value is not null)
                        writer.WriteEncodedValue(value);
                }
            }
        }
        return writer.Encode();
    }
}
