namespace Cmp.Transports;

/// <summary>Whether a connection is to serve more than one message (rule 53).</summary>
public enum KeepAliveMode
{
    /// <summary>One connection for each message; HTTP/2 has none.</summary>
    No,

    /// <summary>Connections are kept where the server keeps them, else made anew.</summary>
    Prefer,

    /// <summary>
    /// A server that does not keep the connection within a transaction is an error, and a later message never opens a connection
    /// (on .NET Framework only what the server announces is checked).
    /// Over HTTP a transport that is to guarantee that a transaction stays on one connection must not be shared with another transaction at the same time.
    /// </summary>
    Require,
}
