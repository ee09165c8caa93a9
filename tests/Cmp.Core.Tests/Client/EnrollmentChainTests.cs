using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Which issuers an enrolment puts into stores: none by default, else those that are proven, and no root that nobody trusts.</summary>
public sealed class EnrollmentChainTests
{
    private const string UserIntermediates = @"CurrentUser\CA";
    private const string UserRoots = @"CurrentUser\Root";

    private static Certificate Root => Peer.Shared.Root.Certificate;

    private static Certificate Issuing => Peer.Shared.Issuing.Certificate;

    private static string InCA => FakeIssuerStores.Place(UserIntermediates, Issuing);

    private static string InRoot => FakeIssuerStores.Place(UserRoots, Root);

    [Theory]
    [InlineData(ChainInstallation.None, 0)]
    [InlineData(ChainInstallation.Intermediate, 1)]
    [InlineData(ChainInstallation.WithRoot, 2)]
    public async Task Issuers_go_into_stores_on_demand_only(ChainInstallation chain, int count)
    {
        Desk desk = Script(chain);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(new[] { InCA, InRoot }.Take(count), desk.Destination.Issuers.Held);
        Assert.Equal(count, enrolled.Notes.Count);
        Assert.Empty(desk.Trace.Warnings);
    }

    [Fact]
    public async Task Beside_a_store_of_the_computer_they_go_into_those_of_the_computer()
    {
        Desk desk = Script(ChainInstallation.WithRoot, store: @"LocalMachine\My");
        await desk.EnrollAsync();
        Assert.Equal([FakeIssuerStores.Place(@"LocalMachine\CA", Issuing), FakeIssuerStores.Place(@"LocalMachine\Root", Root)], desk.Destination.Issuers.Held);
    }

    [Fact]
    public async Task Undoing_takes_out_what_was_put_in_and_nothing_that_was_there()
    {
        Desk desk = Script(ChainInstallation.WithRoot);
        desk.Destination.Issuers.Held.Add(InRoot);
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.Equal(["+" + InCA], desk.Destination.Issuers.Changes);
        enrolled.Installed.Remove();
        enrolled.Installed.Remove();
        Assert.Equal(["+" + InCA, "-" + InCA], desk.Destination.Issuers.Changes);
        Assert.Equal([InRoot], desk.Destination.Issuers.Held);
    }

