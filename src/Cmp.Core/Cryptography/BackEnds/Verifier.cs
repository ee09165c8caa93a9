using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>A public key that a back end has opened. Used by one thread at a time.</summary>
internal abstract class Verifier : IDisposable
{
    private readonly byte[] _key;

    private protected Verifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key)
    {
        BackEnd = backEnd;
        _key = key.Encoded.ToArray();
    }

    internal ICryptoBackEnd BackEnd { get; }

    public abstract void Dispose();

    /// <summary>The boundary: a key that a library refuses is a malformed one.</summary>
    internal static Verifier Open(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key)
    {
        try
        {
            return backEnd.Open(key);
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"The public key is none: {e.Message}", e) { Octets = key.Encoded };
        }
    }

    internal bool IsOf(ICryptoBackEnd backEnd, ReadOnlySpan<byte> key) => ReferenceEquals(BackEnd, backEnd) && key.SequenceEqual(_key);

    /// <summary>The boundary: whatever a library says of a signature but yes means no.</summary>
    internal bool Verify(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
    {
        try
        {
            return VerifyCore(scheme, data, signature);
        }
        catch (Exception e) when (e is not CmpException)
        {
            return false;
        }
    }

    private protected abstract bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature);
}
