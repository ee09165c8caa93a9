using System;
using Cmp.Messages.Bodies;

namespace Cmp.TestServer;

/// <summary>A handler whose answers do something when they leave, be it after a delay.</summary>
internal interface IDeliveringHandler : IRequestHandler
{
    /// <summary>Does what an answer says, once, before it is sent for the first time.</summary>
    /// <param name="answer">What <see cref="IRequestHandler.Answer"/> made.</param>
    /// <param name="transaction">Its transaction.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer that is sent.</returns>
    PkiBody Deliver(PkiBody answer, ServerTransaction transaction, DateTimeOffset now);
}
