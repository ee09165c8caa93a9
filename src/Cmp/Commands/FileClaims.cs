using System;
using System.Collections.Generic;

namespace Cmp.Commands;

/// <summary>The files that rows in flight are going to write.</summary>
internal sealed class FileClaims
{
    // two names that differ in case are one file on some systems; on the others a row waits for nothing
    private readonly HashSet<string> _files = new(StringComparer.OrdinalIgnoreCase);

    internal bool Has(string file)
    {
        lock (_files)
            return _files.Contains(file);
    }

    /// <summary>Claims a file until what is given is disposed of.</summary>
    internal IDisposable Claim(string file)
    {
        lock (_files)
            _files.Add(file);
        return new Claimed(this, file);
    }

    private sealed class Claimed(FileClaims claims, string file) : IDisposable
    {
        public void Dispose()
        {
            lock (claims._files)
                claims._files.Remove(file);
        }
    }
}
