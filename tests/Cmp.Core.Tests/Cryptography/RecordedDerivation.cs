using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Cryptography;

/// <summary>A key that Siemens' test suite or its mock CA derived, and what it derived it of.</summary>
/// <param name="Kdf">The function.</param>
/// <param name="Secret">What the key agreement or the encapsulation gave.</param>
/// <param name="OtherInfo">What the key is bound to.</param>
/// <param name="Length">The length of the key in octets.</param>
/// <param name="Key">The key.</param>
internal sealed record RecordedDerivation(AlgorithmIdentifier Kdf, byte[] Secret, byte[] OtherInfo, int Length, byte[] Key)
{
    /// <summary>All that were recorded, read by the reader of JSON that both frameworks have.</summary>
    /// <param name="folder">The folder of recorded messages.</param>
    internal static IReadOnlyList<RecordedDerivation> ReadAll(string folder)
    {
        using XmlDictionaryReader reader = JsonReaderWriterFactory.CreateJsonReader(File.ReadAllBytes(Path.Combine(folder, "foreign", "kdf.json")), XmlDictionaryReaderQuotas.Max);
        return [.. XElement.Load(reader).Elements().Select(row => new RecordedDerivation(
            Asn1Reader.Decode(Octets(row, "kdf"), null, AlgorithmIdentifier.Read),
            Octets(row, "ss"),
            Octets(row, "ukm"),
            (int)row.Element("len")!,
            Octets(row, "out")))];
    }

    private static byte[] Octets(XElement row, string name) => Hex.Parse((string)row.Element(name)!);
}
