using System;

namespace Cmp.Transports;

/// <summary>What is done over a <see cref="CoapMessageLayer"/>, step by step, as datagrams come and time passes.</summary>
internal interface ICoapWork
{
    /// <summary>What went wrong; <see langword="null"/> where nothing did.</summary>
    CmpException? Error { get; }

    /// <summary>Whether nothing more is to be done.</summary>
    bool IsOver { get; }

    /// <summary>When <see cref="Advance"/> has something to do even if nothing comes, or <see langword="null"/>.</summary>
    TimeSpan? Due { get; }

    /// <summary>Goes on as far as what has come allows. It is called after each datagram, and when something is due.</summary>
    /// <param name="now">The time.</param>
    void Advance(TimeSpan now);
}
