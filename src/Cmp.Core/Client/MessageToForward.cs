using System;

namespace Cmp.Client;

/// <summary>A message of somebody else that is to be sent on, in one with others.</summary>
/// <param name="Octets">Its DER.</param>
/// <param name="Forwarding">What is done with it before; nothing: it goes as it is.</param>
public sealed record MessageToForward(ReadOnlyMemory<byte> Octets, ForwardingOptions Forwarding);
