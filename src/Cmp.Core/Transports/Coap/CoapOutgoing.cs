using System;

namespace Cmp.Transports;

/// <summary>A confirmable message of a server that is sent until it is acknowledged: an answer that took its time, or a notification.</summary>
/// <param name="MessageId">Its Message ID.</param>
/// <param name="Octets">Its datagram.</param>
/// <param name="Ended">Called at the end: whether the client acknowledged it. Else it was reset, or nobody is there.</param>
internal sealed record CoapOutgoing(ushort MessageId, ReadOnlyMemory<byte> Octets, Action<bool>? Ended);
