using System;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>A server's certificate that was validated once and need not be again, in its transaction and in the next ones (rules 28 and 51).</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="ValidUntil">When the first certificate of its path ends, the anchor among them: it is validated anew after that.</param>
public sealed record ValidatedSigner(Certificate Certificate, DateTimeOffset ValidUntil);
