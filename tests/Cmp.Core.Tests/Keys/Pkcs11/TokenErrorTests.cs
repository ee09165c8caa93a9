using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Security;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Keys.Pkcs11;
using Cmp.Tests.Client;
using Cmp.Tests.Cryptography;
using Net.Pkcs11Interop.Common;
using Xunit;
using Pkcs11Uri = Cmp.Keys.Pkcs11.Pkcs11Uri;

namespace Cmp.Tests.Keys.Pkcs11;

/// <summary>What goes wrong with tokens is one error that says what to do, and nobody is asked for anything.</summary>
public sealed class TokenErrorTests
{
    private const string Wrong = "99999999";

    private static readonly Pkcs11Keys Keys = new();

    [SkippableFact]
    public void A_wrong_PIN_is_an_error_at_once_and_is_not_tried_again()
    {
        SoftToken token = Take();
        CmpException first = Expect.Error("CmpKey.Pin", () => Keys.Get(Request(token) with { Pin = Secret(Wrong) }));
        Assert.IsType<Pkcs11Exception>(first.InnerException);
        // the token is not asked: nothing comes of it
        CmpException second = Expect.Error("CmpKey.Pin", () => Keys.Get(Request(token) with { Pin = Secret(Wrong) }));
        Assert.Null(second.InnerException);
        Assert.DoesNotContain(Wrong, first.ToString() + second, StringComparison.Ordinal);
        // the right one is
        using KeyHandle made = Keys.Get(Request(token));
        made.Key.EnsureFits(made.Key.PublicKey);
    }

    [SkippableFact]
    public void Many_rows_with_a_wrong_PIN_cost_one_attempt()
    {
        SoftToken token = Take();
        CmpException[] errors = [.. Enumerable.Range(0, 32).AsParallel().WithDegreeOfParallelism(16)
            .Select(_ => Expect.Error("CmpKey.Pin", () => Keys.Get(Request(token) with { Pin = Secret(Wrong) })))];
        Assert.Single(errors, error => error.InnerException is not null);
    }

    [SkippableFact]
    public void Without_a_PIN_nobody_is_asked_for_it()
    {
        SoftToken token = Take();
        CmpException error = Expect.Error("CmpKey.PinRequired", () => Keys.Get(Request(token) with { Pin = null }));
        Assert.Contains("-KeyPassword", error.RecommendedAction, StringComparison.Ordinal);
        Expect.Error("CmpKey.PinRequired", () => KeyProviders.Open(token.With(";object=a"), new SecureString()));
    }

    [SkippableFact]
    public void Who_lets_go_of_the_last_key_logs_out()
    {
        SoftToken token = Take();
        KeyHandle made = Keys.Get(Request(token));
        using (KeyHandle second = Keys.Open(made.Reference!, null))
            second.Key.EnsureFits(made.Key.PublicKey);
        made.Dispose();
        Expect.Error("CmpKey.PinRequired", () => Keys.Open(made.Reference!, null));
    }

