using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>The body of an HTTP message as it comes: gathered where it is CMP or tells why there is none, else passed over.</summary>
/// <param name="budget">What it takes its room from.</param>
/// <param name="maxBytes">The octets that a message may have.</param>
internal sealed class CapturedBody(OctetBudget budget, int maxBytes)
{
    private const int MaxText = 2048;
    private const int MaxShown = 200;
    private const int MaxLines = 5;

    /// <summary>The octets by which it shows what a body is; of one that is encoded, of the code.</summary>
    private const int FirstBytes = TcpMessageShape.Bytes, FirstCodedBytes = 512;

    /// <summary>How many times as long a body may become that is encoded, where that is more than <see cref="FreeBytes"/>: keys and signatures become little shorter, and bombs are not worth the time.</summary>
    private const int MaxExpansion = 50, FreeBytes = 1 << 16;

    /// <summary>What may stand around a message in a TCP-Message.</summary>
    private const int Overhead = 15;

    private readonly OctetBuffer _octets = new(budget);
    private Interest _interest;
    private Interest _otherwise;
    private string? _coding;
    private bool _isCmp;
    private long _length;
    private long _lost;
    private string? _defect;

    private enum Interest
    {
        /// <summary>It is passed over.</summary>
        None,

        /// <summary>Its first octets tell.</summary>
        Beginning,

        /// <summary>Its first lines are shown.</summary>
        Text,

        /// <summary>It is wanted whole.</summary>
        Whole,
    }

    /// <summary>Whether it is, or claims to be, CMP.</summary>
    public bool IsCmp => _isCmp;

    /// <summary>Whether nothing came.</summary>
    public bool IsEmpty => _length == 0 && _lost == 0;

    /// <summary>Why it is not whole.</summary>
    public string? Defect => _defect ?? (_lost > 0 ? Count(_lost) + " of it " + (_lost == 1 ? "is" : "are") + " missing in the capture." : null);

    /// <summary>A body begins.</summary>
    /// <param name="isCmp">Whether its media type says that it is CMP.</param>
    /// <param name="isLookedAt">Whether it may be CMP all the same.</param>
    /// <param name="isText">Whether it is a text that is shown where it is none.</param>
    /// <param name="coding">How it is encoded, or <see langword="null"/>.</param>
    public void Begin(bool isCmp, bool isLookedAt, bool isText, string? coding)
    {
        _octets.Clear();
        _isCmp = isCmp;
        _otherwise = isText ? Interest.Text : Interest.None;
        // a text that is encoded shows its lines only where all of it is there
        _interest = isCmp || (isText && coding is not null) ? Interest.Whole : isLookedAt ? Interest.Beginning : _otherwise;
        _coding = coding;
        _length = 0;
        _lost = 0;
        _defect = null;
    }

    /// <summary>Takes the next octets.</summary>
    /// <param name="octets">They.</param>
    public void Write(ReadOnlySpan<byte> octets)
    {
        _length += octets.Length;
        if (_interest == Interest.Beginning && octets.Length > 0)
        {
            int first = Math.Min((_coding is null ? FirstBytes : FirstCodedBytes) - _octets.Length, octets.Length);
            if (!Append(octets.Slice(0, first)))
                return;
            octets = octets.Slice(first);
            Judge(isAll: octets.Length > 0);
        }
        if (_interest == Interest.Text)
            Append(octets.Slice(0, Math.Min(octets.Length, MaxText - Math.Min(_octets.Length, MaxText))));
        else if (_interest == Interest.Whole && _octets.Length + (long)octets.Length > maxBytes + (long)Overhead)
            GiveUp("It is longer than the " + maxBytes.ToString(CultureInfo.InvariantCulture) + " octets that are read.");
        else if (_interest == Interest.Whole)
            Append(octets);
    }

