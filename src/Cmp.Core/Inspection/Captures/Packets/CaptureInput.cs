using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Threading;

namespace Cmp.Inspection.Captures;

/// <summary>The octets of a capture, unpacked where it is compressed (gzip), in one buffer that is filled again and again.</summary>
internal sealed class CaptureInput : IDisposable
{
    /// <summary>What a gzip file begins with.</summary>
    internal const ushort Gzip = 0x1F8B;

    private const int FirstBytes = 1 << 18;
    private const int ProgressBytes = 1 << 20;
    private const long FreeBytes = 1 << 26;

    private readonly CountedStream _file;
    private readonly GZipStream? _unpacked;
    private readonly int _maxExpansion;
    private readonly Action<long>? _progress;
    private readonly CancellationToken _cancellationToken;
    private int _end;
    private long _read;
    private long _told;

    /// <summary>Opens a capture; the stream stays open when this is disposed of.</summary>
    /// <param name="stream">Its octets.</param>
    /// <param name="maxExpansion">How many times as long as the file what it unpacks to may be.</param>
    /// <param name="progress">Told how many octets of the stream were read, now and then.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal CaptureInput(Stream stream, int maxExpansion, Action<long>? progress, CancellationToken cancellationToken)
    {
        _file = new CountedStream(stream);
        _maxExpansion = Math.Max(1, maxExpansion);
        _progress = progress;
        _cancellationToken = cancellationToken;
        ReadOnlySpan<byte> head = _file.Peek();
        if (head.Length >= 2 && BinaryPrimitives.ReadUInt16BigEndian(head) == Gzip)
            _unpacked = new GZipStream(_file, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>Where the octets are that were not taken yet, from <see cref="Start"/>, <see cref="Available"/> of them.</summary>
    internal byte[] Buffer { get; private set; } = new byte[FirstBytes];

    internal int Start { get; private set; }

    internal int Available => _end - Start;

    internal ReadOnlySpan<byte> Octets => Buffer.AsSpan(Start, Available);

    /// <summary>The place of <see cref="Start"/> in the capture, in octets from its beginning, unpacked.</summary>
    internal long Position => _read - Available;

    /// <summary>Why nothing follows where something should: the compression is damaged, or goes too far; <see langword="null"/> where the capture just ends.</summary>
    internal string? Damage { get; private set; }

    /// <summary>Has so many octets at hand. What was at hand may move.</summary>
    /// <param name="count">Octets; the caller bounds them.</param>
    /// <returns>Whether they are there.</returns>
    internal bool Ensure(int count)
    {
        while (Available < count)
        {
            if (!Fill(count))
                return false;
        }
        return true;
    }

    /// <summary>Takes octets that are at hand.</summary>
    internal void Advance(int count) => Start += count;

    /// <summary>Passes over octets, be they at hand or not.</summary>
    /// <returns>Whether they were there.</returns>
    internal bool Skip(long count)
    {
        while (count > Available)
        {
            count -= Available;
            Start = _end;
            if (!Fill(1))
                return false;
        }
        Start += (int)count;
        return true;
    }

    public void Dispose() => _unpacked?.Dispose();

    private bool Fill(int count)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        if (Damage is not null)
            return false;
        if (Start > 0 && (Start == _end || Start + count > Buffer.Length))
        {
            System.Buffer.BlockCopy(Buffer, Start, Buffer, 0, Available);
            _end = Available;
            Start = 0;
        }
        if (count > Buffer.Length)
        {
            byte[] larger = new byte[count + FirstBytes];
            System.Buffer.BlockCopy(Buffer, Start, larger, 0, Available);
            _end = Available;
            Start = 0;
            Buffer = larger;
        }
        int read;
        try
        {
            read = ((Stream?)_unpacked ?? _file).Read(Buffer, _end, Buffer.Length - _end);
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException && _unpacked is not null && !_file.HasFailed))
        {
            // Mono says by an IOException what .NET says by the other
            Damage = "Its compression is damaged";
            read = 0;
        }
        _end += Math.Max(0, read);
        _read += Math.Max(0, read);
        if (_unpacked is not null && _read > FreeBytes && _read / _maxExpansion > _file.Count)
            Damage = string.Format(CultureInfo.InvariantCulture, "It unpacks to more than {0} times its length", _maxExpansion);
        if (read <= 0 || _file.Count - _told >= ProgressBytes)
        {
            _told = _file.Count;
            _progress?.Invoke(_told);
        }
        return read > 0;
    }
}
