using System;
using System.Linq;
using System.Net;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class CoapTargetTests
{
    [Theory]
    [InlineData("coap://ca.example", "ca.example", 5683, "3:ca.example 11:.well-known 11:cmp 11:kur")]
    [InlineData("coap://ca.example/", "ca.example", 5683, "3:ca.example 11:.well-known 11:cmp 11:kur")]
    [InlineData("COAP://CA.Example:61616/a/b%2Fc/?x=1", "ca.example", 61616, "3:ca.example 11:a 11:b/c 11: 15:x=1")]
    [InlineData("coap://192.0.2.1/x", "192.0.2.1", 5683, "11:x")]
    [InlineData("coap://[2001:db8::2:1]", "2001:db8::2:1", 5683, "11:.well-known 11:cmp 11:kur")]
    [InlineData("coap://ca.example/%2e%2e./", "ca.example", 5683, "3:ca.example 11:... 11:")]
    public void Rule60_A_path_stays_as_it_is_written_and_an_empty_one_is_the_well_known_one(string uri, string host, int port, string options)
    {
        CoapTarget target = Target(uri);
        Assert.Equal((host, port), (target.Host.ToLowerInvariant(), target.Port));
        Assert.Equal(options, string.Join(" ", target.For(CmpOperation.KeyUpdate).Select(o => o.Number + ":" + o.ToText())));
        Assert.Equal(IPAddress.TryParse(host, out _), target.Address is not null);
    }

    [Theory]
    [InlineData(CmpOperation.Initialization, null, "/.well-known/cmp/ir")]
    [InlineData(CmpOperation.Pkcs10, "Sub CA/1", "/.well-known/cmp/p/Sub%20CA%2F1/p10")]
    [InlineData(CmpOperation.General, null, "/.well-known/cmp")]
    [InlineData(CmpOperation.CrossCertification, "x", "/.well-known/cmp/p/x")]
    [InlineData(CmpOperation.Announcement, "x", "/.well-known/cmp/p/x/ann")]
    public void The_well_known_path_names_profile_and_operation(CmpOperation operation, string? name, string path)
    {
        Assert.Equal(path, Target("coap://ca.example", name).PathFor(operation));
        // and only where there is no other path
        Assert.Equal(operation == CmpOperation.Announcement ? "/x/ann" : "/x", Target("coap://ca.example/x", name).PathFor(operation));
    }

    [Theory]
    [InlineData("coap://a/x/", "/x/ann")]
    [InlineData("coap://a/x/ann", "/x/ann")]
    [InlineData("coap://a/x/cann", "/x/cann/ann")]
    public void Announcements_are_below_the_path_of_the_server(string uri, string path) => Assert.Equal(path, Target(uri).PathFor(CmpOperation.Announcement));

    [Theory]
    [InlineData("http://ca.example/")]
    [InlineData("coap:ca.example")]
    [InlineData("coap:///x")]
    [InlineData("coap://user@ca.example/")]
    [InlineData("coap://ca.example:0/")]
    [InlineData("coap://ca.example/a b")]
    [InlineData("coap://ca.example/a\r\nb")]
    [InlineData("coap://ca.example/a\\b")]
    [InlineData("coap://ca.example/a#b")]
    [InlineData("coap://ca.example/a/../b")]
    [InlineData("coap://ca.example/a%2")]
    [InlineData("coap://ca.example/%2e%2e")]
    public void What_is_no_address_of_a_server_is_refused(string uri)
    {
        CmpException e = Assert.Throws<CmpException>(() => Target(uri));
        Assert.Equal(("CmpTransport.InvalidUri", CmpErrorKind.Argument), (e.ErrorId, e.Kind));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("coap://224.0.1.187/")]
    [InlineData("coap://239.255.255.255/")]
    [InlineData("coap://255.255.255.255/")]
    [InlineData("coap://[ff02::fd]/")]
    [InlineData("coap://[ff05::fd]:5683/x")]
    [InlineData("coap://[::ffff:224.0.1.187]/")]
    public void A_group_is_no_server(string uri)
    {
        CmpException e = Assert.Throws<CmpException>(() => Target(uri));
        Assert.Equal("CmpTransport.InvalidUri", e.ErrorId);
        Assert.Contains("group", e.Message);
    }

    [Theory]
    [InlineData("coap://223.255.255.255/")]
    [InlineData("coap://[fe80::1]/")]
    [InlineData("coap://[::ffff:192.0.2.1]/")]
    public void What_is_near_a_group_is_a_server(string uri) => Assert.NotNull(Target(uri).Address);

    private static CoapTarget Target(string uri, string? name = null) => new(new CoapTransportSettings { Uri = new Uri(uri), WellKnownName = name });
}
