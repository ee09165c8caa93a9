using System;
using System.Collections.Generic;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A request of ours on its way. Only <see cref="CoapMessageLayer"/> writes to it.</summary>
internal sealed class CoapRequest
{
    /// <summary>Responses that wait to be taken, where more than one may come.</summary>
    private const int MaxResponses = 16;

    private readonly Queue<CoapMessage> _responses = new();

    /// <summary>The request as it was sent last.</summary>
    public required CoapMessage Message { get; set; }

    /// <summary>How far it has come.</summary>
    public CoapRequestState State { get; set; }

    /// <summary>Whether more responses than one may come: it observes (RFC 7641).</summary>
    public bool IsObserving { get; init; }

    /// <summary>When it is sent again; <see langword="null"/> where that is over.</summary>
    public CoapRetransmission? Repetition { get; set; }

    /// <summary>At which repetition the network said that nobody listens; -1 where it did not.</summary>
    public int RefusedAt { get; set; } = -1;

    /// <summary>Keeps a response until it is taken; of too many the oldest ones are lost.</summary>
    /// <param name="response">The response.</param>
    public void Add(CoapMessage response)
    {
        if (_responses.Count == MaxResponses)
            _responses.Dequeue();
        _responses.Enqueue(response);
        State = CoapRequestState.Answered;
        Repetition = null;
    }

    /// <summary>Takes a response.</summary>
    /// <returns>The oldest one that was not taken yet, or <see langword="null"/>.</returns>
    public CoapMessage? Take() => _responses.Count > 0 ? _responses.Dequeue() : null;
}
