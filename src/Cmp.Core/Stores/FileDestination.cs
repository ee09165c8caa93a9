using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>Keeps a certificate in a file, and its key there or in another one.</summary>
internal sealed class FileDestination : CertificateDestination
{
    private const string FriendlyNameLeftOut = "The friendly name was left out: only a store of Windows and PKCS #12 files have one.";
    private const string ChainLeftOut = "The chain was left out: a .cer file holds one certificate.";

    private readonly string _path;
    private readonly string? _keyPath;
    private readonly SecureString? _password;
    private readonly bool _overwrite;
    private readonly Format _format;

    internal FileDestination(string path, string? keyPath, SecureString? password, bool overwrite)
    {
        _path = Path.GetFullPath(path);
        _keyPath = keyPath is null ? null : Path.GetFullPath(keyPath);
        _password = password;
        _overwrite = overwrite;
        _format = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".pem" => Format.Pem,
            ".cer" => Format.Der,
            ".pfx" or ".p12" => Format.Pkcs12,
            _ => throw Argument("CmpStore.Extension", $"The extension of '{PeerText.Escape(path)}' does not say what the file is to be.", "Name a .pem, .cer, .pfx or .p12 file."),
        };
        if (_keyPath is not null && _format == Format.Pkcs12)
            throw Argument("CmpStore.KeyFile", "A PKCS #12 file holds its key.", "Leave -OutKeyFile out, or write a .pem file.");
        if (_keyPath == _path)
            throw Argument("CmpStore.KeyFile", "The certificate and the key are to go to the same file.", "Leave -OutKeyFile out: a .pem file holds both.");
    }

    private enum Format
    {
        Pem,
        Der,
        Pkcs12,
    }

    private bool KeyIsInside => _keyPath is null;

    public override DestinationDescription Description => new() { Path = _path, KeyPath = _keyPath, Overwrite = _overwrite, HasPassword = _password is { Length: > 0 } };

    public override void EnsureWritable(bool withKey) => EnsureWritable(withKey, _ => _overwrite);

    public override void EnsureTakes(PrivateKey key)
    {
        // one in a token stays there, and the file does without it
        if (key.Exportable || key.Location is not null)
            return;
        throw new CmpException(CmpErrorKind.Key, "CmpKey.NotExportable", $"The private key stays with its provider: it cannot go to '{PeerText.Escape(_keyPath ?? _path)}'.")
        {
            RecommendedAction = "Let the certificate go to a store with -CertStoreLocation, which refers to the key.",
        };
    }

    private void EnsureWritable(bool withKey, Func<string, bool> mayReplace)
    {
        if (withKey && _format == Format.Der && _keyPath is null)
            throw Argument("CmpStore.KeyFile", "A .cer file holds no private key.", "Name -OutKeyFile, or write a .pem or .pfx file.");
        if (!withKey && _keyPath is not null)
            throw Argument("CmpStore.KeyFile", "There is no private key to write to a file of its own.", "Leave -OutKeyFile out.");
        foreach (string path in _keyPath is null ? new[] { _path } : [_path, _keyPath])
        {
            AtomicFile.EnsureWritable(path, mayReplace(path));
            FileBackup.Of(path);
        }
    }

    public override InstalledCertificate Install(CertificateToInstall what)
    {
        // found out before anything is staged
        bool mayReplaceFile = MayReplace(_path), mayReplaceKey = _keyPath is not null && MayReplace(_keyPath);
        EnsureWritable(what.Key is not null, path => path == _path ? mayReplaceFile : mayReplaceKey);
        what.Key?.EnsureFits(what.Certificate.PublicKey);
        using AtomicFile? keyFile = _keyPath is null ? null : Stage(_keyPath, KeyFile.ToPem(what.Key!, _password), isSecret: true);
        using AtomicFile file = Stage(_path, Contents(what), isSecret: what.Key is not null && KeyIsInside);
        using PrivateKey? key = keyFile is null ? null : KeyFile.Read(keyFile.StagedPath, _password);
        using FoundCertificate written = CertificateSource.FindInFile(file.StagedPath, _password, key, limits: null);
        FileBackup? oldKey = _keyPath is null ? null : FileBackup.Of(_keyPath);
        FileBackup old = FileBackup.Of(_path);
        keyFile?.KeepGroup();
        if (what.Key is not null && KeyIsInside)
            file.KeepGroup();
        keyFile?.Commit(mayReplaceKey);
        try
        {
            file.Commit(mayReplaceFile);
        }
        catch
        {
            oldKey?.Restore();
            throw;
        }
        var found = new FoundCertificate(written.Certificate, key: null) { File = FileStamp.Of(_path) };
        return new InstalledCertificate(found.Certificate, Undo) { Path = _path, KeyPath = _keyPath, Notes = [.. Notes(what)] };

        bool MayReplace(string path) => _overwrite || (what.IsRepeated && IsOurs(path, what.Certificate));

        void Undo()
        {
            try
            {
                old.Restore();
            }
            finally
            {
                oldKey?.Restore();
            }
        }
    }

    public override string ToString() => _keyPath is null ? _path : $"{_path} and {_keyPath}";

    private static CmpException Argument(string errorId, string message, string action) =>
        new(CmpErrorKind.Argument, errorId, message) { RecommendedAction = action };

    /// <summary>Whether a file is what an installation left that was cut off: this certificate, or the key of it. What it had not put in its place yet goes.</summary>
    private bool IsOurs(string path, Certificate certificate)
    {
        AtomicFile.Sweep(path);
        if (!File.Exists(path))
            return false;
        try
        {
            if (path == _keyPath)
            {
                using PrivateKey key = KeyFile.Read(path, _password);
                key.EnsureFits(certificate.PublicKey);
                return true;
            }
            using FoundCertificate found = CertificateSource.FindInFile(path, _password, key: null, limits: null);
            return found.Certificate.RawData.AsSpan().SequenceEqual(certificate.Encoded.Span);
        }
        catch (CmpException)
        {
            return false; // it is somebody else's
        }
    }

    private static AtomicFile Stage(string path, byte[] octets, bool isSecret)
    {
        try
        {
            return AtomicFile.Stage(path, octets, isSecret);
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    private byte[] Contents(CertificateToInstall what)
    {
        byte[] certificate = what.Certificate.Encoded.ToArray();
        if (_format == Format.Der)
            return certificate;
        IEnumerable<byte[]> chain = what.Chain.Where(issuer => !issuer.IsSelfIssued).Select(issuer => issuer.Encoded.ToArray());
        if (_format == Format.Pkcs12)
            return KeyFile.ToPkcs12(certificate, chain, what.Key, _password, what.FriendlyName);
        var parts = new List<byte[]> { Pem.Write("CERTIFICATE", certificate) };
        parts.AddRange(chain.Select(issuer => Pem.Write("CERTIFICATE", issuer)));
        if (what.Key is not null && KeyIsInside)
            parts.Add(KeyFile.ToPem(what.Key, _password));
        var contents = new byte[parts.Sum(part => part.Length)];
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(contents, at);
            at += part.Length;
            Secrets.Clear(part);
        }
        return contents;
    }

    private IEnumerable<string> Notes(CertificateToInstall what)
    {
        if (!string.IsNullOrEmpty(what.FriendlyName) && _format != Format.Pkcs12)
            yield return FriendlyNameLeftOut;
        if (what.Chain.Count > 0 && _format == Format.Der)
            yield return ChainLeftOut;
    }
}
