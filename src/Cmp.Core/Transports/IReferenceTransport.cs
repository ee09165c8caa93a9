using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>A road on which what is late is called by polling references, so that also one can be asked with that a CA gave by other ways (draft-ietf-pkix-cmp-tcp-00 3.3).</summary>
public interface IReferenceTransport : ICmpTransport
{
    /// <summary>The ticket of this road for a reference: in the style that the server is known to speak, or is said to.</summary>
    /// <param name="reference">The reference.</param>
    /// <returns>What <see cref="ICmpTransport.CollectAsync"/> takes.</returns>
    string TicketOf(PollingReference reference);
}
