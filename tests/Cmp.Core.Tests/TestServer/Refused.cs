using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>What a refusal must be.</summary>
internal static class Refused
{
    /// <summary>An error message with exactly these reasons.</summary>
    internal static PkiStatusInfo ByError(FailInfo failInfo, PkiMessage answer) => By(failInfo, Assert.IsType<ErrorMsgContent>(answer.Body).Status);

    /// <summary>An ip, cp or kup with status rejection and exactly these reasons, and no certificate.</summary>
    internal static PkiStatusInfo ByResponse(FailInfo failInfo, PkiMessage answer, PkiBodyType type = PkiBodyType.Ip)
    {
        CertRepMessage rep = Assert.IsType<CertRepMessage>(answer.Body);
        Assert.Equal(type, rep.Type);
        CertResponse response = Assert.Single(rep.Responses);
        Assert.Null(response.CertifiedKeyPair);
        Assert.Empty(rep.CaPubs);
        return By(failInfo, response.Status);
    }

    private static PkiStatusInfo By(FailInfo failInfo, PkiStatusInfo status)
    {
        Assert.Equal(PkiStatus.Rejection, status.Status);
        Assert.True(failInfo == status.FailInfo, $"{failInfo} was expected, {status.FailInfo} came: {status.StatusString?.Texts.Single()}");
        return status;
    }
}
