using System;
using System.IO;

namespace Cmp.Inspection.Captures;

/// <summary>Reads a stream that others opened, and counts; what was read first can be read once more, so that a pipe can be looked into.</summary>
internal sealed class CountedStream(Stream stream) : Stream
{
    private readonly byte[] _head = new byte[4];
    private int _known;
    private int _given;

    /// <summary>The octets that were read of the stream.</summary>
    internal long Count { get; private set; }

    /// <summary>Whether the stream itself could not be read.</summary>
    internal bool HasFailed { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The first octets, which are read again; fewer than four where there are no more.</summary>
    internal ReadOnlySpan<byte> Peek()
    {
        while (_known < _head.Length)
        {
            int read = stream.Read(_head, _known, _head.Length - _known);
            if (read <= 0)
                break;
            _known += read;
            Count += read;
        }
        return _head.AsSpan(0, _known);
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        if (_given < _known)
        {
            int again = Math.Min(count, _known - _given);
            Array.Copy(_head, _given, buffer, offset, again);
            _given += again;
            return again;
        }
        HasFailed = true;
        int read = stream.Read(buffer, offset, count);
        HasFailed = false;
        Count += Math.Max(0, read);
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
