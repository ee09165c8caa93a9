namespace Cmp.Transports;

/// <summary>What is known of an exchange that failed, for the words of its error.</summary>
/// <param name="Server">Who was asked, fit to be shown: host and port, and the proxy on the way.</param>
internal sealed record HttpAttempt(string Server)
{
    /// <summary>Whether a proxy was to be asked: then no other connection was made.</summary>
    public bool IsOverProxy { get; init; }

    /// <summary>Whether TLS was to be spoken.</summary>
    public bool IsTls { get; init; }

    /// <summary>Whether HTTP/2 was to be spoken without TLS, where nothing can be negotiated.</summary>
    public bool IsHttp2WithoutTls { get; init; }

    /// <summary>Whether the server took the connection; where that cannot be known it is not said.</summary>
    public bool IsConnected { get; init; }

    /// <summary>Whether the server began to speak something else than TLS.</summary>
    public bool IsOtherProtocol { get; init; }

    /// <summary>Whether the head of the answer had come.</summary>
    public bool AnswerBegan { get; init; }
}
