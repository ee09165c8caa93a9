using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>
/// Keeps the last public keys open: one server's key verifies thousands of messages, and opening an RSA key costs .NET ten times what using it does.
/// </summary>
/// <remarks>A verifier is taken out while it is in use, so no two threads ever share one.</remarks>
internal static class VerifierCache
{
    internal const int Capacity = 16;

    private static readonly List<Verifier> Idle = [];

    internal static Verifier? Take(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key)
    {
        lock (Idle)
        {
            for (int i = Idle.Count - 1; i >= 0; i--)
            {
                Verifier verifier = Idle[i];
                if (!verifier.IsOf(backEnd, key.Encoded.Span))
                    continue;
                Idle.RemoveAt(i);
                return verifier;
            }
        }
        return null;
    }

    internal static void Return(Verifier verifier)
    {
        Verifier? oldest = null;
        lock (Idle)
        {
            if (Idle.Count == Capacity)
            {
                oldest = Idle[0];
                Idle.RemoveAt(0);
            }
            Idle.Add(verifier);
        }
        oldest?.Dispose();
    }
}
