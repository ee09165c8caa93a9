using System;
using Cmp.Messages;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>Answers the bodies that begin a transaction. It sees only requests whose header and protection are right; delays and confirmations are not its business.</summary>
internal interface IRequestHandler
{
    /// <summary>Makes the final answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="transaction">Its transaction: what is issued and has to be confirmed is noted there.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="RefusalException">The request is refused at once, without delay.</exception>
    PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now);

    /// <summary>Says no in the body that answers such requests (RFC 9483 3.6.2).</summary>
    /// <param name="request">The body of the request.</param>
    /// <param name="status">Why.</param>
    /// <returns>The answer.</returns>
    PkiBody Refuse(PkiBody request, PkiStatusInfo status);

    /// <summary>Says that it takes time.</summary>
    /// <param name="answer">The final answer, which is kept until then.</param>
    /// <returns>The same with status waiting; <see langword="null"/> where the answer has no place for a status, and an error message says it.</returns>
    PkiBody? Waiting(PkiBody answer);
}
