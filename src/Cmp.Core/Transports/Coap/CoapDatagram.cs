using System;
using System.Net;

namespace Cmp.Transports;

/// <summary>One datagram that is to be sent.</summary>
/// <param name="Peer">Whom to.</param>
/// <param name="Octets">What is in it.</param>
internal readonly record struct CoapDatagram(IPEndPoint Peer, ReadOnlyMemory<byte> Octets);
