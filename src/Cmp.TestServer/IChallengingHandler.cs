using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>A handler that may answer by challenges first; then <see cref="ServerTransaction.Challenge"/> is what it has to know when they are answered.</summary>
internal interface IChallengingHandler : IRequestHandler
{
    /// <summary>Makes the final answer.</summary>
    /// <param name="request">The request that was challenged.</param>
    /// <param name="proven">The certReqIds whose challenges were answered rightly.</param>
    /// <param name="transaction">Its transaction.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="RefusalException">The request is refused at once, without delay.</exception>
    PkiBody AnswerChallenged(PkiMessage request, ISet<int> proven, ServerTransaction transaction, DateTimeOffset now);
}
