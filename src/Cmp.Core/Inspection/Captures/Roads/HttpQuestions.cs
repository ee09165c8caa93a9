using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>The requests of one connection that wait for their response, which come in the same order (RFC 9112 9.3.2).</summary>
/// <param name="isWhole">Whether the connection was met at its beginning.</param>
internal sealed class HttpQuestions(bool isWhole)
{
    /// <summary>Requests that wait; who does not see the responses does not remember more.</summary>
    private const int MaxWaiting = 256;

    private readonly Queue<HttpQuestion> _waiting = new();
    private bool _isWhole = isWhole;
    private bool _areAnswersLost;
    private int _answeredBefore;

    /// <summary>A request was seen.</summary>
    /// <param name="question">It.</param>
    public void Ask(HttpQuestion question)
    {
        // packets of both directions are not always captured in the order in which they were sent
        if (_answeredBefore > 0)
        {
            _answeredBefore--;
            return;
        }
        if (_waiting.Count == MaxWaiting)
        {
            _waiting.Clear();
            _isWhole = false;
        }
        _waiting.Enqueue(question);
    }

    /// <summary>A final response was seen.</summary>
    /// <param name="isMissing">Whether the response to another request that asked for CMP is missing.</param>
    /// <returns>The request that it answers; <see langword="null"/> where that is not known.</returns>
    public HttpQuestion? Answer(out bool isMissing)
    {
        isMissing = false;
        // who does not send several requests at a time waits for the response to the last one
        while (_areAnswersLost && _waiting.Count > 1)
            isMissing |= _waiting.Dequeue().IsCmp;
        _areAnswersLost = false;
        if (_waiting.Count > 0)
            return _waiting.Dequeue();
        if (_isWhole)
            _answeredBefore++;
        return null;
    }

    /// <summary>Octets are missing in one of the directions: nobody knows any more which response was before its request.</summary>
    /// <param name="ofAnswers">Whether whole responses may be among them.</param>
    public void Lose(bool ofAnswers)
    {
        _isWhole = false;
        _answeredBefore = 0;
        _areAnswersLost |= ofAnswers;
    }

    /// <summary>No more responses come.</summary>
    /// <returns>Whether one is missing that may be in what was lost, of a request that asked for CMP.</returns>
    public bool GiveUp()
    {
        bool isMissing = false;
        foreach (HttpQuestion question in _waiting)
            isMissing |= _areAnswersLost && question.IsCmp;
        _waiting.Clear();
        return isMissing;
    }
}
