using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.State;
using Cmp.Stores;
using Cmp.TestServer;
using Server = Cmp.TestServer.TestServer;

namespace Cmp.Tests;

/// <summary>What tests let another process do: the tests' own assembly, started as a program.</summary>
public static class Program
{
    /// <summary>Runs one errand; errors go to stderr as their ErrorId.</summary>
    /// <param name="arguments">The errand and what it needs.</param>
    /// <returns>0 where it succeeded.</returns>
    public static int Main(string[] arguments)
    {
        try
        {
            Console.WriteLine(arguments switch
            {
                ["serve", var folder, .. var options] => Serve(folder, options),
                ["sign", var thumbprint, var text] => Sign(thumbprint, text),
                ["write", var path] => Write(path),
                ["put"] => Put(),
                ["prepare", var store] => Prepare(store),
                ["pending", var home] => Pending(home),
                ["resume", var home] => Resume(home),
                ["hear", var home, var root, var announcement, var now] => Hear(home, root, announcement, now),
                ["finalized", var provider] => Finalized(provider),
                ["login", var uri, var presence] => LogIn(uri, presence == "absent"),
                ["finish", var home, var id, var uri, var reference, var root] => Finish(home, id, Client.Victim.Settings(uri, reference, root)),
                ["die", var operation, var uri, var reference, var root, var home, var subject, var outFile, var old, var boundary] =>
                    Client.Victim.Run(operation, uri, reference, root, home, subject, outFile, old, int.Parse(boundary, System.Globalization.CultureInfo.InvariantCulture)),
                _ => throw new ArgumentException("No such errand."),
            });
            return 0;
        }
        catch (CmpException e)
        {
            Console.Error.WriteLine(e.ErrorId);
            return 1;
        }
    }

    /// <summary>Finds a certificate in the user's store by .NET alone, and signs with its key.</summary>
    private static string Sign(string thumbprint, string text)
    {
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        X509Certificate2 certificate = store.Certificates.Find(X509FindType.FindByThumbprint, thumbprint, validOnly: false).Single();
        byte[] data = Encoding.UTF8.GetBytes(text);
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();
        return Convert.ToHexString(rsa?.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? ecdsa!.SignData(data, HashAlgorithmName.SHA256));
    }

    private static string Write(string path)
    {
        AtomicFile.EnsureWritable(path, overwrite: true);
        AtomicFile.Write(path, [1, 2, 3], isSecret: true, overwrite: true);
        return "written";
    }

    private static string Pending(string home)
    {
        var store = new Cmp.Client.EnrollmentStore(home);
        int count = store.All(error => throw error).Count;
        return $"{count} {store.Find("00")?.Id}";
    }

    private static string Resume(string home)
    {
        using var enrollment = Cmp.Client.Enrollment.Resume(new Cmp.Client.EnrollmentStore(home), "00", new Cmp.Client.ResumeOptions());
        return "resumed";
    }

    /// <summary>Judges an announcement by what is remembered, and remembers it.</summary>
    private static string Hear(string home, string root, string announcement, string now)
    {
        using var client = Cmp.Client.CmpClient.ByHand(new Cmp.Client.ServerSettings { TrustAnchor = [Cmp.Messages.Pkix.Certificate.Decode(System.IO.File.ReadAllBytes(root))] });
        var memory = new Cmp.Announcements.AnnouncementMemory(home);
        var settings = new Cmp.Announcements.JudgeSettings { Clock = () => DateTimeOffset.Parse(now, CultureInfo.InvariantCulture) };
        var judge = new Cmp.Announcements.AnnouncementJudge(client, memory, settings);
        Cmp.Announcements.Announcement heard = judge.JudgeAsync(System.IO.File.ReadAllBytes(announcement), Cmp.Announcements.AnnouncementSource.Read).GetAwaiter().GetResult().Single();
        string news = memory.Knows(heard) ? "known" : "news";
        memory.Remember(heard);
        return $"{(heard.Verified ? "believed" : heard.Problem!.Id)}, {news}";
    }

