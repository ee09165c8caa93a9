using System;
using System.Collections.Generic;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Stores;

/// <summary>A certificate where it is kept now, and the way to undo that.</summary>
public sealed class InstalledCertificate
{
    private Action? _undo;

    internal InstalledCertificate(X509Certificate2 certificate, Action? undo)
    {
        Certificate = certificate;
        _undo = undo;
    }

    /// <summary>The certificate, opened again from where it went. Where it was installed with its private key, that key has signed.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The store that it went to, as in <c>CurrentUser\My</c>, or <see langword="null"/>.</summary>
    public string? Store { get; init; }

    /// <summary>The file that it went to, or <see langword="null"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The file that its private key went to where that is another one, or <see langword="null"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>Its path for PowerShell's certificate provider; <see langword="null"/> where it is in no store, or not on Windows.</summary>
    public string? PSPath { get; init; }

    /// <summary>What could not be done here and does no harm, one sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The issuers that went into the stores beside it go again with it.</summary>
    internal void Add(InstalledChain chain)
    {
        Action? own = _undo;
        _undo = () =>
        {
            try
            {
                own?.Invoke();
            }
            finally
            {
                chain.Remove();
            }
        };
    }

    /// <summary>Undoes the installation: what came with it is gone, what it replaced is back (rule 45). A second call does nothing.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: it could not be undone.</exception>
    public void Remove()
    {
        Action? undo = _undo;
        _undo = null;
        undo?.Invoke();
    }
}
