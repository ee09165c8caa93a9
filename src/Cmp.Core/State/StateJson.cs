using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Xml;

namespace Cmp.State;

/// <summary>A <see cref="StateObject"/> as JSON (RFC 8259) and back, by the framework's reader and writer, which both editions have.</summary>
/// <remarks>They show JSON as elements with an attribute <c>type</c>: object, array, string, number, boolean, null.</remarks>
internal static class StateJson
{
    private const int MaxDepth = 16;

    private static readonly XmlDictionaryReaderQuotas Quotas = new()
    {
        MaxDepth = MaxDepth,
        MaxStringContentLength = BoundedFile.DefaultLimit,
        MaxArrayLength = BoundedFile.DefaultLimit,
        MaxBytesPerRead = BoundedFile.DefaultLimit,
        MaxNameTableCharCount = 64 * 1024,
    };

    internal static byte[] Write(StateObject value)
    {
        using var stream = new MemoryStream(4096);
        using (XmlDictionaryWriter writer = JsonReaderWriterFactory.CreateJsonWriter(stream, new UTF8Encoding(false), ownsStream: false, indent: true, indentChars: "  "))
            Write(writer, "root", value);
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <exception cref="FormatException">It is no JSON, or none of ours.</exception>
    internal static StateObject Read(byte[] octets)
    {
        EnsureWhole(octets);
        try
        {
            using XmlDictionaryReader reader = JsonReaderWriterFactory.CreateJsonReader(octets, Quotas);
            reader.MoveToContent();
            StateObject value = Read(reader) as StateObject ?? throw new FormatException("It is no JSON object.");
            return reader.Read() ? throw new FormatException("Something follows its end.") : value;
        }
        catch (Exception e) when (e is XmlException or InvalidOperationException or ArgumentException or OverflowException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>The framework's reader closes by itself what a file leaves open at its end; a file that was cut is not to be read as a shorter one.</summary>
    private static void EnsureWhole(byte[] octets)
    {
        int depth = 0;
        bool isText = false;
        for (int i = 0; i < octets.Length; i++)
        {
            switch ((char)octets[i])
            {
                case '\\' when isText:
                    i++;
                    break;
                case '"':
                    isText = !isText;
                    break;
                case '{' or '[' when !isText:
                    depth++;
                    break;
                case '}' or ']' when !isText:
                    depth--;
                    break;
            }
        }
        if (depth != 0 || isText)
            throw new FormatException("It has no end.");
    }

    private static void Write(XmlDictionaryWriter writer, string name, object value)
    {
        writer.WriteStartElement(name);
        switch (value)
        {
            case StateObject members:
                writer.WriteAttributeString("type", "object");
                foreach (string member in members.Names)
                    Write(writer, member, members[member]);
                break;
            case List<object> items:
                writer.WriteAttributeString("type", "array");
                foreach (object item in items)
                    Write(writer, "item", item);
                break;
            case bool flag:
                writer.WriteAttributeString("type", "boolean");
                writer.WriteString(flag ? "true" : "false");
                break;
            case long number:
                writer.WriteAttributeString("type", "number");
                writer.WriteString(number.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                writer.WriteAttributeString("type", "string");
                writer.WriteString((string)value);
                break;
        }
        writer.WriteEndElement();
    }

    /// <summary>Reads the element that the reader stands on, and leaves it behind its end.</summary>
    private static object? Read(XmlDictionaryReader reader)
    {
        string type = reader.GetAttribute("type") ?? "string";
        switch (type)
        {
            case "object":
                var members = new StateObject();
                ReadChildren(reader, (name, value) =>
                {
                    if (members.Has(name))
                        throw new FormatException($"'{name}' stands there twice.");
                    members.Put(name, value);
                });
                return members;
            case "array":
                var items = new List<object>();
                ReadChildren(reader, (_, value) => items.Add(value ?? throw new FormatException("A list holds null.")));
                return items;
            default:
                string text = reader.ReadElementContentAsString();
                return type switch
                {
                    "string" => text,
                    "boolean" => text == "true",
                    "number" => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                    _ => null,
                };
        }
    }

    private static void ReadChildren(XmlDictionaryReader reader, Action<string, object?> add)
    {
        bool isEmpty = reader.IsEmptyElement;
        reader.ReadStartElement();
        if (isEmpty)
            return;
        while (reader.MoveToContent() == XmlNodeType.Element)
        {
            string name = reader.GetAttribute("item") ?? reader.LocalName;
            add(name, Read(reader));
        }
        reader.ReadEndElement();
    }
}
