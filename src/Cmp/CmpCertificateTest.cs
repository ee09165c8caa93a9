using System;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace Cmp;

/// <summary>How a certificate stands: whether it is there with its key, valid, and not due for renewal. Its text is one line, as detection scripts want it.</summary>
public sealed class CmpCertificateTest
{
    /// <summary>What the enrolment is called, or the thumbprint.</summary>
    public required string Name { get; init; }

    /// <summary>The certificate; <see langword="null"/> where it was not found.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Whether all of it holds.</summary>
    public bool Passed => Problem is null && Found && HasPrivateKey && Valid && !Due;

    /// <summary>Whether the certificate was found where it belongs.</summary>
    public bool Found => Certificate is not null;

    /// <summary>Whether it has its private key.</summary>
    public bool HasPrivateKey { get; init; }

    /// <summary>Whether it is valid now.</summary>
    public bool Valid { get; init; }

    /// <summary>Whether it should be renewed.</summary>
    public bool Due { get; init; }

    /// <summary>When it should be renewed, local time; <see langword="null"/> where it was not found.</summary>
    public DateTime? RenewAfter { get; init; }

    /// <summary>When it ends, local time; <see langword="null"/> where it was not found.</summary>
    public DateTime? NotAfter { get; init; }

    /// <summary>What else is wrong, or <see langword="null"/>.</summary>
    public string? Problem { get; init; }

    /// <summary>One line.</summary>
    /// <returns>As in <c>web1: good until 2027-11-25, to be renewed after 2027-10-26</c>.</returns>
    public override string ToString()
    {
        string what = Problem ?? (!Found ? "not found"
            : !HasPrivateKey ? "has no private key"
            : !Valid ? $"not valid (until {Day(NotAfter)})"
            : Due ? $"due for renewal since {Day(RenewAfter)}, ends {Day(NotAfter)}"
            : $"good until {Day(NotAfter)}, to be renewed after {Day(RenewAfter)}");
        return $"{Name}: {what}";
    }

    private static string Day(DateTime? time) => time?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "?";
}
