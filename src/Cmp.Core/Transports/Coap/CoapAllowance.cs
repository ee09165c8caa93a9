using System;
using System.Collections.Generic;
using System.Net;

namespace Cmp.Transports;

/// <summary>
/// How much may be sent to an address that anybody may have written into a datagram: three times as much as came from it, and a little besides.
/// Else a small question would make us send a large answer to somebody who never asked (RFC 7252 11.3); the factor is that of RFC 9000 8, which
/// RFC 9175 2.4 names for CoAP. What goes beyond is not sent: a client that is really there asks again, and earns some more by it.
/// </summary>
internal sealed class CoapAllowance
{
    /// <summary>Octets that may be sent for each that came.</summary>
    public const int Factor = 3;

    /// <summary>Octets that are had in advance, and at most.</summary>
    public const int Advance = 16 * 1024;

    /// <summary>Octets that are earned in a second of silence.</summary>
    public const int PerSecond = 1024;

    private const int MaxAddresses = 4096;
    private readonly CoapStore<IPAddress, Account> _accounts =
        new(MaxAddresses, long.MaxValue, TimeSpan.FromSeconds(Advance / PerSecond));

    /// <summary>A datagram came.</summary>
    /// <param name="address">From where, if that is true.</param>
    /// <param name="octets">Its length.</param>
    /// <param name="now">The time.</param>
    public void Earn(IPAddress address, int octets, TimeSpan now)
    {
        // nobody can write the loopback's address into a datagram from outside
        if (!IPAddress.IsLoopback(address))
            Open(address, now).Add(Factor * octets);
    }

    /// <summary>A datagram is to be sent.</summary>
    /// <param name="address">Where to.</param>
    /// <param name="octets">Its length.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether it may.</returns>
    public bool Spend(IPAddress address, int octets, TimeSpan now) => IPAddress.IsLoopback(address) || Open(address, now).TryTake(octets);

    /// <summary>Forgets those who have earned all there is.</summary>
    /// <param name="now">The time.</param>
    public void Expire(TimeSpan now) => _accounts.Expire(now);

    private Account Open(IPAddress address, TimeSpan now)
    {
        Account? account = _accounts.Find(address);
        if (account is null)
            _accounts.TryPut(address, account = new Account(now), 0, now);
        else
            _accounts.TryTouch(address, 0, now);
        account.Grow(now);
        return account;
    }

    private sealed class Account(TimeSpan opened)
    {
        private double _octets = Advance;
        private TimeSpan _counted = opened;

        public void Grow(TimeSpan now)
        {
            Add((now - _counted).TotalSeconds * PerSecond);
            _counted = now;
        }

        public void Add(double octets) => _octets = Math.Min(Advance, _octets + octets);

        public bool TryTake(int octets)
        {
            if (_octets < octets)
                return false;
            _octets -= octets;
            return true;
        }
    }
}
