using System;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Which host a TLS server's certificate is for (RFC 9525).</summary>
public class TlsHostNameTests
{
    [Theory]
    [InlineData("ca.example", "ca.example", true)]
    [InlineData("CA.Example", "ca.exAMPLE", true)]
    [InlineData("ca.example", "ca.example.", true)]
    [InlineData("xn--bcher-kva.example", "xn--bcher-kva.example", true)]
    [InlineData("*.ca.example", "a.ca.example", true)]
    [InlineData("*.ca.example", "xn--bcher-kva.ca.example", true)]
    [InlineData("ca.example", "a.ca.example", false)]
    [InlineData("a.ca.example", "ca.example", false)]
    [InlineData("*.ca.example", "ca.example", false)]
    [InlineData("*.ca.example", ".ca.example", false)]
    [InlineData("*.ca.example", "a.b.ca.example", false)]
    [InlineData("*.example", "ca.example", false)]
    [InlineData("*", "localhost", false)]
    [InlineData("*", "*", false)]
    [InlineData("c*.ca.example", "c1.ca.example", false)]
    [InlineData("*c.ca.example", "1c.ca.example", false)]
    [InlineData("a.*.example", "a.ca.example", false)]
    [InlineData("*.*.example", "a.ca.example", false)]
    [InlineData("xn--*.ca.example", "xn--a.ca.example", false)]
    [InlineData("ca.example\0.evil.example", "ca.example", false)]
    [InlineData("ca.example.", "ca.example", false)]
    [InlineData("..", "..", false)]
    [InlineData("127.0.0.1", "127.0.0.1", false)]
    [InlineData("*.0.0.1", "127.0.0.1", false)]
    [InlineData("::1", "::1", false)]
    [InlineData("ca.example", "192.0.2.1", false)]
    public void Rule59_A_name_counts_label_by_label_and_only_as_a_name(string presented, string host, bool expected)
    {
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("first.example");
        if (presented.Contains('\0') || presented.Contains("..", StringComparison.Ordinal) || presented.Contains('*') || presented.Contains(':') || presented.EndsWith('.'))
        {
            // the builder has an opinion on names
            using X509Certificate2 raw = Certificate(Raw(0x82, System.Text.Encoding.ASCII.GetBytes(presented)));
            Assert.Equal(expected, TlsHostName.IsNamed(raw, host));
            return;
        }
        names.AddDnsName(presented);
        names.AddIpAddress(IPAddress.Parse("192.0.2.99"));
        using X509Certificate2 certificate = Certificate(names.Build());
        Assert.Equal(expected, TlsHostName.IsNamed(certificate, host));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:DB8:0::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", false)]
    [InlineData("192.0.2.1", "ca.example", false)]
    public void Rule59_An_address_counts_octet_by_octet(string presented, string host, bool expected)
    {
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Parse(presented));
        using X509Certificate2 certificate = Certificate(names.Build());
        Assert.Equal(expected, TlsHostName.IsNamed(certificate, host));
    }

    [Fact]
    public void Rule59_A_network_is_no_address()
    {
        // eight octets are an address with its mask, which a certificate of a server does not have
        using X509Certificate2 certificate = Certificate(Raw(0x87, [192, 0, 2, 1, 255, 255, 255, 255]));
        Assert.False(TlsHostName.IsNamed(certificate, "192.0.2.1"));
    }

    [Fact]
    public void Rule59_A_common_name_says_nothing()
    {
        using X509Certificate2 certificate = Certificate(null);
        Assert.False(TlsHostName.IsNamed(certificate, "common.example"));
    }

    [Fact]
    public void Rule59_Names_that_cannot_be_read_name_nobody()
    {
        byte[] good = Raw(0x82, "ca.example"u8.ToArray()).RawData;
        using X509Certificate2 right = Certificate(new X509Extension("2.5.29.17", good, false));
        Assert.True(TlsHostName.IsNamed(right, "ca.example"));
        using X509Certificate2 cut = Certificate(new X509Extension("2.5.29.17", good[..^1], false));
        Assert.False(TlsHostName.IsNamed(cut, "ca.example"));
        using X509Certificate2 trailing = Certificate(new X509Extension("2.5.29.17", [.. good, 0], false));
        Assert.False(TlsHostName.IsNamed(trailing, "ca.example"));
        // a right name before rubbish does not help it
        using X509Certificate2 rubbish = Certificate(new X509Extension("2.5.29.17", [0x30, 14, 0x82, 10, .. "ca.example"u8, 0x82, 1], false));
        Assert.False(TlsHostName.IsNamed(rubbish, "ca.example"));
        using X509Certificate2 unicode = Certificate(Raw(0x82, [.. "ca.example"u8, 0xC3, 0xA4]));
        Assert.False(TlsHostName.IsNamed(unicode, "ca.example"));
    }

    private static X509Extension Raw(byte tag, byte[] value) => new("2.5.29.17", [0x30, (byte)(value.Length + 2), tag, (byte)value.Length, .. value], false);

    private static X509Certificate2 Certificate(X509Extension? names)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=common.example", key, HashAlgorithmName.SHA256);
        if (names is not null)
            request.CertificateExtensions.Add(names);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
