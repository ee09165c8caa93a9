using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>What is said of a server, and what follows where nothing is said.</summary>
public class SettingsTests
{
    [Fact]
    public void What_is_said_stands_over_the_preset_and_that_over_the_defaults()
    {
        ServerSettings settings = new ServerSettings { Preset = "opensslmock", NotifyErrors = false, IterationCount = 500 }.Resolve();
        Assert.False(settings.NotifyErrors);
        Assert.Equal(500, settings.IterationCount);
        Assert.True(settings.AllowPbmSha1);
        Assert.Equal(TimeSpan.FromMinutes(5), settings.Timeout);
    }

    [Fact]
    public void Over_leaves_both_as_they_are()
    {
        var upper = new ServerSettings { Name = "a" };
        var lower = new ServerSettings { Name = "b", Timeout = TimeSpan.FromSeconds(1) };
        ServerSettings both = upper.Over(lower);
        Assert.Equal(("a", (TimeSpan?)TimeSpan.FromSeconds(1)), (both.Name, both.Timeout));
        Assert.Null(upper.Timeout);
        Assert.Equal("b", lower.Name);
    }

    [Fact]
    public void Nothing_that_has_a_default_is_absent_after_that()
    {
        ServerSettings settings = new ServerSettings().Resolve();
        Assert.Equal(
            ["CertificateProfile", "ClientCertificate", "ClientCertificateReference", "ClientKey", "ClientKeyPassword", "ClientKeyPath", "CredentialStore", "DefaultPath", "EncryptionCertificate", "ExpectedSender", "HashAlgorithm", "HttpGeneration", "IsDefault", "IterationCount", "MacAlgorithm", "MacHashAlgorithm", "MailFolder", "MaxReferenceBytes", "MinReferenceBytes", "Name", "NoProxy", "Preset", "Protection", "ProtocolVersion", "Proxy", "ProxyCredential", "Recipient", "RevocationMode", "Scope", "Secret", "SecretReference", "ServerCertificate", "TcpStyle", "TlsCertificate", "TlsCertificateReference", "TlsTrustAnchor", "Uri"],
            typeof(ServerSettings).GetProperties().Where(property => property.GetValue(settings) is null).Select(property => property.Name).OrderBy(name => name, StringComparer.Ordinal));
    }

    [Fact]
    public void Rule65_The_systems_roots_are_never_anchors_and_nobody_is_believed_by_default()
    {
        ServerSettings settings = new ServerSettings().Resolve();
        Assert.Empty(settings.TrustAnchor!);
        Assert.Empty(settings.IssuedTrustAnchor!);
        Assert.False(settings.AllowAnySigner);
        Assert.False(settings.AllowUnprotectedErrors);
        Assert.False(settings.AllowExpiredServerCertificate);
        Assert.False(settings.AllowPbmSha1);
        Assert.False(settings.NotifyErrors);
        Assert.True(settings.WarnOnMixedProtection);
    }

    [Fact]
    public void An_unknown_preset_is_refused_and_the_known_ones_are_named()
    {
        CmpException error = Assert.Throws<CmpException>(() => new ServerSettings { Preset = "no\u0007ne" }.Resolve());
        Assert.Equal("CmpArgument.Preset", error.ErrorId);
        Assert.DoesNotContain('\u0007', error.Message);
        Assert.Contains("OpenSslMock", error.RecommendedAction);
    }

    [Fact]
    public void A_server_is_shown_by_name_or_address_and_never_with_its_secret()
    {
        var settings = new ServerSettings { Uri = new Uri("http://ca.example/x"), Secret = new ReferenceAndSecret("ref", new NetworkCredential(string.Empty, "horse").SecurePassword) };
        Assert.Equal("http://ca.example/x", settings.ToString());
        Assert.Equal("lab", (settings with { Name = "lab" }).ToString());
        Assert.Equal("ref", settings.Secret.ToString());
    }

    [Theory]
    [InlineData("http://ca.example", "http://ca.example/pkix/")]
    [InlineData("http://ca.example/", "http://ca.example/pkix/")]
    [InlineData("HTTP://CA.example:80/", "HTTP://CA.example:80/pkix/")]
    [InlineData("https://ca.example:443", "https://ca.example:443/pkix/")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080/pkix/")]
    [InlineData("http://ca.example/x", "http://ca.example/x")]
    [InlineData("http://ca.example//", "http://ca.example//")]
    [InlineData("http://ca.example/%2e", "http://ca.example/%2e")]
    [InlineData("http://ca.example?x=1", "http://ca.example?x=1")]
    public void Rule60_Only_an_empty_path_is_filled_by_the_preset(string written, string expected)
    {
        ServerSettings settings = new ServerSettings { Preset = "OpenSslMock" }.Resolve();
        Assert.Equal(expected, Roads.WithPath(new Uri(written), settings).OriginalString);
        Assert.Equal(written, Roads.WithPath(new Uri(written), settings with { WellKnown = true }).OriginalString);
        Assert.Equal(written, Roads.WithPath(new Uri(written), new ServerSettings().Resolve()).OriginalString);
    }

    [Fact]
    public void Without_an_address_or_with_one_of_no_road_there_is_no_client()
    {
        Assert.Equal("CmpArgument.Server", Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings())).ErrorId);
        Assert.Equal("CmpArgument.Server", Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri("ca.example", UriKind.Relative) })).ErrorId);
        CmpException error = Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri("http://user:hush@ca.example/") }));
        Assert.Equal("CmpArgument.Server", error.ErrorId);
        Assert.DoesNotContain("hush", error.Message + error.RecommendedAction);
        Assert.Equal("CmpArgument.Scheme", Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri("gopher://ca.example") })).ErrorId);
        using var coap = new CmpClient(new ServerSettings { Uri = new Uri("coap://ca.example") });
        using var coaps = new CmpClient(new ServerSettings { Uri = new Uri("coaps://ca.example") });
    }

    [Theory]
    [InlineData("SHA4", null)]
    [InlineData(null, "HMAC-MD5")]
    public void An_unknown_algorithm_is_refused_and_the_known_ones_are_named(string? digest, string? mac)
    {
        CmpException error = Assert.Throws<CmpException>(() => new CmpClient(new ServerSettings { Uri = new Uri("http://ca.example"), HashAlgorithm = digest, MacAlgorithm = mac }));
        Assert.Equal("CmpArgument.Algorithm", error.ErrorId);
        Assert.Contains("SHA256", error.RecommendedAction);
    }
}
