using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Keys.Pkcs11;
using Cmp.State;
using Cmp.Tests.Client;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>A PIN that nobody types: read from the file that the URI names, and tried so seldom that no timer locks a token of SoftHSM.</summary>
[Collection(nameof(StateHome))]
public sealed class TokenPinTests : IDisposable
{
    private const string Wrong = "99999999";
    private const string WrongToo = "88888888";

    private readonly Folder _folder = new();
    private readonly Pkcs11Keys _keys = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_key_is_made_found_used_and_removed_with_the_PIN_of_the_file()
    {
        SoftToken token = Take();
        string provider = Uri(token, SoftToken.UsersPin);
        KeyReference reference;
        using (KeyHandle made = _keys.Get(new KeyRequest { Provider = provider, Algorithm = KeyAlgorithm.Parse("ECDSA_P256") }))
        {
            made.Key.EnsureFits(made.Key.PublicKey);
            reference = made.Reference!;
        }
        // the name of the key says where the PIN is, not what it is
        Assert.EndsWith("&pin-source=file:" + _folder.PathOf("pin"), reference.Text, StringComparison.Ordinal);
        Assert.Equal(provider, KeyProviders.TokenOf(provider));
        Assert.EndsWith("&pin-source=file:" + _folder.PathOf("pin"), KeyProviders.TokenOf(reference.Text), StringComparison.Ordinal);
        using (KeyHandle again = _keys.Open(reference, null))
            again.Key.EnsureFits(again.Key.PublicKey);
        using (PrivateKey again = KeyProviders.Open(reference.Text))
            again.EnsureFits(again.PublicKey);
        _keys.Delete(reference, null);
        Expect.Error("CmpKey.Vanished", () => _keys.Open(reference, null));
    }

    [SkippableFact]
    public void A_PIN_that_is_given_goes_before_that_of_the_file()
    {
        SoftToken token = Take();
        string provider = Uri(token, Wrong);
        using KeyHandle made = _keys.Get(new KeyRequest { Provider = provider, Pin = token.Pin, Algorithm = KeyAlgorithm.Parse("ECDSA_P256") });
        // who is logged in needs neither, and no file is read
        File.Delete(_folder.PathOf("pin"));
        using KeyHandle again = _keys.Open(made.Reference!, null);
        again.Key.EnsureFits(made.Key.PublicKey);
    }

    [SkippableFact]
    public void Without_the_file_nothing_is_tried()
    {
        SoftToken token = Take();
        string provider = Uri(token, SoftToken.UsersPin);
        File.Delete(_folder.PathOf("pin"));
        CmpException error = Expect.Error("CmpKey.PinSource", () => _keys.Get(new KeyRequest { Provider = provider, Algorithm = KeyAlgorithm.Parse("ECDSA_P256") }));
        Assert.Contains(_folder.PathOf("pin"), error.Message, StringComparison.Ordinal);
        // the public half shows without it
        Assert.Null(KeyProviders.Look(provider));
    }

    [SkippableFact]
    public void A_password_of_a_file_is_no_PIN()
    {
        SoftToken token = Take();
        Expect.Error("CmpKey.PinRequired", () => _keys.Get(new KeyRequest { Provider = token.Uri, Password = token.Pin, Algorithm = KeyAlgorithm.Parse("ECDSA_P256") }));
        Expect.Error("CmpKey.PinRequired", () => _keys.Get(new KeyRequest { Path = token.With(";object=a"), Password = token.Pin }));
    }

    [SkippableFact]
    public void A_wrong_PIN_in_the_file_costs_one_try_however_many_processes_come_and_the_right_one_is_tried_then()
    {
        SoftToken token = Take();
        string uri = Uri(token, Wrong);
        Assert.Equal("CmpKey.Pin, asked", LogIn(uri));
        for (int night = 0; night < 3; night++)
            Assert.Equal("CmpKey.Pin", LogIn(uri));
        Assert.Single(Memory());
        NothingIsKept();
        Write(SoftToken.UsersPin);
        Assert.Equal("in", LogIn(uri));
        Assert.Empty(Memory());
    }

    [SkippableFact]
    public void Two_wrong_ones_are_all_that_is_tried_where_nobody_is_there()
    {
        SoftToken token = Take();
        string uri = Uri(token, Wrong);
        Assert.Equal("CmpKey.Pin, asked", LogIn(uri));
        Write(WrongToo);
        Assert.Equal("CmpKey.Pin, asked", LogIn(uri));
        // the right one, too: nobody knows that it is
        Write(SoftToken.UsersPin);
        Assert.Equal("CmpKey.PinTries", LogIn(uri));
        Write(Wrong);
        Assert.Equal("CmpKey.Pin", LogIn(uri));
        NothingIsKept();
        // who is there logs in, and then it is tried again
        Assert.Equal("in", LogIn(token.Uri, SoftToken.UsersPin));
        Assert.Empty(Memory());
        Write(SoftToken.UsersPin);
        Assert.Equal("in", LogIn(uri));
    }

