using System;
using System.Collections.Generic;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>An enrolment with all around it faked: road, clock, key provider, destination.</summary>
internal sealed class Desk
{
    private CmpClient? _client;
    private Enrollment? _enrollment;

    internal Desk(FakeRoad road) => Road = road;

    internal FakeRoad Road { get; }

    internal Peer Peer { get; } = Peer.Shared;

    internal FakeClock Clock { get; } = new();

    internal FakeDestination Destination { get; init; } = new();

    internal ListTrace Trace { get; } = new();

    internal List<CmpProgress> Progress { get; } = [];

    internal PrivateKey Key { get; } = MadeCertificate.NewKey();

    internal int KeysMade { get; private set; }

    internal int KeysDeleted { get; private set; }

    /// <summary>What chance gives: 0 to 1.</summary>
    internal double Chance { get; init; }

    internal Func<ServerSettings, ServerSettings> Settings { get; init; } = settings => settings;

    internal Func<EnrollmentRequest, EnrollmentRequest> Request { get; init; } = request => request;

    internal Func<Cmp.Transactions.IssuedCertificate, CancellationToken, Task<string?>>? Approve { get; init; }

    internal CmpClient Client => _client ??= new CmpClient(Settings(Said()), Road, () => Clock.Now, Clock.Delay, random: () => Chance);

    internal EnrollmentStore? Store { get; init; }

    internal Action<string>? Boundary { get; init; }

    internal Enrollment Enrollment => _enrollment ??= new Enrollment(Client, Request(Asked()))
    {
        Store = Store,
        Boundary = Boundary,
        Trace = Trace,
        Progress = new Heard(Progress),
        Approve = Approve,
        GetKey = _ =>
        {
            KeysMade++;
            return new KeyHandle(Key, () => KeysDeleted++);
        },
    };

    internal static ReferenceAndSecret Secret(string secret = "correct horse") => new(Peer.Reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    internal ServerSettings Said() => new()
    {
        Secret = Secret(),
        TrustAnchor = [Peer.Root.Certificate],
        IterationCount = 100,
    };

    internal EnrollmentRequest Asked() => new()
    {
        Subject = Name.Parse("CN=router7"),
        Key = new KeyRequest(),
        Destination = Destination,
    };

    internal Task<EnrolledCertificate?> RunAsync(TimeSpan? timeout = null, CancellationToken token = default) => Enrollment.RunAsync(timeout, token);

    /// <summary>It ends well.</summary>
    internal async Task<EnrolledCertificate> EnrollAsync()
    {
        EnrolledCertificate enrolled = Assert.IsType<EnrolledCertificate>(await RunAsync());
        Assert.Equal(0, KeysDeleted);
        Assert.Single(Destination.Installed);
        return enrolled;
    }

    /// <summary>It fails: one exception, the key is gone, nothing was installed, and there is no way on.</summary>
    internal async Task<CmpException> FailsAsync()
    {
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => RunAsync());
        Undone();
        Assert.Equal("CmpTransaction.Ended", (await Assert.ThrowsAsync<CmpException>(() => RunAsync())).ErrorId);
        return error;
    }

    internal void Undone()
    {
        Assert.Equal(KeysMade, KeysDeleted);
        Assert.Empty(Destination.Installed);
    }

    // what a server says

    internal Func<PkiMessage, ReadOnlyMemory<byte>> Says(PkiBody body, Reply? reply = null) => request => Peer.Shared.Answer(request, body, reply);

    /// <summary>A certificate for the key of the request.</summary>
    internal static ReadOnlyMemory<byte> Good(PkiMessage request) => Good(request, null);

    internal static ReadOnlyMemory<byte> Good(PkiMessage request, Reply? reply, Shape? shape = null, PkiStatus status = PkiStatus.Accepted) =>
        Peer.Shared.Answer(request, Response(request, Peer.Shared.Certify(KeyOf(request), shape: shape), status), reply);

    internal static CertRepMessage Response(PkiMessage request, Certificate? certificate, PkiStatus status = PkiStatus.Accepted) => Peer.Response(
        request.Body.Type switch { PkiBodyType.Ir => PkiBodyType.Ip, PkiBodyType.Kur => PkiBodyType.Kup, PkiBodyType.Cr or PkiBodyType.P10cr => PkiBodyType.Cp, _ => PkiBodyType.Ip },
        certificate,
        status);

    internal static ReadOnlyMemory<byte> PkiConf(PkiMessage request) => Peer.Shared.Answer(request, new PkiConfirmContent());

    internal static ReadOnlyMemory<byte> Waiting(PkiMessage request) => Peer.Shared.Answer(request, Response(request, null, PkiStatus.Waiting));

    internal static Func<PkiMessage, ReadOnlyMemory<byte>> PollRep(int checkAfter, string? reason = null) => request => Peer.Shared.Answer(request, Scene.PollRep(checkAfter, reason: reason));

    internal static SubjectPublicKeyInfo KeyOf(PkiMessage request) => request.Body switch
    {
        CertReqMessages requests => requests.Requests[0].CertReq.CertTemplate.PublicKey!,
        P10crBody pkcs10 => pkcs10.Request.PublicKey,
        _ => throw new InvalidOperationException(),
    };

    private sealed class Heard(List<CmpProgress> list) : IProgress<CmpProgress>
    {
        public void Report(CmpProgress value) => list.Add(value);
    }
}
