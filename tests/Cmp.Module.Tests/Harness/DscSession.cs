using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Cmp.Module.Tests.Harness;

/// <summary>The DSC resource on the real engine, as a host of DSC makes and calls it, with a test server that is registered as <c>ca</c>.</summary>
public sealed class DscSession : IDisposable
{
    /// <param name="options">Parameters of Start-CmpTestServer.</param>
    public DscSession(string options = "")
    {
        Ca = new CaSession(options);
        Ca["uri"] = Ca.Uri;
        Ca.Invoke("Register-CmpServer ca $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        // what stands behind "using module" is loaded once
        Ca.Invoke($$"""
            $resource = & ([scriptblock]::Create("using module '$manifest'; [CmpCertificate]"))
            function Invoke-Resource([string] $Method, [hashtable] $Property) {
                $instance = $resource::new()
                foreach ($name in $Property.Keys) { $instance.$name = $Property.$name }
                $instance.$Method()
            }
            """).AssertSucceeded();
    }

    public CaSession Ca { get; }

    public IReadOnlyList<string> Issued => Ca.Issued;

    public void Dispose() => Ca.Dispose();

    /// <summary>A file of its own for a certificate.</summary>
    public static string NewFile() => System.IO.Path.Combine(TestHome.CreateFolder(), "certificate.pem");

    /// <summary>Properties of the resource, more of them after the usual ones.</summary>
    public static Hashtable Properties(params (string Name, object? Value)[] more)
    {
        var properties = new Hashtable { ["Name"] = "web", ["Server"] = "ca", ["Subject"] = "CN=web" };
        foreach ((string name, object? value) in more)
        {
            if (value is null)
                properties.Remove(name);
            else
                properties[name] = value;
        }
        return properties;
    }

    public Invocation Invoke(string method, Hashtable properties)
    {
        Ca["properties"] = properties;
        return Ca.Invoke($"Invoke-Resource {method} $properties");
    }

    /// <summary>Sets, and holds that nothing came out.</summary>
    public Invocation Set(Hashtable properties)
    {
        Invocation run = Invoke("Set", properties).AssertSucceeded();
        Xunit.Assert.Empty(run.Output);
        Xunit.Assert.Empty(run.Progress);
        return run;
    }

    public bool Test(Hashtable properties) => Invoke("Test", properties).Single<bool>();

    public PSObject Get(Hashtable properties) => Invoke("Get", properties).Single();

    public static string Text(PSObject state, string property) => Convert.ToString(state.Properties[property].Value, System.Globalization.CultureInfo.InvariantCulture)!;
}
