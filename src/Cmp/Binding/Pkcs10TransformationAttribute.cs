using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text;
using Cmp.Messages.Pkix;

namespace Cmp.Binding;

/// <summary>Takes a PKCS #10 request as a file, as PEM text or as octets.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class Pkcs10TransformationAttribute : ArgumentTransformationAttribute
{
    private const int MaxFileSize = 1 << 20;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        try
        {
            return input is null || BlankIsNothingAttribute.IsBlank(input) ? null! : input as CertificationRequest ?? Open(engineIntrinsics.SessionState, input);
        }
        catch (CmpException e)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    /// <summary>Whether an object in the pipeline is a request by itself, without a property that holds one.</summary>
    internal static bool IsRequest(object? input) => input is FileInfo || (input is string text && IsPem(text));

    /// <summary>Reads a request.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Pkcs10</c>.</exception>
    internal static CertificationRequest Open(SessionState session, object input)
    {
        try
        {
            return input switch
            {
                byte[] octets => Decode(octets),
                FileInfo file => Read(file.FullName),
                string text when IsPem(text) => Decode(Encoding.ASCII.GetBytes(text)),
                string path => Read(session.Path.GetUnresolvedProviderPathFromPSPath(path)),
                // what Get-Content gives: lines, or octets one by one
                object[] lines when lines.All(line => Plain(line) is string) => Decode(Encoding.ASCII.GetBytes(string.Join("\n", lines.Select(Plain)))),
                object[] octets when octets.All(octet => Plain(octet) is byte) => Decode(octets.Select(octet => (byte)Plain(octet)).ToArray()),
                _ => throw new FormatException("It is neither a file, nor PEM text, nor octets."),
            };
        }
        catch (Exception e) when (e is CmpException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Pkcs10", $"The PKCS #10 request cannot be read: {e.Message}", e);
        }
    }

    private static object Plain(object value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static bool IsPem(string text) => text.Contains("-----BEGIN");

    private static CertificationRequest Read(string path)
    {
        if (new FileInfo(path).Length > MaxFileSize)
            throw new IOException($"'{path}' is larger than a request can be.");
        return Decode(File.ReadAllBytes(path));
    }

    private static CertificationRequest Decode(byte[] octets)
    {
        if (octets.Length > 0 && octets[0] == 0x30)
            return CertificationRequest.Decode(octets);
        string text = Encoding.ASCII.GetString(octets);
        foreach (string label in new[] { "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST" })
        {
            string begin = $"-----BEGIN {label}-----";
            int start = text.IndexOf(begin, StringComparison.Ordinal);
            int end = text.IndexOf($"-----END {label}-----", StringComparison.Ordinal);
            if (start >= 0 && end > start)
                return CertificationRequest.Decode(Convert.FromBase64String(text.Substring(start + begin.Length, end - start - begin.Length)));
        }
        throw new FormatException("It is neither DER nor PEM.");
    }
}
