using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>What must be known of a request of CoAP when its response comes.</summary>
/// <param name="Key">What all blocks of its operation have in common (RFC 7959 2.4, RFC 9175 3.2): method, path, query and Request-Tag, not the token.</param>
/// <param name="MessageId">Its Message ID, which a reset names.</param>
/// <param name="Block">The block of the request that it carries, or <see langword="null"/>.</param>
internal sealed record CoapQuestion(ulong Key, ushort MessageId, CoapBlock? Block);
