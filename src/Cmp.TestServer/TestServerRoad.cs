namespace Cmp.TestServer;

/// <summary>A road on which a <see cref="TestServer"/> is reached.</summary>
public enum TestServerRoad
{
    /// <summary>HTTP: <c>http</c>.</summary>
    Http,

    /// <summary>HTTP over TLS, with a certificate for the loopback address of an authority of its own: <c>https</c>.</summary>
    Https,
}
