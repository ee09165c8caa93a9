using System.Text;

namespace Cmp.Cryptography.Cng;

/// <summary>A property of a key as CNG takes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its octets.</param>
/// <param name="IsPersisted">Whether it stays with the key: NCRYPT_PERSIST_FLAG.</param>
internal sealed record CngKeyProperty(string Name, byte[] Value, bool IsPersisted = false)
{
    // ncrypt.h and bcrypt.h
    internal const string Length = "Length";
    internal const string ExportPolicy = "Export Policy";
    internal const string CurveName = "ECCCurveName";
    internal const string ParameterSetName = "ParameterSetName";
    internal const string AlgorithmGroup = "Algorithm Group";
    internal const string SecurityDescriptor = "Security Descr";
    internal const string Pin = "SmartCardPin";

    /// <summary>NCRYPT_ALLOW_EXPORT_FLAG and NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG.</summary>
    internal const int AllowExport = 1;
    internal const int AllowPlaintextExport = 2;

    /// <summary>DACL_SECURITY_INFORMATION of winnt.h.</summary>
    internal const uint Dacl = 4;

    /// <summary>A number, a DWORD.</summary>
    internal static CngKeyProperty Of(string name, int value) => new(name, [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)]);

    /// <summary>A text with its end.</summary>
    internal static CngKeyProperty Of(string name, string value) => new(name, Encoding.Unicode.GetBytes(value + "\0"));

    /// <summary>The text of a property.</summary>
    internal static string Text(byte[] value) => Encoding.Unicode.GetString(value).TrimEnd('\0');
}
