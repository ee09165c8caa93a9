using System.Net;

namespace Cmp.Transports;

/// <summary>What a listener did not take.</summary>
/// <param name="Status">The HTTP status that it was answered by; over TCP-Messages the one that stands for the errorMsgRep: 400 for the client's errors, 413, 503.
/// <see langword="null"/> where nothing could be said, and the connection was just closed.</param>
/// <param name="Reason">A few words, escaped.</param>
/// <param name="From">Where it came from; <see langword="null"/> where that is not known any more.</param>
public sealed record ListenerRefusal(int? Status, string Reason, IPEndPoint? From);
