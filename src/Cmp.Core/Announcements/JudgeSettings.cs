using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Announcements;

/// <summary>How announcements are judged, besides what the settings of the server say.</summary>
public sealed record JudgeSettings
{
    /// <summary>How old a message may be, a day where nothing is said (rule 74): it has no nonce, so an old one could be said again by anybody.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How far a message may be ahead of our clock, 5 minutes: clocks differ, and what is accepted from far ahead would keep out all that follows.</summary>
    public TimeSpan MaxAhead { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Certificates at hand: one that is announced as revoked is known again, and says who issues its CRLs.</summary>
    public IReadOnlyList<Certificate> About { get; init; } = [];

    /// <summary>Tells the time; <see langword="null"/>: the client's clock.</summary>
    public Func<DateTimeOffset>? Clock { get; init; }

    /// <summary>The bounds. Anybody may send what nobody asked for, so it may cost less than an answer: 200 signature checks, 300 000 iterations of PBKDF2.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default with { MaxSignatureChecks = 200, MaxPbkdf2Iterations = 300_000 };

    /// <summary>Hears of what is worth a word and speaks neither for nor against, such as a CRL that could not be fetched.</summary>
    public ICmpTrace? Trace { get; init; }

    /// <summary>Refuses what cannot hold.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.MaxAge</c>, <c>CmpArgument.MaxAhead</c>: negative.</exception>
    internal JudgeSettings Checked()
    {
        if (MaxAge < TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.MaxAge", $"An announcement cannot be {MaxAge} old at most.");
        if (MaxAhead < TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.MaxAhead", $"An announcement cannot be {MaxAhead} ahead at most.");
        return this;
    }
}