    [SkippableFact]
    public void A_token_that_is_not_there_is_named_and_so_are_those_that_are()
    {
        SoftToken token = Take();
        CmpException error = Expect.Error("CmpKey.TokenMissing", () => Keys.Reserve(Request(token) with { Provider = $"pkcs11:token=nobody?module-path={SoftHsm.Module}" }));
        Assert.Contains("token=nobody", error.Message, StringComparison.Ordinal);
        Assert.Contains("'token ", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Of_two_tokens_that_fit_none_is_guessed()
    {
        _ = Take();
        CmpException error = Expect.Error("CmpKey.Ambiguous", () => Keys.Reserve(new KeyRequest { Provider = $"pkcs11:model=SoftHSM%20v2?module-path={SoftHsm.Module}" }));
        Assert.Contains("serial", error.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_token_is_known_by_all_that_it_says_of_itself()
    {
        SoftToken token = Take();
        Pkcs11Uri said = Pkcs11Uri.Parse(Keys.Reserve(Request(token)).Text);
        Assert.Equal((token.Label, "SoftHSM v2", "SoftHSM project", SoftHsm.Module), (said.Token, said.Model, said.Manufacturer, said.ModulePath));
        Assert.Equal(16, said.Serial!.Length);
        foreach (Pkcs11Uri other in new[] { said with { Serial = "0" }, said with { Model = "0" }, said with { Manufacturer = "0" }, said with { SlotId = 1 } })
            Expect.Error("CmpKey.TokenMissing", () => Keys.Open(KeyReference.Parse(other.ToString()), null));
    }

    [SkippableFact]
    public void A_key_that_is_not_there_is_named()
    {
        SoftToken token = Take();
        CmpException error = Expect.Error("CmpKey.Vanished", () => KeyProviders.Open(token.With(";object=nobody"), token.Pin));
        Assert.Contains("object=nobody", error.Message, StringComparison.Ordinal);
        Assert.Null(KeyProviders.Look(token.With(";object=nobody")));
        Keys.Delete(KeyReference.Parse(token.With(";id=%01")), null);
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData(";object=web")]
    public void A_reference_without_an_identifier_removes_nothing(string which)
    {
        SoftToken token = Take();
        using KeyHandle made = Keys.Get(Request(token) with { Provider = token.With(";object=web") });
        KeyReference several = KeyReference.Parse(token.With(which));
        Expect.Error("CmpKey.Reference", () => Keys.Delete(several, token.Pin));
        Expect.Error("CmpKey.Reference", () => Keys.Open(several, token.Pin));
        using Pkcs11Hold hold = Pkcs11Token.Open(Pkcs11Uri.Parse(token.Uri));
        Expect.Error("CmpKey.Reference", () => hold.Token.Use(session => { Pkcs11Objects.Remove(session, Pkcs11Uri.Parse(several.Text)); return true; }, writes: true));
        made.Key.EnsureFits(made.Key.PublicKey);
    }

    [Fact]
    public void A_library_that_is_not_there_is_an_error() =>
        Assert.Contains("/nowhere/x.so", Expect.Error("CmpKey.Module", () => Keys.Reserve(new KeyRequest { Provider = "pkcs11:token=a?module-path=/nowhere/x.so" })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_name_of_a_library_is_looked_for_where_libraries_are() =>
        Expect.Error("CmpKey.Module", () => Keys.Reserve(new KeyRequest { Provider = "pkcs11:token=a?module-name=no-such-module" }));

    [SkippableFact]
    public void A_name_of_a_library_is_enough_where_it_is_there()
    {
        SoftToken token = Take();
        Skip.IfNot(File.Exists("/usr/lib/softhsm/libsofthsm2.so"), "SoftHSM's library is not in /usr/lib/softhsm");
        using KeyHandle made = Keys.Get(Request(token) with { Provider = $"pkcs11:token={Uri.EscapeDataString(token.Label)}?module-name=softhsm2" });
        made.Key.EnsureFits(made.Key.PublicKey);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_that_is_no_PKCS_11_library_is_an_error(bool isLibrary)
    {
        using var folder = new Folder();
        string path = isLibrary
            ? Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!).First(file => Path.GetFileName(file).StartsWith("libSystem.Native", StringComparison.Ordinal) || Path.GetFileName(file) == "System.IO.Compression.Native.dll")
            : folder.Write("x.so", [1, 2, 3]);
        CmpException error = Expect.Error("CmpKey.Module", () => Keys.Reserve(new KeyRequest { Provider = new Pkcs11Uri { Token = "a", ModulePath = path }.ToString() }));
        Assert.NotNull(error.RecommendedAction);
    }

    /// <summary>The library that is there, said to be for another kind of computer.</summary>
    [SkippableTheory]
    [InlineData(4, 1)] // EI_CLASS: 32 bits
    [InlineData(18, 0xB7)] // e_machine: AArch64
    public void A_library_for_another_computer_is_an_error(int offset, byte value)
    {
        Skip.IfNot(SoftHsm.IsAvailable && OperatingSystem.IsLinux(), SoftHsm.WhyNot);
        using var folder = new Folder();
        byte[] library = File.ReadAllBytes(SoftHsm.Module!);
        Skip.If(library[offset] == value, "this is such a computer");
        library[offset] = value;
        CmpException error = Expect.Error("CmpKey.Module", () => Keys.Reserve(new KeyRequest { Provider = new Pkcs11Uri { Token = "a", ModulePath = folder.Write("x.so", library) }.ToString() }));
        Assert.Contains(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString(), error.RecommendedAction, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Somebody_elses_C_Finalize_costs_the_key_and_not_the_next_one()
    {
        SoftToken token = Take();
        (int exitCode, string output) = Errand.Run(new Dictionary<string, string> { [Victim.PinVariable] = SoftToken.UsersPin }, "finalized", token.Uri);
        Assert.Equal((0, "CmpKey.TokenGone, then it signs"), (exitCode, output));
    }

    [Theory]
    [InlineData(CKR.CKR_PIN_INCORRECT, "CmpKey.Pin")]
    [InlineData(CKR.CKR_PIN_LEN_RANGE, "CmpKey.Pin")]
    [InlineData(CKR.CKR_PIN_LOCKED, "CmpKey.PinLocked")]
    [InlineData(CKR.CKR_PIN_EXPIRED, "CmpKey.PinLocked")]
    [InlineData(CKR.CKR_USER_PIN_NOT_INITIALIZED, "CmpKey.PinLocked")]
    [InlineData(CKR.CKR_TOKEN_NOT_PRESENT, "CmpKey.TokenGone")]
    [InlineData(CKR.CKR_DEVICE_REMOVED, "CmpKey.TokenGone")]
    [InlineData(CKR.CKR_SESSION_HANDLE_INVALID, "CmpKey.TokenGone")]
    [InlineData(CKR.CKR_USER_NOT_LOGGED_IN, "CmpKey.TokenGone")]
    [InlineData(CKR.CKR_OBJECT_HANDLE_INVALID, "CmpKey.Vanished")]
    [InlineData(CKR.CKR_MECHANISM_INVALID, "CmpKey.Mechanism")]
    [InlineData(CKR.CKR_KEY_SIZE_RANGE, "CmpKey.Mechanism")]
    [InlineData(CKR.CKR_SESSION_COUNT, "CmpKey.Busy")]
    [InlineData(CKR.CKR_DEVICE_MEMORY, "CmpKey.Failed")]
    [InlineData(CKR.CKR_TOKEN_WRITE_PROTECTED, "CmpKey.Failed")]
    public void Each_answer_of_a_token_is_one_error_that_says_what_to_do(CKR answer, string errorId)
    {
        CmpException error = Pkcs11Errors.Of(new Pkcs11Exception("C_Login", answer), "'a'");
        Assert.Equal((errorId, CmpErrorKind.Key), (error.ErrorId, error.Kind));
        Assert.Contains("'a'", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void An_answer_that_nobody_expects_is_named() =>
        Assert.Contains("CKR_GENERAL_ERROR", Pkcs11Errors.Of(new Pkcs11Exception("C_Sign", CKR.CKR_GENERAL_ERROR), "'a'").Message, StringComparison.Ordinal);

    private static SoftToken Take()
    {
        Skip.IfNot(SoftHsm.IsAvailable, SoftHsm.WhyNot);
        return SoftHsm.Take();
    }

    private static KeyRequest Request(SoftToken token) => new() { Provider = token.Uri, Pin = token.Pin, Algorithm = KeyAlgorithm.Parse("ECDSA_P256") };

    private static SecureString Secret(string text) => new NetworkCredential(string.Empty, text).SecurePassword;
}
