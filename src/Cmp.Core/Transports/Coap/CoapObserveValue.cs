namespace Cmp.Transports;

/// <summary>What the option Observe says in a request (RFC 7641 2).</summary>
internal enum CoapObserveValue
{
    /// <summary>We want to be told of changes.</summary>
    Register,

    /// <summary>We do not any more.</summary>
    Deregister,
}
