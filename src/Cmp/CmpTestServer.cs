using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.TestServer;
using Server = Cmp.TestServer.TestServer;

namespace Cmp;

/// <summary>A certification authority that runs in this process, for trying and testing.</summary>
public sealed class CmpTestServer
{
    private static readonly List<CmpTestServer> All = [];

    private readonly Server _server;

    private CmpTestServer(Server server)
    {
        _server = server;
        Credential = new PSCredential(server.Reference, server.Secret);
    }

    /// <summary>Where it is reached over the first of its roads.</summary>
    public Uri Uri => _server.Uri;

    /// <summary>Where it is reached over each of its roads, by the road's name.</summary>
    public IReadOnlyDictionary<string, Uri> Uris => _server.Uris;

    /// <summary>The server on each of its roads, by the road's name: each serves as -Server by itself, with credential, anchors, and what its road needs.</summary>
    public IReadOnlyDictionary<string, ServerSettings> Servers
    {
        get
        {
            var servers = new Dictionary<string, ServerSettings>(StringComparer.OrdinalIgnoreCase);
            foreach (string road in Uris.Keys)
                servers.Add(road, SettingsOn(road));
            return servers;
        }
    }

    /// <summary>Reference and shared secret of its requesters.</summary>
    public PSCredential Credential { get; }

    /// <summary>Its root: the trust anchor of its requesters.</summary>
    public X509Certificate2 RootCertificate => _server.RootCertificate;

    /// <summary>The folder through which messages come on the roads that are folders; <see langword="null"/> where it has none.</summary>
    public string? FolderPath => _server.FolderPath;

    /// <summary>The root of its TLS certificate, for -TlsTrustAnchor; <see langword="null"/> where it has no road over TLS.</summary>
    public X509Certificate2? TlsRootCertificate => _server.TlsRootCertificate;

    /// <summary>The certificate of its KEM key, for -ServerCertificate of who uses KemBasedMac; <see langword="null"/> where it has none.</summary>
    public X509Certificate2? KemCertificate => _server.KemCertificate;

    /// <summary>The certificate of its (EC)DH key, for -ServerCertificate of who uses DhBasedMac; <see langword="null"/> where it has none.</summary>
    public X509Certificate2? DhCertificate => _server.DhCertificate;

    /// <summary>
    /// The certificate that private keys are encrypted to, or agree with, for -EncryptionCertificate of who does not ask the server for it; who looks at it first
    /// waits until its key is made.
    /// </summary>
    public X509Certificate2? EncryptionCertificate => _server.EncryptionCertificate;

    /// <summary>What it has issued so far.</summary>
    public IReadOnlyList<X509Certificate2> Issued => _server.Issued;

    /// <summary>Gives the authority a new root of the same name: Get-CmpRootUpdate finds it, and what is issued from now on leads to it.</summary>
    /// <returns>The new root.</returns>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: it cannot be kept in -StatePath, and nothing has changed.</exception>
    public X509Certificate2 UpdateRoot() => _server.UpdateRoot();

    /// <summary>Makes a registration authority that the server believes, for Send-CmpMessage -AddProtection and -ReplaceProtection, and for raVerified.</summary>
    /// <returns>Its certificate, with the private key.</returns>
    public X509Certificate2 NewRegistrationAuthority() => NewRegistrationAuthority("CN=Cmp Test Registration Authority");

    /// <summary>Makes a registration authority of a name.</summary>
    /// <param name="subject">The name, as in <c>CN=ra</c>.</param>
    /// <returns>Its certificate, with the private key.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.…</c>: that is no name.</exception>
    public X509Certificate2 NewRegistrationAuthority(string subject) => _server.NewRegistrationAuthority(subject);

    /// <summary>Says something unasked: who observes over CoAP hears it at once, over TCP-Messages it is asked for by the reference in the result.</summary>
    /// <param name="type">The last change of the root, the last certificate that was issued, or the current CRL.</param>
    /// <returns>What is said: the octets are what can be pushed.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>: there is no such thing to announce; <c>CmpArgument.Certificate</c>: a revocation is somebody's;
    /// <c>CmpStore.…</c>: the number of a CRL cannot be kept in -StatePath.</exception>
    public TestAnnouncement Announce(AnnouncementType type) => Announce(type, null);

    /// <summary>Says something unasked of a certificate: that it was issued, or that it is revoked or will be.</summary>
    /// <param name="type">Certificate or Revocation.</param>
    /// <param name="certificate">The certificate; for a revocation one that was issued here.</param>
    /// <returns>What is said: the octets are what can be pushed.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Certificate</c>: it was not issued here, or has no place in such an announcement.</exception>
    public TestAnnouncement Announce(AnnouncementType type, X509Certificate2? certificate) => _server.Announce(type, certificate);

    /// <summary>The address.</summary>
    /// <returns>The address.</returns>
    public override string ToString() => Uri.OriginalString;

    /// <summary>All that a requester must know, so that the object serves as -Server by itself.</summary>
    internal ServerSettings Settings => SettingsOn(Uris.Keys.First());

    internal static IReadOnlyList<CmpTestServer> Running
    {
        get
        {
            lock (All)
                return All.ToArray();
        }
    }

    internal static CmpTestServer Start(TestServerOptions options)
    {
        var server = new CmpTestServer(Server.Start(options));
        lock (All)
            All.Add(server);
        return server;
    }

    internal void Stop()
    {
        lock (All)
        {
            if (!All.Remove(this))
                return;
        }
        _server.Dispose();
    }

    private ServerSettings SettingsOn(string road)
    {
        Uri uri = Uris[road];
        return new ServerSettings
        {
            Uri = uri,
            Secret = new ReferenceAndSecret(Credential.UserName, Credential.Password),
            TrustAnchor = [Certificate.From(RootCertificate)],
            MailFolder = uri.Scheme == Uri.UriSchemeMailto ? FolderPath : null,
            TlsTrustAnchor = uri.Scheme is "https" or "coaps" ? [TlsRootCertificate!] : null,
        };
    }
}
