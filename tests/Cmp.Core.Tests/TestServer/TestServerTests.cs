using System;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.TestServer;
using Xunit;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests.TestServer;

/// <summary>The server on its socket.</summary>
public class TestServerTests
{
    [Fact]
    public async Task It_answers_over_HTTP_on_loopback()
    {
        await using Server server = Server.Start();
        Assert.True(server.Uri.IsLoopback);
        Assert.Equal(server.Uri, server.Uris["Http"]);

        byte[] secret = Secrets.Utf8(server.Secret);
        using var credential = new SharedSecret(System.Text.Encoding.UTF8.GetBytes(server.Reference), secret);
        MessageProtector protector = MessageProtector.PasswordBasedMac(credential, new PbmOptions());
        PrivateKey key = Peer.NewKey();
        var header = new PkiHeader(2, GeneralName.FromName(Name.FromCommonName(server.Reference)), GeneralName.NullDn)
        {
            SenderKid = protector.SenderKid,
            TransactionId = Secrets.Random(16),
            SenderNonce = Secrets.Random(16),
            GeneralInfo = [InfoTypeAndValue.ImplicitConfirm],
        };
        using var http = new HttpClient();
        using var content = new ByteArrayContent(protector.Protect(header, Peer.Request(PkiBodyType.Ir, key, "CN=wanted"), []).Encoded.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pkixcmp");
        using HttpResponseMessage response = await http.PostAsync(new Uri(server.Uri, ".well-known/cmp/initialization"), content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/pkixcmp", response.Content.Headers.ContentType!.MediaType);
        PkiMessage answer = PkiMessage.Decode(await response.Content.ReadAsByteArrayAsync());
        Certificate certificate = Assert.IsType<CertRepMessage>(answer.Body).Responses[0].CertifiedKeyPair!.Certificate!;
        Assert.Equal(certificate.Encoded.ToArray(), Assert.Single(server.Issued).RawData);

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(server.RootCertificate);
        chain.ChainPolicy.ExtraStore.Add(server.IssuingCertificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Assert.True(chain.Build(server.Issued[0]));
        Assert.Equal(3, chain.ChainElements.Count);
        Assert.True(chain.Build(server.SignerCertificate));
    }

    [Fact]
    public void The_secret_is_random_unless_it_is_given_and_comes_out_as_a_copy()
    {
        using Server one = Server.Start(), two = Server.Start();
        string first = new NetworkCredential(string.Empty, one.Secret).Password, second = new NetworkCredential(string.Empty, two.Secret).Password;
        Assert.Equal(24, first.Length);
        Assert.NotEqual(first, second);
        one.Secret.Dispose();
        Assert.Equal(24, one.Secret.Length);

        using var given = new SecureString();
        given.AppendChar('x');
        using Server three = Server.Start(new TestServerOptions { Secret = given, Reference = "me" });
        given.Clear();
        Assert.Equal("x", new NetworkCredential(string.Empty, three.Secret).Password);
        Assert.Equal("me", three.Reference);
    }

    [Fact]
    public void Neither_reference_nor_secret_is_empty()
    {
        using var empty = new SecureString();
        Assert.Equal("CmpArgument.Secret", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Secret = empty })).ErrorId);
        Assert.Equal("CmpArgument.Secret", Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Reference = string.Empty })).ErrorId);
    }

    [Fact]
    public void A_taken_port_is_an_error_and_a_stopped_server_frees_it()
    {
        Server one = Server.Start();
        CmpException e = Assert.Throws<CmpException>(() => Server.Start(new TestServerOptions { Port = one.Uri.Port }));
        Assert.Equal("CmpTransport.ListenFailed", e.ErrorId);
        int port = one.Uri.Port;
        one.Dispose();
        using Server two = Server.Start(new TestServerOptions { Port = port });
        Assert.Equal(port, two.Uri.Port);
        // what it emitted stays good
        Assert.Contains("Cmp Test Root CA", one.RootCertificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void The_authority_is_a_root_a_CA_and_a_signer_that_speaks_for_it()
    {
        using Server server = Server.Start();
        Certificate root = Certificate.From(server.RootCertificate), issuing = Certificate.From(server.IssuingCertificate), signer = Certificate.From(server.SignerCertificate);
        Assert.True(root.IsSelfIssued && root.IsCA && issuing.IsCA && !signer.IsCA);
        Assert.Equal(0, issuing.PathLength);
        Assert.Equal(KeyUsages.KeyCertSign | KeyUsages.CrlSign, issuing.KeyUsage);
        Assert.Equal(KeyUsages.DigitalSignature, signer.KeyUsage);
        Assert.Equal([Oids.CmcCA, Oids.CmcRA], signer.EnhancedKeyUsage);
        Assert.False(server.RootCertificate.HasPrivateKey || server.SignerCertificate.HasPrivateKey);
    }
}
