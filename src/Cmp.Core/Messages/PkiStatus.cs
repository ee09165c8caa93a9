using System;
using System.Globalization;

namespace Cmp.Messages;

/// <summary>The outcome that a server names (RFC 9810 5.2.3).</summary>
public enum PkiStatus
{
    /// <summary>You got exactly what you asked for; RFC 2510 called it granted.</summary>
    Accepted = 0,

    /// <summary>You got something like what you asked for; the difference is yours to find.</summary>
    GrantedWithMods = 1,

    /// <summary>You don't get it.</summary>
    Rejection = 2,

    /// <summary>The request has not been processed yet.</summary>
    Waiting = 3,

    /// <summary>A revocation is imminent.</summary>
    RevocationWarning = 4,

    /// <summary>A revocation has occurred.</summary>
    RevocationNotification = 5,

    /// <summary>An update was already done for the oldCertID named.</summary>
    KeyUpdateWarning = 6,
}

/// <summary>The names of statuses as RFC 9810 writes them.</summary>
public static class PkiStatusNames
{
    /// <summary>As in <c>accepted</c>, <c>grantedWithMods</c>; a value without a name as its number.</summary>
    /// <param name="status">The status.</param>
    /// <returns>Its name.</returns>
    public static string Of(PkiStatus status)
    {
        string name = status.ToString();
        return Enum.IsDefined(typeof(PkiStatus), status) ? char.ToLowerInvariant(name[0]) + name.Substring(1) : ((int)status).ToString(CultureInfo.InvariantCulture);
    }
}
