namespace Cmp.Transports;

/// <summary>
/// How a CMP server is reached by files (RFC 9483 6.4.1): through a folder that a courier, or the server itself, looks into. It is written as <c>file:///srv/cmp</c>, on
/// Windows as <c>file:///C:/cmp</c> or <c>file://host/share/cmp</c> (RFC 8089).
/// </summary>
public sealed record FileTransportSettings : TransportSettings;
