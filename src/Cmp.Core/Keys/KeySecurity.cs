using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Keys;

/// <summary>Who may use a key: its access list, as Windows keeps it in a security descriptor.</summary>
/// <remarks>
/// As winnt.h lays them out, numbers little-endian:
/// <code>
/// SECURITY_DESCRIPTOR_RELATIVE: Revision, Sbz1, Control (2), Owner (4), Group (4), Sacl (4), Dacl (4): where they begin
/// ACL: AclRevision, Sbz1, AclSize (2), AceCount (2), Sbz2 (2); then the entries
/// ACE_HEADER: AceType, AceFlags, AceSize (2); of those that allow and deny Mask (4) and the SID
/// </code>
/// </remarks>
internal sealed class KeySecurity
{
    /// <summary>Using the key: GENERIC_READ with FILE_GENERIC_READ, as "Read" in Windows' own dialog gives it.</summary>
    internal const uint Read = 0x80120089;

    /// <summary>What file systems make of a generic right when they keep it.</summary>
    private const uint KeptRead = Read & 0x7FFFFFFF;

    private const int DescriptorBytes = 20;
    private const int AclHeaderBytes = 8;
    private const int MaxAclBytes = ushort.MaxValue;
    private const ushort DaclPresent = 0x0004;
    private const ushort DaclFlags = 0x1504; // present, auto-inherit requested, auto-inherited, protected
    private const ushort SelfRelative = 0x8000;
    private const byte Allowed = 0;
    private const byte Inherited = 0x10;

    private readonly ushort _control;
    private readonly byte _revision;
    private readonly List<byte[]>? _entries;

    private KeySecurity(ushort control, byte revision, List<byte[]>? entries)
    {
        _control = control;
        _revision = revision;
        _entries = entries;
    }

    /// <summary>Reads the access list out of a security descriptor.</summary>
    /// <exception cref="FormatException">It is damaged.</exception>
    internal static KeySecurity Decode(byte[] descriptor)
    {
        if (descriptor.Length < DescriptorBytes || descriptor[0] != 1 || (Short(descriptor, 2) & SelfRelative) == 0)
            throw Damaged();
        ushort control = Short(descriptor, 2);
        long offset = BitConverter.ToUInt32(descriptor, 16);
        // without a list everybody may
        if ((control & DaclPresent) == 0 || offset == 0)
            return new KeySecurity(control, 2, null);
        if (offset < DescriptorBytes || offset > descriptor.Length - AclHeaderBytes)
            throw Damaged();
        int at = (int)offset;
        byte revision = descriptor[at];
        int end = at + Short(descriptor, at + 2);
        int count = Short(descriptor, at + 4);
        if (end > descriptor.Length)
            throw Damaged();
        at += AclHeaderBytes;
        var entries = new List<byte[]>();
        for (int i = 0; i < count; i++)
        {
            int length = at <= end - 4 ? Short(descriptor, at + 2) : 0;
            if (length < 8 || at > end - length)
                throw Damaged();
            entries.Add(descriptor.AsSpan(at, length).ToArray());
            at += length;
        }
        return new KeySecurity(control, revision, entries);
    }

    /// <summary>Whether an account is allowed all that reading is, by an entry of its own.</summary>
    internal bool Allows(Sid account) => _entries is null || _entries.Any(entry => IsFor(entry, account) && (BitConverter.ToUInt32(entry, 4) & KeptRead) == KeptRead);

    /// <summary>The same with accounts that may use the key too. What is there stays; what denies stays first, what is inherited last.</summary>
    /// <exception cref="FormatException">There is no room.</exception>
    internal KeySecurity With(IEnumerable<Sid> accounts)
    {
        if (_entries is null)
            return this;
        List<byte[]> entries = [.. _entries];
        foreach (Sid account in accounts.Distinct().Where(account => !Allows(account)))
        {
            int at = entries.FindIndex(entry => (entry[1] & Inherited) != 0);
            entries.Insert(at < 0 ? entries.Count : at, Entry(account));
        }
        return AclHeaderBytes + entries.Sum(entry => entry.Length) <= MaxAclBytes ? new KeySecurity(_control, _revision, entries) : throw new FormatException("The access list is full.");
    }

    /// <summary>A security descriptor with this list and nothing else.</summary>
    internal byte[] Encode()
    {
        int length = _entries is null ? 0 : AclHeaderBytes + _entries.Sum(entry => entry.Length);
        var descriptor = new byte[DescriptorBytes + length];
        descriptor[0] = 1;
        Put(descriptor, 2, (ushort)((_control & DaclFlags) | SelfRelative));
        if (_entries is null)
            return descriptor;
        Put(descriptor, 16, DescriptorBytes);
        descriptor[DescriptorBytes] = _revision;
        Put(descriptor, DescriptorBytes + 2, (ushort)length);
        Put(descriptor, DescriptorBytes + 4, (ushort)_entries.Count);
        int at = DescriptorBytes + AclHeaderBytes;
        foreach (byte[] entry in _entries)
        {
            entry.CopyTo(descriptor, at);
            at += entry.Length;
        }
        return descriptor;
    }

    private static bool IsFor(byte[] entry, Sid account) => entry[0] == Allowed && entry.Length >= 16 && Sid.Read(entry, 8, entry.Length - 8).Equals(account);

    private static byte[] Entry(Sid account)
    {
        byte[] sid = account.ToArray();
        var entry = new byte[8 + sid.Length];
        entry[0] = Allowed;
        Put(entry, 2, (ushort)entry.Length);
        for (int i = 0; i < 4; i++)
            entry[4 + i] = (byte)(Read >> (8 * i));
        sid.CopyTo(entry, 8);
        return entry;
    }

    private static ushort Short(byte[] octets, int at) => (ushort)(octets[at] | octets[at + 1] << 8);

    private static void Put(byte[] octets, int at, ushort value)
    {
        octets[at] = (byte)value;
        octets[at + 1] = (byte)(value >> 8);
    }

    private static FormatException Damaged() => new("The security descriptor of the key is damaged.");
}