    /// <summary>Octets are missing.</summary>
    /// <param name="octets">How many.</param>
    public void Lose(long octets)
    {
        if (_interest == Interest.Beginning)
            Judge(isAll: true);
        _lost += octets;
        // what comes behind the gap is of no use
        _octets.Clear();
        _interest = Interest.None;
    }

    /// <summary>The body has not come to its end.</summary>
    /// <param name="defect">Why.</param>
    public void GiveUp(string defect)
    {
        if (_interest == Interest.Beginning)
            Judge(isAll: true);
        _defect ??= defect;
        _octets.Release();
        _interest = Interest.None;
    }

    /// <summary>The body has come to its end.</summary>
    /// <param name="body">What it is, decoded; empty where it is not CMP, or nothing came whole.</param>
    /// <param name="text">Its first lines, escaped, where it is a text and not CMP; else empty.</param>
    public void Finish(out ReadOnlyMemory<byte> body, out string text)
    {
        if (_interest == Interest.Beginning)
            Judge(isAll: true);
        body = _interest == Interest.Whole ? _octets.Span.ToArray() : default;
        text = "";
        bool hadWhole = _interest == Interest.Whole;
        if (hadWhole && _coding is not null && body.Length > 0)
        {
            _defect = HttpCoding.Decode(_coding, body, (int)Math.Min(maxBytes + (long)Overhead, Math.Max(FreeBytes, (long)MaxExpansion * body.Length)), out body);
            if (!_isCmp && IsLikeCmp(body.Span) == true)
                _isCmp = true;
            if (_isCmp && _defect is not null)
                body = default;
        }
        if (!_isCmp)
        {
            if (_interest == Interest.Text)
                text = Lines(_octets.Span);
            else if (hadWhole)
                text = Lines(body.Span.Slice(0, Math.Min(body.Length, MaxText)));
            body = default;
            _defect = null;
        }
        _octets.Clear();
        _interest = Interest.None;
    }

    /// <summary>Gives back what it holds.</summary>
    public void Release() => _octets.Release();

    private bool Append(ReadOnlySpan<byte> octets)
    {
        bool isAppended = _octets.TryAppend(octets);
        if (!isAppended)
            GiveUp("Too many messages are under way at once.");
        return isAppended;
    }

    /// <summary>Tells by what has come whether it is CMP.</summary>
    private void Judge(bool isAll)
    {
        ReadOnlySpan<byte> start = _octets.Span;
        bool? isLike;
        if (_coding is null)
        {
            isLike = IsLikeCmp(start);
        }
        else if (isAll || start.Length >= FirstCodedBytes)
        {
            // it may break off, and go on beyond what is looked at
            HttpCoding.Decode(_coding, start.ToArray(), FreeBytes, out ReadOnlyMemory<byte> decoded);
            isLike = IsLikeCmp(decoded.Span);
        }
        else
        {
            return;
        }
        if (isLike is null && !isAll)
            return;
        _isCmp = isLike == true;
        _interest = _isCmp ? Interest.Whole : _otherwise;
        if (_interest == Interest.None)
            _octets.Clear();
    }

    private bool? IsLikeCmp(ReadOnlySpan<byte> start)
    {
        bool? isMessage = PkiMessageShape.Judge(start, null, maxBytes);
        if (isMessage == true)
            return true;
        return TcpMessageShape.Judge(start, maxBytes) switch
        {
            TcpMessageLikeness.Certain => true,
            TcpMessageLikeness.Unknown => null,
            _ => isMessage,
        };
    }

    private static string Lines(ReadOnlySpan<byte> octets)
    {
        List<string> lines = [];
        foreach (string line in Encoding.UTF8.GetString(octets.ToArray()).Split('\n'))
        {
            string trimmed = line.Trim();
            if (trimmed.Length != 0 && lines.Count < MaxLines)
                lines.Add(trimmed);
        }
        return PeerText.Escape(string.Join(" / ", lines), MaxShown);
    }

    private static string Count(long octets) => octets.ToString(CultureInfo.InvariantCulture) + (octets == 1 ? " octet" : " octets");
}
