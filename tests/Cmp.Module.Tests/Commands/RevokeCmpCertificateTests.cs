using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Revoke-CmpCertificate as a user has it, on the real engine.</summary>
[Collection("Commands")]
public sealed class RevokeCmpCertificateTests : IDisposable
{
    private readonly CaSession _ca = new();

    public RevokeCmpCertificateTests()
    {
        _ca["uri"] = _ca.Uri;
        _ca["ConfirmPreference"] = "None";
        _ca["wrong"] = CaSession.Credential("cmp-test", "wrong");
    }

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void Rule17_It_signs_its_own_revocation_and_what_comes_back_says_all()
    {
        PSObject enrolled = Enroll("CN=a, O=Example");
        Invocation run = _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $ca -Reason KeyCompromise -Verbose");
        PSObject revocation = run.Single();
        var certificate = (X509Certificate2)enrolled.BaseObject;
        Assert.Equal("Cmp.CmpRevocation", revocation.TypeNames[0]);
        Assert.Same(certificate, Plain(revocation, "Certificate"));
        Assert.Equal("CN=a, O=Example", Text(revocation, "Subject"));
        Assert.Equal(certificate.Issuer, Text(revocation, "Issuer"));
        Assert.Equal(certificate.SerialNumber, Text(revocation, "SerialNumber"));
        Assert.Equal("KeyCompromise", Text(revocation, "Reason"));
        Assert.Equal("Accepted", Text(revocation, "Status"));
        Assert.Equal(_ca.Uri.OriginalString, Text(revocation, "Server"));
        Assert.Equal(32, Text(revocation, "TransactionId").Length);
        _ca["revocation"] = revocation;
        Assert.True(_ca.Invoke("$revocation.Crl.Verified").Single<bool>());
        Assert.Equal($"{certificate.SerialNumber} KeyCompromise", _ca.Invoke("$revocation.Crl.Entries | ForEach-Object { \"$($_.SerialNumber) $($_.Reason)\" }").Single<string>());
        // the certificate went along, as a signer's does
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent rr,", StringComparison.Ordinal));
        Assert.Empty(_ca.Issued);
        Assert.DoesNotContain(_ca.State, file => file.StartsWith("requests/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("$thumbprint")]
    [InlineData(@"Cert:\CurrentUser\My\$thumbprint")]
    [InlineData("$path")]
    public void A_certificate_is_named_as_everywhere(string named)
    {
        string path = Path.Combine(_ca.Home, "named.pem");
        _ca["path"] = path;
        X509Certificate2 certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=named -OutFile $path -CertStoreLocation Cert:\\CurrentUser\\My").Single<X509Certificate2>();
        _ca["thumbprint"] = certificate.Thumbprint;
        // the secret is not there: the key signs that was found with it
        Assert.Equal(certificate.SerialNumber, Text(_ca.Invoke($"Revoke-CmpCertificate \"{named}\" -Server $uri -TrustAnchor $ca.RootCertificate").Single(), "SerialNumber"));
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void Who_has_no_key_here_is_revoked_by_the_secret_and_not_by_a_wrong_one()
    {
        Enroll("CN=lost");
        _ca.Invoke("$bare = [Security.Cryptography.X509Certificates.X509Certificate2]::new($certificate.RawData)");
        _ca.Invoke("Revoke-CmpCertificate $bare -Server $uri -Credential $wrong").AssertError("CmpProtection.UnauthenticatedAnswer");
        ErrorRecord nobody = _ca.Invoke("Revoke-CmpCertificate $bare -Server $uri").AssertError("CmpArgument.NoCredential");
        Assert.Contains("-CertificateKeyPath", nobody.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
        _ca.Invoke("Revoke-CmpCertificate $bare -Server $uri -Credential $ca.Credential").Single();
        Assert.Empty(_ca.Issued);
        Assert.DoesNotContain(_ca.State, file => file.StartsWith("requests/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_apart_is_named_and_another_ones_is_found_out_before_any_traffic()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ca["path"] = WriteKey("own.key", key);
        _ca["otherPath"] = WriteKey("other.key", other);
        X509Certificate2 enrolled = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=apart -KeyPath $path -NoInstall").Single<X509Certificate2>();
        _ca["bare"] = X509CertificateLoader.LoadCertificate(enrolled.RawData);
        Invocation refused = _ca.Invoke("Revoke-CmpCertificate $bare -Server $uri -TrustAnchor $ca.RootCertificate -CertificateKeyPath $otherPath -Verbose");
        Assert.StartsWith("CmpKey.", Assert.Single(refused.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Verbose, line => line.StartsWith("Sent", StringComparison.Ordinal));
        Assert.Single(_ca.Issued);
        _ca.Invoke("Revoke-CmpCertificate $bare -Server $uri -TrustAnchor $ca.RootCertificate -CertificateKeyPath $path").Single();
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_key_that_the_object_cannot_hold_goes_along()
    {
        _ca["path"] = Path.Combine(_ca.Home, "ed.pem");
        _ca.Invoke("$ed = New-CmpCertificateRequest -Server $ca -Subject CN=ed -KeyAlgorithm Ed25519 -OutFile $path").AssertSucceeded();
        _ca.Invoke("$ed | Revoke-CmpCertificate -Server $uri -TrustAnchor $ca.RootCertificate").Single();
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_server_that_demands_signatures_hears_one_though_a_secret_is_there_and_Protection_overrides()
    {
        using var strict = new CaSession("-Strict");
        strict["ConfirmPreference"] = "None";
        strict["certificate"] = strict.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall").Single();
        strict.Invoke("$certificate | Revoke-CmpCertificate -Server $ca -Protection PasswordBasedMac").AssertError("CmpServer.wrongIntegrity");
        Assert.Single(strict.Issued);
        strict.Invoke("$certificate | Revoke-CmpCertificate -Server $ca").Single();
        Assert.Empty(strict.Issued);
    }

    [Theory]
    [InlineData("$number")]
    [InlineData("$number.ToLower()")]
    [InlineData("('0x' + $number)")]
    [InlineData("($number -replace '(..)(?!$)', '$1:')")]
    [InlineData("$number.TrimStart('0')")]
    [InlineData("[Numerics.BigInteger]::Parse(\"0$number\", 'AllowHexSpecifier')")]
    public void Issuer_and_number_name_it_however_the_number_is_written(string number)
    {
        X509Certificate2 certificate = (X509Certificate2)Enroll("CN=numbered").BaseObject;
        _ca["number"] = certificate.SerialNumber;
        PSObject revocation = _ca.Invoke($"Revoke-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -SerialNumber ({number}) -Server $ca -Reason Superseded").Single();
        Assert.Equal(certificate.SerialNumber, Text(revocation, "SerialNumber"));
        Assert.Null(revocation.Properties["Certificate"].Value);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void What_came_of_a_number_is_named_by_it_again()
    {
        string number = ((X509Certificate2)Enroll("CN=numbered").BaseObject).SerialNumber;
        _ca.Invoke($"$hold = Revoke-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -SerialNumber {number} -Server $ca -Reason CertificateHold").AssertSucceeded();
        Assert.Equal(number, Text(_ca.Invoke("$hold | Revoke-CmpCertificate -Server $ca -Reason RemoveFromCrl").Single(), "SerialNumber"));
        Assert.Single(_ca.Issued);
        foreach (string nothing in new[] { "Revoke-CmpCertificate $null", "[pscustomobject]@{ Certificate = $null; Issuer = 'CN=a'; SerialNumber = 'xyz' } | Revoke-CmpCertificate" })
            _ca.Invoke($"{nothing} -Server $ca").AssertError("CmpArgument.Certificate");
    }

    [Theory]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber xyz", "ParameterArgumentTransformationError")]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber '-0D'", "ParameterArgumentTransformationError")]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber 0x", "ParameterArgumentTransformationError")]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber ''", "ParameterArgumentValidationErrorNullNotAllowed")]
    [InlineData("-Issuer 'no name' -SerialNumber 12", "CmpArgument.Name")]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber 12 -Reason Whatever", "ParameterArgumentTransformationError")]
    [InlineData("-Issuer 'CN=Cmp Test Issuing CA' -SerialNumber 12 -BatchSize 0", "ParameterArgumentValidationError")]
    [InlineData("-Pkcs10 missing.csr", "ParameterArgumentTransformationError")]
    public void What_names_nothing_is_refused_before_any_traffic(string arguments, string errorId)
    {
        Invocation run = _ca.Invoke($"Revoke-CmpCertificate {arguments} -Server $ca -Verbose");
        run.AssertError(errorId);
        Assert.DoesNotContain(run.Verbose, line => line.StartsWith("Sent", StringComparison.Ordinal));
    }

    [Fact]
    public void Its_request_names_it_and_another_request_names_nothing()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ca["request"] = new CertificateRequest("CN=requested", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ca["other"] = new CertificateRequest("CN=requested", other, HashAlgorithmName.SHA256).CreateSigningRequest();
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Pkcs10 $request -NoInstall").Single();
        ErrorRecord error = _ca.Invoke("Revoke-CmpCertificate -Pkcs10 $other -Server $ca").AssertError("CmpServer.badCertId");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.StartsWith("the certificate for the request of CN=requested: ", error.ErrorDetails.Message, StringComparison.Ordinal);
        PSObject revocation = _ca.Invoke("Revoke-CmpCertificate -Pkcs10 $request -Server $ca").Single();
        Assert.Equal("CN=requested", Text(revocation, "Subject"));
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_row_of_a_table_names_it_and_its_empty_cells_say_nothing()
    {
        _ca.Invoke("$certificates = 1, 2 | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=$_\" -NoInstall }").AssertSucceeded();
        Invocation run = _ca.Invoke("""
            [pscustomobject]@{ Issuer = $certificates[0].Issuer; SerialNumber = $certificates[0].SerialNumber; Reason = ''; InvalidityDate = '' },
            [pscustomobject]@{ Issuer = $certificates[1].Issuer; SerialNumber = $certificates[1].SerialNumber; Reason = 'AffiliationChanged'; InvalidityDate = '2026-01-02' } |
                Revoke-CmpCertificate -Server $ca
            """).AssertSucceeded();
        Assert.Equal(["Unspecified", "AffiliationChanged"], run.Output.Select(item => Text(item, "Reason")));
        _ca["last"] = run.Output[1];
        Assert.Equal(new DateTime(2026, 1, 2), _ca.Invoke("$last.Crl.Entries | ForEach-Object { $_.InvalidityDate } | Where-Object { $_ }").Single<DateTime>());
        ErrorRecord error = _ca.Invoke("[pscustomobject]@{ Issuer = 'CN=Cmp Test Issuing CA'; SerialNumber = '1234'; Reason = 'Whatever' } | Revoke-CmpCertificate -Server $ca").AssertError("ParameterArgumentTransformationError");
        Assert.Contains("Whatever", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_batch_each_has_its_own_answer_in_one_message()
    {
        _ca.Invoke("""
            $certificates = 1..3 | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject "CN=$_" -NoInstall }
            $null = $certificates[1] | Revoke-CmpCertificate -Server $ca
            $unknown = (Start-CmpTestServer | ForEach-Object { $other = $_; New-CmpCertificateRequest -Server $_ -Subject CN=unknown -NoInstall })
            """).AssertSucceeded();
        Invocation run = _ca.Invoke("$certificates[0], $unknown, $certificates[1], $certificates[2] | Revoke-CmpCertificate -Server $ca -BatchSize 3 -Verbose; Stop-CmpTestServer $other");
        Assert.Equal(["CN=1", "CN=3"], run.Output.Select(item => Text(item, "Subject")));
        Assert.Equal(["CmpServer.badCertId", "CmpServer.certRevoked"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(["CN=unknown", "CN=2"], run.Errors.Select(error => Assert.IsType<X509Certificate2>(Plain(error.TargetObject)).Subject));
        Assert.All(run.Errors, error => Assert.StartsWith($"{((X509Certificate2)Plain(error.TargetObject)!).Subject}, serial number ", error.ErrorDetails.Message, StringComparison.Ordinal));
        // three, and then the one that is left
        Assert.Equal(2, run.Verbose.Count(line => line.StartsWith("Sent rr,", StringComparison.Ordinal)));
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void Where_a_batch_fails_as_a_whole_each_certificate_has_its_error()
    {
        _ca.Invoke("$certificates = 1..3 | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=$_\" -NoInstall }").AssertSucceeded();
        Invocation run = _ca.Invoke("$certificates | Revoke-CmpCertificate -Server $uri -Credential $wrong -BatchSize 2");
        Assert.Equal(["CN=1", "CN=2", "CN=3"], run.Errors.Select(error => Assert.IsType<X509Certificate2>(Plain(error.TargetObject)).Subject));
        Assert.All(run.Errors, error => Assert.StartsWith("CmpProtection.UnauthenticatedAnswer", error.FullyQualifiedErrorId, StringComparison.Ordinal));
        Assert.Empty(run.Output);
        Assert.Equal(3, _ca.Issued.Count);
    }

    [Fact]
    public void Of_another_server_is_another_message()
    {
        _ca.Invoke("""
            Register-CmpServer one $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate
            $other = Start-CmpTestServer
            Register-CmpServer two $other.Uri -Credential $other.Credential -TrustAnchor $other.RootCertificate
            $certificates = 'one', 'one', 'two', 'two' | ForEach-Object { New-CmpCertificateRequest -Server $_ -Subject CN=a -NoInstall }
            """).AssertSucceeded();
        Invocation run = _ca.Invoke("$certificates | Revoke-CmpCertificate -BatchSize 10 -Verbose; $left = $other.Issued.Count; Stop-CmpTestServer $other").AssertSucceeded();
        Assert.Equal(["one", "one", "two", "two"], run.Output.Select(item => Text(item, "Server")));
        Assert.Equal(2, run.Verbose.Count(line => line.StartsWith("Sent rr,", StringComparison.Ordinal)));
        Assert.Equal(0, Plain(_ca["left"]));
        Assert.Empty(_ca.Issued);
    }

    [Theory]
    [InlineData("Revoke-CmpCertificate $kept", "home")]
    [InlineData("Get-CmpCertificate kept | Revoke-CmpCertificate", "home")]
    [InlineData("Get-CmpCertificate kept | Revoke-CmpCertificate -BatchSize 2", "home")]
    public void A_remembered_enrolment_leads_to_its_server_and_not_to_the_default_one(string command, string server)
    {
        _ca.Invoke("""
            $other = Start-CmpTestServer
            Register-CmpServer default $other.Uri -Credential $other.Credential -TrustAnchor $other.RootCertificate -Default
            Register-CmpServer home $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate
            $kept = (New-CmpCertificateRequest -Server home -Subject CN=kept -Name kept).Thumbprint
            """).AssertSucceeded();
        Assert.Equal(server, Text(_ca.Invoke(command).Single(), "Server"));
        Assert.Empty(_ca.Issued);
        // one that nobody remembers goes to the default server, and -Server stands over both
        _ca.Invoke("$forgotten = New-CmpCertificateRequest -Server home -Subject CN=forgotten -NoInstall").AssertSucceeded();
        _ca.Invoke("Revoke-CmpCertificate $forgotten").AssertError("CmpServer.signerNotTrusted");
        _ca.Invoke("Revoke-CmpCertificate $forgotten -Server home; Stop-CmpTestServer $other").Single();
    }

    [Fact]
    public void Of_a_server_that_is_not_registered_the_enrolment_knows_more_than_its_address()
    {
        Invocation run = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a | Revoke-CmpCertificate");
        Assert.Equal(_ca.Uri.OriginalString, Text(run.Single(), "Server"));
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_hold_is_laid_and_lifted_and_does_not_lift_itself()
    {
        Enroll("CN=held");
        PSObject held = _ca.Invoke("$hold = $certificate | Revoke-CmpCertificate -Server $ca -Reason CertificateHold; $hold").Single();
        Assert.Equal("CertificateHold", Text(held, "Reason"));
        _ca.Invoke("New-CmpCertificateRequest -Server $uri -TrustAnchor $ca.RootCertificate -ClientCertificate $certificate -Subject CN=b -NoInstall -Operation Certification").AssertError("CmpServer.signerNotTrusted");
        // without the secret only the certificate itself is there to ask
        _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $uri -TrustAnchor $ca.RootCertificate -Reason RemoveFromCrl").AssertError("CmpServer.notAuthorized");
        Assert.Empty(_ca.Issued);
        PSObject lifted = _ca.Invoke("$hold | Revoke-CmpCertificate -Server $ca -Reason RemoveFromCrl").Single();
        Assert.Equal("RemoveFromCrl", Text(lifted, "Reason"));
        _ca["lifted"] = lifted;
        Assert.Empty(_ca.Invoke("$lifted.Crl.Entries").AssertSucceeded().Output);
        Assert.Equal("CN=held", Assert.Single(_ca.Issued));
        _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $ca -Reason RemoveFromCrl").AssertError("CmpServer.badRequest");
    }

    [Fact]
    public void What_is_revoked_signs_no_more()
    {
        Enroll("CN=revoked");
        _ca.Invoke("$certificate | Update-CmpCertificate -Server $ca -Force -NoInstall").Single();
        _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $ca").Single();
        _ca.Invoke("$certificate | Update-CmpCertificate -Server $ca -Force -NoInstall").AssertError("CmpServer.signerNotTrusted");
        ErrorRecord again = _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $ca").AssertError("CmpServer.certRevoked");
        Assert.Same(Plain(_ca["certificate"]), Plain(again.TargetObject));
    }

    [Fact]
    public void Another_ones_certificate_does_not_revoke_it()
    {
        Enroll("CN=victim");
        _ca.Invoke("$other = New-CmpCertificateRequest -Server $ca -Subject CN=other -NoInstall").AssertSucceeded();
        _ca.Invoke("$certificate | Revoke-CmpCertificate -Server $uri -TrustAnchor $ca.RootCertificate -ClientCertificate $other").AssertError("CmpServer.notAuthorized");
        Assert.Equal(2, _ca.Issued.Count);
    }

    [Fact]
    public void WhatIf_says_what_would_be_done_and_sends_nothing()
    {
        X509Certificate2 certificate = (X509Certificate2)Enroll("CN=a").BaseObject;
        string shown = _ca.Session.Show("$certificate | Revoke-CmpCertificate -Server $ca -Reason Superseded -WhatIf -Verbose");
        Assert.Equal($"What if: Performing the operation \"Revoke the certificate at {_ca.Uri} (Superseded)\" on target \"CN=a, serial number {certificate.SerialNumber}\".", shown.Trim());
        Assert.Contains("\"Lift the hold of the certificate at ", _ca.Session.Show("$certificate | Revoke-CmpCertificate -Server $ca -Reason RemoveFromCrl -WhatIf"), StringComparison.Ordinal);
        Assert.Contains("\"Put the certificate on hold at ", _ca.Session.Show("$certificate, $certificate | Revoke-CmpCertificate -Server $ca -Reason CertificateHold -BatchSize 2 -WhatIf"), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void It_asks_without_being_told_to_and_a_No_leaves_the_certificate_out_of_the_message()
    {
        _ca["ConfirmPreference"] = "High";
        _ca.Invoke("$certificates = 1..3 | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=$_\" -NoInstall }").AssertSucceeded();
        foreach (int answer in new[] { 0, 2, 0 }) // Yes, No, Yes
            _ca.Session.Host.Answers.Enqueue(answer);
        Invocation run = _ca.Invoke("$certificates | Revoke-CmpCertificate -Server $ca -BatchSize 3").AssertSucceeded();
        Assert.Equal(3, _ca.Session.Host.Questions.Count);
        Assert.Equal(["CN=1", "CN=3"], run.Output.Select(item => Text(item, "Subject")));
        Assert.Equal("CN=2", Assert.Single(_ca.Issued));
    }

    [SkippableFact]
    public void OpenSSL_revokes_what_it_issued_and_nothing_else()
    {
        Skip.IfNot(OpenSsl.IsAvailable, OpenSsl.WhyNot);
        using MockServer server = MockServer.Start();
        _ca["mock"] = server.Uri;
        _ca["secret"] = CaSession.Credential(server.Reference, server.Secret);
        _ca["issued"] = server.Issued;
        _ca["other"] = server.Ca.Certificate;
        PSObject revocation = _ca.Invoke("Revoke-CmpCertificate $issued -Server $mock -Preset OpenSslMock -Credential $secret -Protection PasswordBasedMac").Single();
        Assert.Equal("Accepted", Text(revocation, "Status"));
        Assert.Null(revocation.Properties["Reason"].Value);
        ErrorRecord error = Assert.Single(_ca.Invoke("Revoke-CmpCertificate $other -Server $mock -Preset OpenSslMock -Credential $secret -Protection PasswordBasedMac").Errors);
        Assert.StartsWith("CmpServer.", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Same(server.Ca.Certificate, Plain(error.TargetObject));
    }

    [Fact]
    public void It_travels_and_looks_the_same()
    {
        Enroll("CN=a");
        _ca.Invoke("$things = @($certificate | Revoke-CmpCertificate -Server $ca -Reason Superseded); $arrived = @([Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($things[0])))").AssertSucceeded();
        Assert.Equal("Deserialized.Cmp.CmpRevocation", _ca.Invoke("$arrived").Single().TypeNames[0]);
        string shown = _ca.Session.Show("$things");
        Assert.Contains("Superseded", shown, StringComparison.Ordinal);
        Assert.Equal(shown, _ca.Session.Show("$arrived"));
    }

    [Fact]
    public void Reasons_and_certificates_are_completed()
    {
        Assert.Contains("RemoveFromCrl", _ca.Invoke("(TabExpansion2 'Revoke-CmpCertificate -Reason Rem' 32).CompletionMatches | ForEach-Object CompletionText").All<string>());
    }

    private PSObject Enroll(string subject)
    {
        PSObject certificate = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject '{subject}' -NoInstall").Single();
        _ca["certificate"] = certificate;
        return certificate;
    }

    private string WriteKey(string name, ECDsa key)
    {
        string path = Path.Combine(_ca.Home, name);
        File.WriteAllText(path, key.ExportPkcs8PrivateKeyPem());
        return path;
    }

    private static string Text(PSObject item, string property) => item.Properties[property].Value.ToString()!;

    private static object? Plain(PSObject item, string property) => Plain(item.Properties[property].Value);

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
