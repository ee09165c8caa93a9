namespace Cmp.TestServer;

/// <summary>A road on which a <see cref="TestServer"/> is reached.</summary>
public enum TestServerRoad
{
    /// <summary>HTTP: <c>http</c>.</summary>
    Http,

    /// <summary>HTTP over TLS, with a certificate for the loopback address of an authority of its own: <c>https</c>.</summary>
    Https,

    /// <summary>TCP-Messages: <c>tcp</c>. It has polling of its own.</summary>
    Tcp,

    /// <summary>TCP-Messages in HTTP, of both styles and as every draft had it; a message as it is, too: <c>http+tcp</c>. It has polling of its own.</summary>
    HttpTcp,

    /// <summary>CoAP over UDP, in blocks: <c>coap</c>.</summary>
    Coap,

    /// <summary>CoAP over DTLS, with the same certificate as <see cref="Https"/>: <c>coaps</c>.</summary>
    Coaps,

    /// <summary>Files in a folder: <c>file</c>.</summary>
    File,

    /// <summary>Mails in a folder, with no mailer between: <c>mailto</c>.</summary>
    Mail,
}
