using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>One certificate of a recovery, and what became of it: it is where it belongs with its key, or it is said why not.</summary>
public sealed class RecoveredCertificate
{
    internal RecoveredCertificate(int number, Certificate? certificate)
    {
        Number = number;
        Certificate = certificate;
    }

    /// <summary>Its place among those that came, counted from 0; a new certificate for signatures is the last.</summary>
    public int Number { get; }

    /// <summary>The certificate; <see langword="null"/> where it came encrypted and could not be opened, or did not come.</summary>
    public Certificate? Certificate { get; }

    /// <summary>Whether it is the new certificate for signatures, and none of before.</summary>
    public bool IsNew { get; internal init; }

    /// <summary>The certificate with its key, where it belongs; <see langword="null"/> where it is not there.</summary>
    public EnrolledCertificate? Restored { get; internal set; }

    /// <summary>Why it is not there; nothing of its key is kept. <see langword="null"/> where nothing went wrong.</summary>
    public CmpException? Failure { get; internal set; }
}
