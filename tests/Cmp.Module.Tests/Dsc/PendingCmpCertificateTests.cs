using System;
using System.Collections;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Dsc;

/// <summary>The DSC resource where the CA takes its time: a request is gone on with, and never made twice.</summary>
[Collection("Commands")]
public sealed class PendingCmpCertificateTests : IDisposable
{
    // it says twice that it is not ready, and is when it is asked again
    private readonly DscSession _dsc = new("-PollCount 2 -CheckAfter 0");

    public void Dispose() => _dsc.Dispose();

    [Fact]
    public void Set_goes_on_with_the_request_that_waits()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        _dsc.Set(properties);
        Assert.False(_dsc.Test(properties));
        PSObject state = _dsc.Get(properties);
        Assert.Equal("Absent", DscSession.Text(state, "Ensure"));
        Assert.Equal("Waiting", DscSession.Text(state, "Status"));
        string id = DscSession.Text(state, "TransactionId");
        Assert.NotEmpty(id);

        _dsc.Set(properties);
        Assert.Equal(id, DscSession.Text(_dsc.Get(properties), "TransactionId"));
        Assert.Empty(_dsc.Issued);
        _dsc.Set(properties);
        Assert.True(_dsc.Test(properties));
        Assert.Equal(["CN=web"], _dsc.Issued);
        Assert.Empty(_dsc.Ca.Invoke("Get-CmpTransaction").Output);
    }

    [Fact]
    public void A_renewal_that_waits_is_gone_on_with_and_the_old_one_serves_meanwhile()
    {
        _dsc.Ca["file"] = DscSession.NewFile();
        string old = (string)_dsc.Ca.Invoke("(New-CmpCertificateRequest -Server ca -Name web -Subject CN=web -OutFile $file -NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(6))).Thumbprint").Single().BaseObject;
        Hashtable properties = DscSession.Properties();
        _dsc.Set(properties);
        PSObject state = _dsc.Get(properties);
        Assert.Equal("Present", DscSession.Text(state, "Ensure"));
        Assert.Equal("Waiting", DscSession.Text(state, "Status"));
        Assert.Equal(old, DscSession.Text(state, "Thumbprint"));
        while (!_dsc.Test(properties))
            _dsc.Set(properties);
        Assert.NotEqual(old, DscSession.Text(_dsc.Get(properties), "Thumbprint"));
        Assert.Equal(2, _dsc.Issued.Count);
    }

    /// <summary>A CA that takes longer than the old certificate lives is asked by nobody any more: what waits would be in the way for ever.</summary>
    [Fact]
    public void A_renewal_whose_signer_has_expired_gives_way()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        while (!_dsc.Test(properties))
            _dsc.Set(properties);
        string id;
        using (new LaterClock(350))
        {
            _dsc.Set(properties);
            id = DscSession.Text(_dsc.Get(properties), "TransactionId");
            Assert.NotEmpty(id);
        }
        using (new LaterClock(400))
        {
            _dsc.Set(properties);
            Assert.NotEqual(id, DscSession.Text(_dsc.Get(properties), "TransactionId"));
            Assert.Equal("Initialization", _dsc.Ca.Invoke("(Get-CmpTransaction).Operation").Single().ToString());
        }
        while (!_dsc.Test(properties))
            _dsc.Set(properties);
        Assert.Empty(_dsc.Ca.Invoke("Get-CmpTransaction").Output);
    }

    [Fact]
    public void A_request_that_waits_for_something_else_gives_way()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        _dsc.Set(properties);
        string id = DscSession.Text(_dsc.Get(properties), "TransactionId");
        var other = (Hashtable)properties.Clone();
        other["Subject"] = "CN=other";
        Assert.False(_dsc.Test(other));
        _dsc.Set(other);
        Assert.NotEqual(id, DscSession.Text(_dsc.Get(other), "TransactionId"));
        Assert.Single(_dsc.Ca.Invoke("Get-CmpTransaction").Output);
        while (!_dsc.Test(other))
            _dsc.Set(other);
        Assert.Equal(["CN=other"], _dsc.Issued);
    }

    [Fact]
    public void Absent_gives_up_what_waits()
    {
        Hashtable properties = DscSession.Properties(("OutFile", DscSession.NewFile()));
        _dsc.Set(properties);
        Hashtable absent = DscSession.Properties(("Ensure", "Absent"));
        Assert.False(_dsc.Test(absent));
        _dsc.Set(absent);
        Assert.True(_dsc.Test(absent));
        Assert.Empty(_dsc.Ca.Invoke("Get-CmpTransaction").Output);
    }

    /// <summary>The key in a token of SoftHSM: the PIN is needed each time, and comes as the credential that configurations encrypt.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_key_in_a_token_has_its_PIN_from_the_configuration_or_from_a_file(bool isInFile)
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        SoftToken token = SoftHsm.Take();
        string file = SoftToken.WritePin(Path.Combine(TestHome.CreateFolder(), "pin"));
        (string, object?)[] key = isInFile
            ? [("Provider", token.Uri + "&pin-source=file:" + file)]
            : [("Provider", token.Uri), ("KeyPassword", new PSCredential("PIN", token.Pin))];
        Hashtable properties = DscSession.Properties([("OutFile", DscSession.NewFile()), ("OldCertificate", "Remove"), .. key]);
        Until(properties);
        Assert.True(token.Objects().Count == 2, string.Join("\n", token.Objects()));
        using (new LaterClock(340))
        {
            Assert.False(_dsc.Test(properties));
            _dsc.Set(properties);
        }
        Until(properties);
        Assert.Equal(2, _dsc.Issued.Count);
        // another file for the PIN is no other place of the key
        if (isInFile)
        {
            File.Move(file, file + "2");
            properties["Provider"] += "2";
            Assert.True(_dsc.Test(properties));
        }
        Hashtable absent = DscSession.Properties([("Ensure", "Absent"), ("Subject", null), .. key.Where(one => !isInFile)]);
        if (isInFile)
            File.Move(file + "2", file);
        _dsc.Set(absent);
        Assert.True(_dsc.Test(absent));
        Assert.Empty(token.Objects());

        void Until(Hashtable wanted)
        {
            for (int i = 0; i < 4 && !_dsc.Test(wanted); i++)
                _dsc.Set(wanted);
            Assert.True(_dsc.Test(wanted));
        }
    }

    [Fact]
    public void What_waits_under_another_name_is_not_touched()
    {
        _dsc.Set(DscSession.Properties(("Name", "mail"), ("Subject", "CN=mail"), ("OutFile", DscSession.NewFile())));
        Hashtable absent = DscSession.Properties(("Ensure", "Absent"));
        Assert.True(_dsc.Test(absent));
        _dsc.Set(absent);
        Assert.Equal("CN=mail", _dsc.Ca.Invoke("Get-CmpTransaction").Output.Select(transaction => DscSession.Text(transaction, "Subject")).Single());
    }
}