    /// <summary>Makes a key in a token, has the token's library ended as somebody else in a process may do, and makes another one.</summary>
    private static string Finalized(string provider)
    {
        var keys = new Cmp.Keys.Pkcs11Keys();
        var request = new Cmp.Keys.KeyRequest { Provider = provider, Pin = Client.Victim.Pin };
        Cmp.Keys.KeyHandle first = keys.Get(request);
        string module = Cmp.Keys.Pkcs11.Pkcs11Uri.Parse(provider).ModulePath!;
        using (new Net.Pkcs11Interop.HighLevelAPI.Pkcs11InteropFactories() is var factories
            ? factories.Pkcs11LibraryFactory.LoadPkcs11Library(factories, module, Net.Pkcs11Interop.Common.AppType.MultiThreaded) : null)
        {
            // the other one lets go: C_Finalize
        }
        string error = "nothing";
        try
        {
            first.Key.Sign(new byte[1], Cmp.Cryptography.SignatureAlgorithms.For(first.Key));
        }
        catch (CmpException e)
        {
            error = e.ErrorId;
        }
        // who holds the lost key still is in nobody's way
        using Cmp.Keys.KeyHandle again = keys.Open(first.Reference!, request.Pin);
        again.Key.EnsureFits(first.Key.PublicKey);
        first.Dispose();
        again.Key.Copy().Dispose();
        again.Key.Sign(new byte[1], Cmp.Cryptography.SignatureAlgorithms.For(again.Key));
        return error + ", then it signs";
    }

    /// <summary>Logs in to a token, and says whether it was asked.</summary>
    private static string LogIn(string uri, bool isAbsent)
    {
        Cmp.Cryptography.UserPresence.IsAbsent = isAbsent;
        Cmp.Keys.Pkcs11.Pkcs11Uri token = Cmp.Keys.Pkcs11.Pkcs11Uri.Parse(uri);
        using Cmp.Keys.Pkcs11.Pkcs11Hold hold = Cmp.Keys.Pkcs11.Pkcs11Token.Open(token);
        try
        {
            hold.Token.LogIn(Client.Victim.Pin, token.PinSource);
            return "in";
        }
        catch (CmpException e)
        {
            return e.ErrorId + (e.InnerException is Net.Pkcs11Interop.Common.Pkcs11Exception ? ", asked" : string.Empty);
        }
    }

    /// <summary>Goes on with an enrolment until it has ended.</summary>
    private static string Finish(string home, string id, Cmp.Client.ServerSettings settings)
    {
        SecureString? pin = Client.Victim.Pin;
        using var enrollment = Cmp.Client.Enrollment.Resume(new Cmp.Client.EnrollmentStore(home), id, new Cmp.Client.ResumeOptions { Said = settings, Pin = pin, KeyPassword = pin });
        return enrollment.RunAsync().GetAwaiter().GetResult() is null ? "waits" : "ended";
    }

    /// <summary>Puts a certificate with its key into the user's store, and takes it out again.</summary>
    private static string Put()
    {
        using var issuer = new Stores.Issuer("CN=put");
        using Cmp.Cryptography.PrivateKey key = Cmp.Cryptography.PrivateKey.Generate(Cmp.Cryptography.KeyAlgorithm.Parse("ECDSA_P256"));
        Cmp.Messages.Pkix.Certificate certificate = issuer.Issue("CN=put", key.PublicKey);
        CertificateDestination.InStore(@"Cert:\CurrentUser\My").Install(new CertificateToInstall(certificate, key)).Remove();
        return certificate.Thumbprint;
    }

    private static string Prepare(string store)
    {
        CertificateDestination.InStore(store).EnsureWritable(withKey: true);
        return "ready";
    }

    /// <summary>A test server with its state in a folder, until its standard input ends or it is killed; see <see cref="TestServerProcess"/>.</summary>
    private static string Serve(string folder, string[] options)
    {
        Dictionary<string, string> said = options.Select(option => option.Split('=', 2)).ToDictionary(option => option[0], option => option[1]);
        TimeSpan ahead = TimeSpan.Parse(said["clockAhead"], CultureInfo.InvariantCulture);
        using SecureString secret = new NetworkCredential(string.Empty, Environment.GetEnvironmentVariable("CMP_TEST_SECRET")).SecurePassword;
        using var server = Server.Start(new TestServerOptions
        {
            StatePath = folder,
            Secret = secret,
            Reference = said["reference"],
            Port = Number("port"),
            PollCount = Number("pollCount"),
            CheckAfter = Number("checkAfter"),
            ConfirmWaitTime = TimeSpan.FromSeconds(Number("confirmWaitTime")),
            ImplicitConfirmation = Flag("grantImplicitConfirm") ? ImplicitConfirmation.WhenAsked : ImplicitConfirmation.Never,
            DelayConfirmation = Flag("delayConfirmation"),
            Strict = Flag("strict"),
            Clock = () => DateTimeOffset.UtcNow + ahead,
        });
        Console.WriteLine("listening on " + server.Uri);
        Console.In.ReadToEnd();
        return "stopped";

        int Number(string name) => int.Parse(said[name], CultureInfo.InvariantCulture);

        bool Flag(string name) => bool.Parse(said[name]);
    }
}
