using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Module.Tests.Harness;

/// <summary>A session in which a test server runs: <c>$ca</c>, which serves as <c>-Server</c> by itself. Its state is in a folder of its own.</summary>
/// <remarks>CMP_HOME is the process's: whoever has one is in the collection "Commands", whose tests run one after the other.</remarks>
public sealed class CaSession : IDisposable
{
    private readonly string? _homeBefore = Environment.GetEnvironmentVariable("CMP_HOME");

    /// <summary>Opens a session and starts a server.</summary>
    /// <param name="options">Parameters of Start-CmpTestServer.</param>
    public CaSession(string options = "")
    {
        Environment.SetEnvironmentVariable("CMP_HOME", Home);
        this["ca"] = Session.Invoke($"Start-CmpTestServer {options}").Single();
    }

    /// <summary>CMP_HOME until this is disposed of.</summary>
    public string Home { get; } = TestHome.CreateFolder();

    /// <summary>The files of its state, in their order; without the lock of all enrolments, which stays.</summary>
    public IReadOnlyList<string> State => [.. Directory.GetFiles(Home, "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Home, path).Replace('\\', '/'))
        .Where(path => path != "enrolments/enrolments.lock")
        .Order(StringComparer.Ordinal)];

    /// <summary>The session.</summary>
    public ModuleSession Session { get; } = new();

    /// <summary>The server's address.</summary>
    public Uri Uri => Session.Invoke("$ca.Uri").Single<Uri>();

    /// <summary>The server's secret.</summary>
    public string Secret => Session.Invoke("$ca.Credential").Single<PSCredential>().GetNetworkCredential().Password;

    /// <summary>The subjects of what the server has issued.</summary>
    public IReadOnlyList<string> Issued => Session.Invoke("$ca.Issued | ForEach-Object { $_.Subject }").All<string>();

    /// <summary>A variable of the session.</summary>
    /// <param name="name">Without the dollar sign.</param>
    public object? this[string name]
    {
        get => Session[name];
        set => Session[name] = value;
    }

    /// <summary>Makes a credential.</summary>
    /// <param name="reference">The reference value.</param>
    /// <param name="secret">The secret.</param>
    /// <returns>Both.</returns>
    public static PSCredential Credential(string reference, string secret) => new(reference, new NetworkCredential(string.Empty, secret).SecurePassword);

    /// <summary>What the user's store holds for a subject.</summary>
    /// <param name="subject">The subject.</param>
    /// <returns>The certificates.</returns>
    public static IReadOnlyList<X509Certificate2> Stored(string subject)
    {
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        return [.. store.Certificates.Where(certificate => certificate.Subject == subject)];
    }

    /// <summary>Runs commands to their end.</summary>
    /// <param name="script">The commands.</param>
    /// <returns>What came of them.</returns>
    public Invocation Invoke(string script) => Session.Invoke(script);

    /// <summary>Stops the server, forgets what was registered, and on Windows removes what it put into the user's store.</summary>
    public void Dispose()
    {
        Session.Invoke("Stop-CmpTestServer $ca");
        Session.Dispose();
        if (Directory.Exists(Home))
            Directory.Delete(Home, recursive: true);
        // a default server would serve the tests that come after
        Type registry = ModuleAssemblies.Core.GetType("Cmp.Client.ServerRegistry", throwOnError: true)!;
        foreach (string name in (IEnumerable<string>)registry.GetProperty("Names")!.GetValue(null)!)
            registry.GetMethod("Remove")!.Invoke(null, [name, null, null, null]);
        Environment.SetEnvironmentVariable("CMP_HOME", _homeBefore);
        if (OperatingSystem.IsWindows())
            Remove("CN=Cmp Test Issuing CA");
    }

    [System.Runtime.Versioning.SupportedOSPlatform("windows")]
    private static void Remove(string issuer)
    {
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadWrite);
        foreach (X509Certificate2 certificate in store.Certificates.Where(certificate => certificate.Issuer == issuer))
        {
            (certificate.GetECDsaPrivateKey() as System.Security.Cryptography.ECDsaCng)?.Key.Delete();
            (certificate.GetRSAPrivateKey() as System.Security.Cryptography.RSACng)?.Key.Delete();
            store.Remove(certificate);
        }
    }
}
