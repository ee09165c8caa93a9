using System;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Stores;

namespace Cmp;

/// <summary>An enrolment that is remembered, with its certificate as it is found now.</summary>
public sealed class CmpEnrollment
{
    internal CmpEnrollment(EnrollmentRecord record, SecureString? password)
    {
        Name = record.Name;
        Server = record.CurrentServer;
        Subject = record.Subject;
        Thumbprint = record.Thumbprint;
        NotAfter = record.NotAfter.LocalDateTime;
        RenewAfter = record.RenewAfter.LocalDateTime;
        Due = record.IsDue(Commands.DueClock.Now);
        Store = record.Destination.Store;
        Path = record.Destination.Path;
        try
        {
            using FoundCertificate found = record.Open(password);
            Certificate = found.Certificate;
        }
        catch (CmpException e)
        {
            Problem = e.Message;
        }
    }

    /// <summary>What it is called; the thumbprint where nobody said otherwise.</summary>
    public string Name { get; }

    /// <summary>The server as it is registered now, where it is; else as it was then.</summary>
    public ServerSettings Server { get; }

    /// <summary>The certificate with its key; <see langword="null"/> where it is not found, or under a password.</summary>
    public X509Certificate2? Certificate { get; }

    /// <summary>Why there is no certificate; else <see langword="null"/>.</summary>
    public string? Problem { get; }

    /// <summary>The certificate's subject, escaped.</summary>
    public string Subject { get; }

    /// <summary>The certificate's thumbprint.</summary>
    public string Thumbprint { get; }

    /// <summary>When it ends, local time.</summary>
    public DateTime NotAfter { get; }

    /// <summary>When it should be renewed, local time.</summary>
    public DateTime RenewAfter { get; }

    /// <summary>Whether that time has come.</summary>
    public bool Due { get; }

    /// <summary>The store that it went to, as in <c>CurrentUser\My</c>, or <see langword="null"/>.</summary>
    public string? Store { get; }

    /// <summary>The file that it went to, or <see langword="null"/>.</summary>
    public string? Path { get; }

    /// <summary>The name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
