using System;

namespace Cmp.Framing;

/// <summary>Takes a body in chunks apart as it comes (RFC 9112 7.1), generously, for one who only looks on. Extensions and trailers are passed over.</summary>
internal struct HttpChunks
{
    /// <summary>Octets of what stands between two pieces of data: a size with its extensions, or the trailers.</summary>
    private const int MaxOverhead = 1 << 16;

    private Place _place;
    private long _size;
    private int _digits;
    private int _overhead;
    private bool _isBlank;

    private enum Place
    {
        Size,
        Extension,
        Data,
        AfterData,
        Trailer,
        Complete,
        Broken,
    }

    /// <summary>Whether the body has ended.</summary>
    public readonly bool IsComplete => _place == Place.Complete;

    /// <summary>Whether what came is no chunk: where the body ends is not known any more.</summary>
    public readonly bool IsBroken => _place == Place.Broken;

    /// <summary>The octets of data that come next for certain.</summary>
    public readonly long Promised => _place == Place.Data ? _size : 0;

    /// <summary>Takes octets until a piece of data, the end, or nothing more.</summary>
    /// <param name="octets">What came; what was taken is cut off from it. What follows the end stays.</param>
    /// <returns>The piece of data; empty where there is none yet.</returns>
    public ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> octets)
    {
        int i = 0;
        for (; i < octets.Length; i++)
        {
            byte octet = octets[i];
            switch (_place)
            {
                case Place.Size when DigitOf(octet) is >= 0 and int digit:
                    // 15 digits are beyond every capture
                    if (++_digits > 15)
                        _place = Place.Broken;
                    _size = (_size << 4) | (long)digit;
                    break;
                case Place.Size when _digits > 0 && octet is (byte)';' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    _place = Place.Extension;
                    goto case Place.Extension;
                case Place.Extension:
                    if (octet == '\n')
                    {
                        _place = _size == 0 ? Place.Trailer : Place.Data;
                        _overhead = 0;
                        _isBlank = true;
                    }
                    break;
                case Place.Data:
                    int length = (int)Math.Min(_size, octets.Length - i);
                    ReadOnlySpan<byte> data = octets.Slice(i, length);
                    octets = octets.Slice(i + length);
                    Skip(length);
                    return data;
                case Place.AfterData:
                    if (octet == '\n')
                        Begin();
                    else if (octet != '\r')
                        _place = Place.Broken;
                    break;
                case Place.Trailer:
                    if (octet == '\n')
                    {
                        if (_isBlank)
                        {
                            _place = Place.Complete;
                            octets = octets.Slice(i + 1);
                            return default;
                        }
                        _isBlank = true;
                    }
                    else if (octet != '\r')
                    {
                        _isBlank = false;
                    }
                    break;
                default:
                    _place = Place.Broken;
                    break;
            }
            if (++_overhead > MaxOverhead)
                _place = Place.Broken;
            if (_place == Place.Broken)
                break;
        }
        octets = octets.Slice(i);
        return default;
    }

    /// <summary>Passes over data that did not come.</summary>
    /// <param name="octets">How many octets; no more than <see cref="Promised"/>.</param>
    public void Skip(long octets)
    {
        _size -= octets;
        if (_size == 0)
        {
            _place = Place.AfterData;
            _overhead = 0;
        }
    }

    private void Begin()
    {
        _place = Place.Size;
        _size = 0;
        _digits = 0;
        _overhead = 0;
    }

    private static int DigitOf(byte octet) => octet switch
    {
        >= (byte)'0' and <= (byte)'9' => octet - '0',
        >= (byte)'A' and <= (byte)'F' => octet - 'A' + 10,
        >= (byte)'a' and <= (byte)'f' => octet - 'a' + 10,
        _ => -1,
    };
}