    [Fact]
    public async Task Rule45_An_enrolment_that_fails_leaves_no_issuer_behind()
    {
        var issuers = new FakeIssuerStores();
        var destination = new FakeDestination
        {
            Issuers = issuers,
            Described = Described(ChainInstallation.WithRoot),
            NotInstallable = new CmpException(CmpErrorKind.Store, "CmpStore.Unwritable", "It is full."),
        };
        Desk desk = Script(ChainInstallation.WithRoot, destination: destination);
        Assert.Equal("CmpStore.Unwritable", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(issuers.Changes);
    }

    [Fact]
    public async Task What_cannot_be_put_into_a_store_afterwards_is_a_warning_and_the_certificate_is_there()
    {
        Desk desk = Script(ChainInstallation.WithRoot);
        desk.Destination.Issuers.NotTaking.Add(UserIntermediates);
        await desk.EnrollAsync();
        Assert.Equal([InRoot], desk.Destination.Issuers.Held);
        Assert.Contains("was not put into CurrentUser\\CA", Assert.Single(desk.Trace.Warnings));
    }

    [Theory]
    [InlineData(UserIntermediates)]
    [InlineData(UserRoots)]
    public async Task A_store_that_may_not_be_written_is_found_out_before_anything_is_made(string store)
    {
        Desk desk = Script(ChainInstallation.WithRoot);
        desk.Destination.Issuers.NotWritable.Add(store);
        CmpException error = await desk.FailsAsync();
        Assert.Equal("CmpStore.AccessDenied", error.ErrorId);
        Assert.Contains("-InstallChain", error.RecommendedAction!);
        Assert.Equal(0, desk.KeysMade);
        Assert.Empty(desk.Road.Sent);
    }

    [Fact]
    public async Task A_store_of_roots_that_may_not_be_written_does_not_matter_where_none_is_wanted_or_the_root_is_there()
    {
        Desk without = Script(ChainInstallation.Intermediate);
        without.Destination.Issuers.NotWritable.Add(UserRoots);
        await without.EnrollAsync();
        Desk there = Script(ChainInstallation.WithRoot);
        there.Destination.Issuers.NotWritable.Add(UserRoots);
        there.Destination.Issuers.Held.Add(InRoot);
        await there.EnrollAsync();
        Assert.Empty(there.Trace.Warnings);
    }

    [Fact]
    public async Task Where_Windows_would_ask_and_nobody_is_there_nothing_is_sent()
    {
        var issuers = new FakeIssuerStores { IsUserAbsent = true };
        Desk desk = Script(ChainInstallation.WithRoot, destination: new FakeDestination { Issuers = issuers, Described = Described(ChainInstallation.WithRoot) });
        Assert.Equal("CmpStore.NobodyToAsk", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Sent);
    }

    [Fact]
    public async Task Nobody_is_asked_where_the_root_is_there_or_is_the_computers()
    {
        var there = new FakeIssuerStores { IsUserAbsent = true };
        there.Held.Add(InRoot);
        await Script(ChainInstallation.WithRoot, destination: new FakeDestination { Issuers = there, Described = Described(ChainInstallation.WithRoot) }).EnrollAsync();
        var machine = new FakeIssuerStores { IsUserAbsent = true };
        await Script(ChainInstallation.WithRoot, destination: new FakeDestination { Issuers = machine, Described = Described(ChainInstallation.WithRoot, @"LocalMachine\My") }).EnrollAsync();
        Assert.Equal(2, machine.Held.Count);
    }

    [Fact]
    public async Task A_renewal_is_not_held_up_by_its_chain()
    {
        var issuers = new FakeIssuerStores { IsUserAbsent = true };
        issuers.NotWritable.Add(UserIntermediates);
        var old = new CertificateReference(Peer.Shared.Client.Certificate);
        Desk desk = Script(ChainInstallation.WithRoot, destination: new FakeDestination { Issuers = issuers, Described = Described(ChainInstallation.WithRoot) }, request: request => request with { OldCertificateReference = old });
        await desk.EnrollAsync();
        Assert.Empty(issuers.Held);
        Assert.Equal(2, desk.Trace.Warnings.Count);
        Assert.Contains("nobody to ask", desk.Trace.Warnings[1]);
    }

    [Fact]
    public async Task A_request_anew_is_no_renewal()
    {
        var issuers = new FakeIssuerStores { IsUserAbsent = true };
        Desk desk = Script(
            ChainInstallation.WithRoot,
            destination: new FakeDestination { Issuers = issuers, Described = Described(ChainInstallation.WithRoot) },
            request: request => request with { OldCertificateReference = new CertificateReference(Peer.Shared.Client.Certificate), IsAnew = true });
        Assert.Equal("CmpStore.NobodyToAsk", (await desk.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule31_A_root_of_caPubs_goes_nowhere_though_a_secret_vouches_for_it()
    {
        Desk desk = Script(ChainInstallation.Intermediate, WithRootInCaPubs, settings: settings => settings with { TrustAnchor = [] });
        await desk.EnrollAsync();
        // it may prove the chain, whose certificates nobody trusts for being in CA
        Assert.Equal([InCA], desk.Destination.Issuers.Held);
    }

    [Fact]
    public async Task Rule31_With_caPubs_alone_no_root_is_asked_for()
    {
        Desk desk = Script(ChainInstallation.WithRoot, WithRootInCaPubs, settings: settings => settings with { TrustAnchor = [] });
        Assert.Equal("CmpArgument.InstallChain", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Road.Sent);
    }

    [Fact]
    public async Task Rule31_A_root_that_came_is_not_put_beside_one_that_was_given()
    {
        MadeCertificate other = MadeCertificate.Root("CN=Another Root");
        Desk desk = Script(ChainInstallation.WithRoot, WithRootInCaPubs, settings: settings => settings with { TrustAnchor = [other.Certificate] });
        await desk.EnrollAsync();
        Assert.Equal([InCA], desk.Destination.Issuers.Held);
        Assert.Contains("No root was put into a store", Assert.Single(desk.Trace.Warnings));
    }

    [Fact]
    public async Task Rule32_A_root_of_extraCerts_goes_nowhere()
    {
        Desk desk = Script(
            ChainInstallation.Intermediate,
            request => Desk.Good(request, new Reply { ExtraCerts = [Issuing, Root] }),
            settings: settings => settings with { TrustAnchor = [] });
        await desk.EnrollAsync();
        Assert.Empty(desk.Destination.Issuers.Held);
        Assert.Contains("The chain was put into no store", Assert.Single(desk.Trace.Warnings));
    }

    [Fact]
    public async Task Anchors_for_issued_certificates_go_before_those_for_the_server()
    {
        MadeCertificate serverRoot = MadeCertificate.Root("CN=Root of the server");
        Desk desk = Script(ChainInstallation.WithRoot, settings: settings => settings with { TrustAnchor = [serverRoot.Certificate], IssuedTrustAnchor = [Root] });
        await desk.EnrollAsync();
        Assert.Equal([InCA, InRoot], desk.Destination.Issuers.Held);
    }

    [Fact]
    public async Task A_chain_that_is_not_proven_goes_nowhere()
    {
        Desk desk = Script(ChainInstallation.Intermediate, Desk.Good);
        await desk.EnrollAsync();
        Assert.Empty(desk.Destination.Issuers.Held);
        Assert.Contains("The chain was put into no store", Assert.Single(desk.Trace.Warnings));
    }

    [Fact]
    public async Task An_anchor_that_is_no_root_is_an_intermediate_one()
    {
        Desk desk = Script(ChainInstallation.Intermediate, settings: settings => settings with { TrustAnchor = [Issuing] });
        await desk.EnrollAsync();
        Assert.Equal([InCA], desk.Destination.Issuers.Held);
        Assert.Equal("CmpArgument.InstallChain", (await Script(ChainInstallation.WithRoot, settings: settings => settings with { TrustAnchor = [Issuing] }).FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task An_issuing_CA_among_the_anchors_does_not_hide_the_root()
    {
        Desk desk = Script(ChainInstallation.WithRoot, settings: settings => settings with { TrustAnchor = [Issuing, Root] });
        await desk.EnrollAsync();
        Assert.Equal([InCA, InRoot], desk.Destination.Issuers.Held);
    }

    private static DestinationDescription Described(ChainInstallation chain, string store = @"CurrentUser\My") => new() { Store = store, Chain = chain };

    private static ReadOnlyMemory<byte> WithChain(PkiMessage request) => Desk.Good(request, new Reply { ExtraCerts = [Issuing] });

    private static ReadOnlyMemory<byte> WithRootInCaPubs(PkiMessage request) => Peer.Shared.Answer(
        request,
        Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(Desk.KeyOf(request))) with { CaPubs = [Root] },
        new Reply { ExtraCerts = [Issuing] });

    private static Desk Script(
        ChainInstallation chain,
        Func<PkiMessage, ReadOnlyMemory<byte>>? answer = null,
        string store = @"CurrentUser\My",
        FakeDestination? destination = null,
        Func<ServerSettings, ServerSettings>? settings = null,
        Func<EnrollmentRequest, EnrollmentRequest>? request = null) => new(FakeRoad.Of(answer ?? WithChain, Desk.PkiConf))
    {
        Destination = destination ?? new FakeDestination { Described = Described(chain, store) },
        Settings = settings ?? (said => said),
        Request = request ?? (asked => asked),
    };
}
