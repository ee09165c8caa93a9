using System;
using System.Collections.Generic;

namespace Cmp.Framing;

/// <summary>
/// What an announcement is asked for by with HTTP GET: a file name below the path of the server, and whom it is about, as drafts of the transport had it for a while.
/// There are no other kinds: a certificate that was issued is not asked for so.
/// </summary>
/// <remarks>
/// draft-ietf-pkix-cmp-transport-protocols-09 to -11, 3.7.2; RFC 6712 has no GET any more. Values are octets of DER in hexadecimal, of a serial number only what it counts:
/// 6699 is <c>1A2B</c>. The text calls an issuer GeneralNames, its examples are bare Names; what these octets are is not looked at here.
/// </remarks>
public abstract record AnnouncementTarget
{
    /// <summary>Octets of one value at most; servers bear lines of 8000 octets as a rule.</summary>
    public const int MaxBytes = 1536;

    private const string CaKeyUpdateFile = "CAKeyUpdAnn.PKI";
    private const string RevocationFile = "RevAnn.PKI";
    private const string CrlFile = "CRLAnn.PKI";
    private const string AuthorityKeyIdentifierKey = "AuthorityKeyIdentifier";
    private const string IssuerKey = "issuer";
    private const string SerialNumberKey = "serialNumber";

    private AnnouncementTarget()
    {
    }

    /// <summary>The new key of a CA.</summary>
    /// <param name="AuthorityKeyIdentifier">Which was the old one: an AuthorityKeyIdentifier (RFC 5280 4.2.1.1).</param>
    public sealed record CaKeyUpdate(ReadOnlyMemory<byte> AuthorityKeyIdentifier) : AnnouncementTarget
    {
        private protected override string Text => $"{CaKeyUpdateFile}?{AuthorityKeyIdentifierKey}={Write(AuthorityKeyIdentifier)}";
    }

    /// <summary>The revocation of a certificate.</summary>
    /// <param name="Issuer">Who issued it: a Name, or GeneralNames.</param>
    /// <param name="SerialNumber">Its serial number: content octets of the INTEGER, big-endian. Where it was read, without an octet that is only there for the sign.</param>
    public sealed record Revocation(ReadOnlyMemory<byte> Issuer, ReadOnlyMemory<byte> SerialNumber) : AnnouncementTarget
    {
        private protected override string Text => $"{RevocationFile}?{IssuerKey}={Write(Issuer)}&{SerialNumberKey}={Write(Magnitude(SerialNumber))}";
    }

    /// <summary>The latest CRLs of a CA.</summary>
    /// <param name="Issuer">Which CA: a Name, or GeneralNames.</param>
    public sealed record Crl(ReadOnlyMemory<byte> Issuer) : AnnouncementTarget
    {
        private protected override string Text => $"{CrlFile}?{IssuerKey}={Write(Issuer)}";
    }

    private protected abstract string Text { get; }

    /// <summary>Reads a request's target, whatever path stands before the file name. Case of the digits does not matter, order and further arguments neither.</summary>
    /// <param name="target">Path and query as they stand in the request line.</param>
    /// <returns>What is asked for; <see langword="null"/> where the path names no announcement.</returns>
    /// <exception cref="CmpException"><c>CmpHttp.AnnouncementTarget</c>: it names one, and does not say, or not as it is to be said, which.</exception>
    public static AnnouncementTarget? Read(string target)
    {
        int question = target.IndexOf('?');
        string path = question < 0 ? target : target.Substring(0, question);
        string file = path.Substring(path.LastIndexOf('/') + 1);
        if (file is not (CaKeyUpdateFile or RevocationFile or CrlFile))
            return null;
        Dictionary<string, string> arguments = Arguments(file, question < 0 ? string.Empty : target.Substring(question + 1));
        return file switch
        {
            CaKeyUpdateFile => new CaKeyUpdate(Value(file, arguments, AuthorityKeyIdentifierKey)),
            RevocationFile => new Revocation(Value(file, arguments, IssuerKey), Magnitude(Value(file, arguments, SerialNumberKey, isNumber: true))),
            _ => new Crl(Value(file, arguments, IssuerKey)),
        };
    }

    /// <summary>What stands in the request line behind the path of the server and a slash.</summary>
    /// <returns>As in <c>CRLAnn.PKI?issuer=3015…</c>; digits are large.</returns>
    /// <exception cref="CmpException"><c>CmpHttp.AnnouncementTarget</c>: a value is empty, or has more than <see cref="MaxBytes"/> octets.</exception>
    public sealed override string ToString() => Text;

    private static Dictionary<string, string> Arguments(string file, string query)
    {
        var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string argument in query.Split('&'))
        {
            int equals = argument.IndexOf('=');
            string key = equals < 0 ? argument : argument.Substring(0, equals);
            if (key is not (AuthorityKeyIdentifierKey or IssuerKey or SerialNumberKey))
                continue;
            if (arguments.ContainsKey(key))
                throw Refused($"{file} is asked for with {key} twice.");
            arguments[key] = equals < 0 ? string.Empty : argument.Substring(equals + 1);
        }
        return arguments;
    }

    private static byte[] Value(string file, Dictionary<string, string> arguments, string key, bool isNumber = false)
    {
        if (!arguments.TryGetValue(key, out string? digits) || digits.Length == 0)
            throw Refused($"{file} is asked for without {key}.");
        if (digits.Length > 2 * MaxBytes)
            throw Refused($"The {key} that {file} is asked for with has more than {MaxBytes} octets.");
        // a number may be written without the zero at its front
        if (isNumber && digits.Length % 2 != 0)
            digits = "0" + digits;
        var octets = new byte[digits.Length / 2];
        for (int i = 0; i < digits.Length; i++)
        {
            int digit = DigitOf(digits[i]);
            if (digit < 0 || digits.Length % 2 != 0)
                throw Refused($"The {key} that {file} is asked for with is not hexadecimal.");
            octets[i / 2] = (byte)(octets[i / 2] << 4 | digit);
        }
        return octets;
    }

    private static string Write(ReadOnlyMemory<byte> octets)
    {
        const string Digits = "0123456789ABCDEF";
        if (octets.Length is 0 or > MaxBytes)
            throw Refused($"An announcement is asked for by values of 1 to {MaxBytes} octets, not by one of {octets.Length}.", CmpErrorKind.Argument);
        var text = new char[2 * octets.Length];
        for (int i = 0; i < octets.Length; i++)
        {
            text[2 * i] = Digits[octets.Span[i] >> 4];
            text[2 * i + 1] = Digits[octets.Span[i] & 15];
        }
        return new string(text);
    }

    /// <summary>The octets that count of a number that is not negative.</summary>
    private static ReadOnlyMemory<byte> Magnitude(ReadOnlyMemory<byte> number)
    {
        while (number.Length > 1 && number.Span[0] == 0)
            number = number.Slice(1);
        return number;
    }

    private static int DigitOf(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'A' and <= 'F' => c - 'A' + 10,
        >= 'a' and <= 'f' => c - 'a' + 10,
        _ => -1,
    };

    private static CmpException Refused(string message, CmpErrorKind kind = CmpErrorKind.Malformed) => new(kind, "CmpHttp.AnnouncementTarget", message);
}
