using System;

namespace Cmp.Tests;

/// <summary>What runs the .NET Framework build of these tests on machines without it, and what it lacks.</summary>
internal static class Mono
{
    internal const string HasNoCngKeys = "Mono has neither RSACng nor ECDsaCng";

    internal const string DoesNotBindKeys = "Mono does not bind a key to a certificate";

    internal const string KeepsKeys = "Mono's RSA keys can be used after they were let go of";

    internal const string SharesFiles = "Mono lets a process open twice what it opened for itself alone, where others may delete it";

    internal const string MakesNoRequests = "Mono's CertificateRequest makes none";

    internal static bool IsRunning { get; } = Type.GetType("Mono.Runtime") is not null;
}