    [SkippableFact]
    public void Who_types_is_not_held_up_and_nothing_is_kept_of_it()
    {
        SoftToken token = Take();
        for (int i = 0; i < 3; i++)
            Assert.Equal("CmpKey.Pin, asked", LogIn(token.Uri, Wrong));
        Assert.Empty(Memory());
    }

    [SkippableFact]
    public void A_PIN_that_a_script_gives_where_nobody_is_there_is_treated_alike()
    {
        SoftToken token = Take();
        Assert.Equal("CmpKey.Pin, asked", LogIn(token.Uri, Wrong, "absent"));
        Assert.Equal("CmpKey.Pin", LogIn(token.Uri, Wrong, "absent"));
        Assert.Equal("in", LogIn(token.Uri, SoftToken.UsersPin, "absent"));
        Assert.Empty(Memory());
    }

    /// <summary>SoftHSM says that it was given a wrong one (CKF_USER_PIN_COUNT_LOW), here by another program.</summary>
    [SkippableFact]
    public void After_somebody_elses_wrong_PIN_none_is_tried_where_nobody_is_there()
    {
        SoftToken token = Take();
        Skip.IfNot(PkcsTool.IsAvailable, PkcsTool.WhyNot);
        string uri = Uri(token, SoftToken.UsersPin);
        Assert.Throws<InvalidOperationException>(() => token.Tool("--login", "--pin", Wrong, "--list-objects"));
        Assert.Equal("CmpKey.PinTries", LogIn(uri));
        token.Tool("--login", "--pin", SoftToken.UsersPin, "--list-objects");
        Assert.Equal("in", LogIn(uri));
    }

    [SkippableFact]
    public void Processes_at_once_with_a_wrong_PIN_cost_one_try_and_with_the_right_one_get_in()
    {
        SoftToken token = Take();
        string uri = Uri(token, Wrong);
        string[] outcomes = Together(uri);
        Assert.Single(outcomes, outcome => outcome == "CmpKey.Pin, asked");
        Assert.Equal(3, outcomes.Count(outcome => outcome == "CmpKey.Pin"));
        Write(SoftToken.UsersPin);
        Assert.All(Together(uri), outcome => Assert.Equal("in", outcome));
    }

    [SkippableFact]
    public void What_is_damaged_is_named_and_nothing_is_tried()
    {
        SoftToken token = Take();
        Skip.If(OperatingSystem.IsWindows(), "a file in the clear");
        string uri = Uri(token, Wrong);
        Assert.Equal("CmpKey.Pin, asked", LogIn(uri));
        File.WriteAllText(Memory().Single(), "{ \"salt\": \"AAAA\" }");
        Assert.Equal("CmpState.Unreadable", LogIn(uri));
        UnixMode.Set(Memory().Single(), 0b110_100_100);
        Assert.Equal("CmpState.Unsafe", LogIn(uri));
    }

    private static SoftToken Take()
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        UnixMode.OrSkip();
        return SoftHsm.Take();
    }

    private string Uri(SoftToken token, string pin)
    {
        Write(pin);
        return token.Uri + "&pin-source=file:" + _folder.PathOf("pin");
    }

    private void Write(string pin)
    {
        File.WriteAllText(_folder.PathOf("pin"), pin + "\n");
        UnixMode.Set(_folder.PathOf("pin"), 0b110_000_000);
    }

    private string[] Together(string uri) => [.. Enumerable.Range(0, 4).AsParallel().WithDegreeOfParallelism(4).Select(_ => LogIn(uri))];

    /// <summary>Another process logs in.</summary>
    private string LogIn(string uri, string pin = "", string presence = "present")
    {
        var variables = new Dictionary<string, string> { ["CMP_TEST_HOME"] = _folder.PathOf("home"), [Victim.PinVariable] = pin, ["SOFTHSM2_CONF"] = SoftHsm.Configuration };
        (int exitCode, string output) = Errand.Run(variables, "login", uri, presence);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private string[] Memory() => Directory.Exists(_folder.PathOf("home")) ? Directory.GetFiles(_folder.PathOf("home"), "*.pins", SearchOption.AllDirectories) : [];

    private void NothingIsKept()
    {
        foreach (string file in Directory.GetFiles(_folder.PathOf("home"), "*", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(Wrong, File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(file));
        }
    }
}
