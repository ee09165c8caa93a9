using System;
using System.Linq;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class OperationLabelTests
{
    /// <summary>RFC 9483 table 2 and RFC 9482 2.6.</summary>
    [Theory]
    [InlineData(CmpOperation.Initialization, "ir")]
    [InlineData(CmpOperation.Certification, "cr")]
    [InlineData(CmpOperation.KeyUpdate, "kur")]
    [InlineData(CmpOperation.Pkcs10, "p10")]
    [InlineData(CmpOperation.Revocation, "rr")]
    [InlineData(CmpOperation.CaCertificates, "crts")]
    [InlineData(CmpOperation.RootUpdate, "rcu")]
    [InlineData(CmpOperation.RequestTemplate, "att")]
    [InlineData(CmpOperation.Crls, "crls")]
    [InlineData(CmpOperation.Nested, "nest")]
    [InlineData(CmpOperation.Announcement, "ann")]
    [InlineData(CmpOperation.KeyRecovery, null)]
    [InlineData(CmpOperation.CrossCertification, null)]
    [InlineData(CmpOperation.General, null)]
    public void CoAP_has_short_labels(CmpOperation operation, string? label)
    {
        Assert.Equal(label, OperationLabel.OfCoap(operation));
        Assert.Equal(label is null ? CmpOperation.General : operation, OperationLabel.InCoap("/.well-known/cmp/p/initialization/" + label));
        // those of HTTP are others
        Assert.Equal(CmpOperation.General, OperationLabel.InCoap("/.well-known/cmp/" + (OperationLabel.Of(operation) ?? "x")));
    }

    [Fact]
    public void Each_label_is_one_operation_s()
    {
        string[] labels = [.. Enum.GetValues<CmpOperation>().Select(OperationLabel.OfCoap).OfType<string>()];
        Assert.Equal(11, labels.Distinct().Count());
        Assert.Equal(11, labels.Length);
    }
}
