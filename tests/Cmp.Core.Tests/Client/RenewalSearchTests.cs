using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Which certificates of a store are to be renewed, in a store of the test's own: of those that followed one another the newest, and no other one is passed over.</summary>
public sealed class RenewalSearchTests : IDisposable
{
    private const string Subject = "CN=web";

    private readonly Folder _folder = new();
    private readonly StorePath _store = new(StoreLocation.CurrentUser, "Search" + Guid.NewGuid().ToString("N"));
    private readonly EnrollmentRecords _records;
    private readonly MadeCertificate _ca = MadeCertificate.Root("CN=CA");

    public RenewalSearchTests()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        _records = new EnrollmentStore(_folder.PathOf("home")).Enrollments;
    }

    public void Dispose()
    {
        Change(store =>
        {
            foreach (X509Certificate2 certificate in store.Certificates)
                store.Remove(certificate);
        });
        _folder.Dispose();
    }

    [SkippableFact]
    public void Of_what_says_the_same_the_newest_is_found()
    {
        MadeCertificate old = Put(_ca, 0), newest = Put(_ca, 2);
        Put(_ca, 1);
        AssertFound(newest);
        Assert.NotEqual(old.Certificate.Thumbprint, newest.Certificate.Thumbprint);
    }

    [SkippableFact]
    public void Of_one_key_the_newest_is_found_whatever_it_says()
    {
        MadeCertificate old = Put(_ca, 0);
        MadeCertificate newer = Put(_ca, 1, "CN=other", shape => shape with { Key = old.Key });
        AssertFound(newer);
    }

    /// <summary>CAs of trials are all called the same.</summary>
    [SkippableFact]
    public void CAs_of_one_name_and_two_keys_are_two_where_certificates_say_the_key()
    {
        MadeCertificate other = MadeCertificate.Root("CN=CA");
        MadeCertificate one = Put(_ca, 0, change: shape => ByKey(shape, 1)), two = Put(other, 1, change: shape => ByKey(shape, 2));
        AssertFound(one, two);
        AssertFound(new RenewalSearch { Store = _store, IssuerCertificate = _ca.Certificate }, one);
        MadeCertificate newer = Put(_ca, 2, change: shape => ByKey(shape, 1));
        AssertFound(newer, two);
    }

    [SkippableFact]
    public void Other_names_and_other_purposes_are_another_certificate()
    {
        MadeCertificate plain = Put(_ca, 0);
        MadeCertificate named = Put(_ca, 1, change: shape => shape with { Extensions = [CertificateExtensions.SubjectAltName([GeneralName.FromText(GeneralNameType.DnsName, "web.example")], critical: false)] });
        MadeCertificate serving = Put(_ca, 2, change: shape => shape with { Purposes = [Oids.ServerAuth] });
        MadeCertificate signing = Put(_ca, 3, change: shape => shape with { KeyUsage = KeyUsages.NonRepudiation });
        AssertFound(plain, named, serving, signing);
    }

    [SkippableFact]
    public void What_was_replaced_is_not_found_whatever_its_successor_says()
    {
        MadeCertificate old = Put(_ca, 0, "CN=old");
        AssertFound(old);
        MadeCertificate renewed = Put(_ca, 1, "CN=new");
        AssertFound(old, renewed);
        Remember("web", renewed, old);
        AssertFound(renewed);
    }

    [SkippableFact]
    public void Enrolments_of_one_subject_are_each_found()
    {
        MadeCertificate one = Put(_ca, 0), two = Put(_ca, 1);
        AssertFound(two);
        Remember("one", one);
        Remember("two", two);
        AssertFound(one, two);
    }

    [SkippableFact]
    public void What_has_no_private_key_is_not_renewed_from_here()
    {
        MadeCertificate own = Put(_ca, 0);
        using X509Certificate2 bare = TestCertificate.Load(_ca.Issue("CN=somebody").Certificate.Encoded.ToArray());
        Change(store => store.Add(bare));
        AssertFound(own);
    }

    private static Shape ByKey(Shape shape, byte key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteOctetString([key], new Asn1Tag(TagClass.ContextSpecific, 0));
        return shape with { Extensions = [new Extension(Oids.AuthorityKeyIdentifier, false, writer.Encode())] };
    }

    /// <summary>Puts one into the store, that begins on a day.</summary>
    private MadeCertificate Put(MadeCertificate ca, int day, string subject = Subject, Func<Shape, Shape>? change = null)
    {
        Shape shape = Shape.Leaf with { NotBefore = Peer.Now.AddDays(day), NotAfter = Peer.Now.AddDays(400) };
        MadeCertificate made = ca.Issue(subject, change is null ? shape : change(shape));
        using X509Certificate2 bound = made.Key.AttachTo(TestCertificate.Load(made.Certificate.Encoded.ToArray()));
        Change(store => store.Add(bound));
        return made;
    }

    private void Change(Action<X509Store> change)
    {
        using var store = new X509Store(_store.Name, _store.Location);
        store.Open(OpenFlags.ReadWrite);
        change(store);
    }

    private void Remember(string name, MadeCertificate certificate, params MadeCertificate[] replaced) => _records.Write(new EnrollmentRecord
    {
        Name = name,
        Server = new ServerSettings { Uri = new Uri("http://ca.example/") },
        Operation = EnrollmentOperation.Initialization,
        Thumbprint = certificate.Certificate.Thumbprint,
        Subject = Subject,
        NotAfter = certificate.Certificate.NotAfter,
        RenewAfter = certificate.Certificate.NotAfter,
        Destination = new DestinationDescription { Store = _store.Store },
        Replaced = [.. replaced.Select(one => one.Certificate.Thumbprint)],
    });

    private void AssertFound(params MadeCertificate[] expected) => AssertFound(new RenewalSearch { Store = _store }, expected);

    private void AssertFound(RenewalSearch search, params MadeCertificate[] expected)
    {
        IReadOnlyList<X509Certificate2> found = search.Find(_records);
        Assert.Equal(expected.Select(one => one.Certificate.Thumbprint).OrderBy(one => one), found.Select(one => one.Thumbprint).OrderBy(one => one));
        // the newest first
        Assert.Equal(found.OrderByDescending(one => one.NotBefore).Select(one => one.Thumbprint), found.Select(one => one.Thumbprint));
        foreach (X509Certificate2 one in found)
            one.Dispose();
    }
}
