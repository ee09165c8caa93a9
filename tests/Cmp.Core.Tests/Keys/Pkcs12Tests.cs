using System;
using System.Formats.Asn1;
using System.IO;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Stores;
using Xunit;

namespace Cmp.Tests.Keys;

public sealed class Pkcs12Tests
{
    private const string Text = "pass wörd €";

    [SkippableTheory]
    [InlineData("", Text)]
    [InlineData("", "")]
    [InlineData("-macalg sha512 -keypbe aes-128-cbc", "password")]
    [InlineData("-macalg sha1 -noiter -nomaciter", "password")]
    [InlineData("-certpbe NONE", "password")]
    [InlineData("-certpbe NONE -keypbe NONE", "password")]
    [InlineData("-nomac", "password")]
    [InlineData("-nomac", "")]
    [InlineData("-legacy", "password")]
    [InlineData("-legacy", "")]
    [InlineData("-legacy -descert", "password")]
    [InlineData("-legacy -keypbe PBE-SHA1-RC2-128 -certpbe PBE-SHA1-2DES", "password")]
    public void Reads_what_OpenSSL_wrote(string options, string password)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Write("password", Encoding.UTF8.GetBytes(password + "\n"));
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout issuer.key -subj /CN=issuer -out issuer.pem");
        openssl.Do($"pkcs12 -export {options} -in certificate.pem -inkey key.pem -certfile issuer.pem -passout file:password -out file.pfx");
        openssl.Do("x509 -in certificate.pem -outform DER -out certificate.der");
        openssl.Do("pkey -in key.pem -pubout -outform DER -out public.der");

        using KeyFileContents contents = KeyFileContents.Read(openssl.PathOf("file.pfx"), SecretText.Of(password), null, withKeys: true);
        Assert.Equal(2, contents.Certificates.Count);
        Assert.Equal(openssl.Read("certificate.der"), contents.Certificates[0]);
        Assert.True(openssl.Read("public.der").AsSpan().SequenceEqual(Assert.Single(contents.Keys).PublicKey.Encoded.Span));

        if (options.Contains("NONE -keypbe NONE", StringComparison.Ordinal))
            return;
        using (PrivateKey key = KeyFile.Read(openssl.PathOf("file.pfx"), password.Length == 0 ? null : SecretText.Of(password)))
            Assert.Equal("ECDSA_P256", key.Algorithm.Name);
        Expect.Error("CmpKey.Password", () => KeyFile.Read(openssl.PathOf("file.pfx"), SecretText.Of("another")));
        if (password.Length > 0)
            Expect.Error("CmpKey.PasswordRequired", () => KeyFile.Read(openssl.PathOf("file.pfx")));
    }

    /// <summary>What stands in the clear is guarded by nothing but the MAC: a certificate could be put in the place of another one.</summary>
    [SkippableFact]
    public void A_file_that_was_changed_is_refused_where_it_is_not_encrypted_either()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        openssl.Do("pkcs12 -export -certpbe NONE -in certificate.pem -inkey key.pem -name marker -passout pass:x -out file.pfx");
        byte[] file = openssl.Read("file.pfx");
        int at = file.AsSpan().IndexOf(Encoding.BigEndianUnicode.GetBytes("marker"));
        Assert.True(at > 0);
        KeyFile.Read(openssl.Write("same.pfx", file), SecretText.Of("x")).Dispose();
        file[at + 1]++;
        Expect.Error("CmpKey.Password", () => KeyFile.Read(openssl.Write("changed.pfx", file), SecretText.Of("x")));
    }

    [SkippableTheory]
    [InlineData("password")]
    [InlineData("")]
    public void Reads_files_in_BER_as_old_programs_wrote_them(string password)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        openssl.Do($"pkcs12 -export -in certificate.pem -inkey key.pem -passout pass:{password} -out file.pfx");
        byte[] ber = Indefinite(openssl.Read("file.pfx"));
        Assert.Equal(0x80, ber[1]);
        openssl.Write("ber.pfx", ber);
        using KeyFileContents contents = KeyFileContents.Read(openssl.PathOf("ber.pfx"), SecretText.Of(password), null, withKeys: true);
        Assert.Single(contents.Certificates);
        Assert.Single(contents.Keys);
    }

    [SkippableTheory]
    [InlineData(Text)]
    [InlineData("")]
    public void OpenSSL_and_DotNet_read_what_is_written(string password)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Write("password", Encoding.UTF8.GetBytes(password + "\n"));
        using var issuer = new Issuer("CN=issuer");
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P384"));
        byte[] certificate = issuer.Issue("CN=x", key.PublicKey).Encoded.ToArray();
        openssl.Write("file.pfx", KeyFile.ToPkcs12(certificate, [issuer.Certificate.Encoded.ToArray()], key, SecretText.Of(password), "my name"));

        string info = openssl.Do("pkcs12 -in file.pfx -passin file:password -info -nodes");
        foreach (string part in new[] { "MAC: sha256, Iteration 100000", "PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256", "friendlyName: my name", "localKeyID", "BEGIN PRIVATE KEY" })
            Assert.Contains(part, info);
        Assert.Equal(2, info.Split("BEGIN CERTIFICATE").Length - 1);
        Assert.NotEqual(0, openssl.Try("pkcs12 -in file.pfx -passin pass:another -nodes").ExitCode);

        X509Certificate2Collection read = X509CertificateLoader.LoadPkcs12CollectionFromFile(openssl.PathOf("file.pfx"), password);
        Assert.Equal(2, read.Count);
        Assert.Single(read, one => one.HasPrivateKey && one.RawData.AsSpan().SequenceEqual(certificate));
    }

    [SkippableFact]
    public void OpenSSL_reads_a_file_without_a_key()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using var issuer = new Issuer("CN=issuer");
        openssl.Write("file.pfx", KeyFile.ToPkcs12(issuer.Certificate.Encoded.ToArray(), [], null, null, null));
        Assert.Contains("BEGIN CERTIFICATE", openssl.Do("pkcs12 -in file.pfx -passin pass:"));
    }

    [SkippableTheory]
    [InlineData("-iter 1001")]
    [InlineData("-iter 1001 -nomac")]
    [InlineData("-iter 1001 -nomac -certpbe NONE")]
    [InlineData("-iter 1001 -nomac -legacy")]
    [InlineData("-iter 1001 -certpbe NONE -keypbe NONE")]
    public void Rule18_Every_derivation_of_a_file_is_bounded(string options)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        openssl.Do($"pkcs12 -export {options} -in certificate.pem -inkey key.pem -passout pass:x -out file.pfx");
        CmpLimits enough = CmpLimits.Default with { MaxPbkdf2Iterations = 1001 };
        KeyFile.Read(openssl.PathOf("file.pfx"), SecretText.Of("x"), enough).Dispose();
        CmpException e = Expect.Error("CmpKey.Limit", () => KeyFile.Read(openssl.PathOf("file.pfx"), SecretText.Of("x"), enough with { MaxPbkdf2Iterations = 1000 }));
        Assert.Contains("1001", e.Message);
    }

    /// <summary>The same value with indefinite lengths, and its OCTET STRINGs in two pieces.</summary>
    private static byte[] Indefinite(byte[] der)
    {
        using var ber = new MemoryStream();
        ReadOnlySpan<byte> rest = der;
        while (!rest.IsEmpty)
        {
            Asn1Tag tag = AsnDecoder.ReadEncodedValue(rest, AsnEncodingRules.BER, out int offset, out int length, out int consumed);
            byte[] content = rest.Slice(offset, length).ToArray();
            if (tag.IsConstructed)
            {
                ber.Write([rest[0], 0x80, .. Indefinite(content), 0, 0]);
            }
            else if (tag == Asn1Tag.PrimitiveOctetString || tag == new Asn1Tag(TagClass.ContextSpecific, 0))
            {
                // pieces are OCTET STRINGs, whatever the tag around them
                ber.Write([(byte)(rest[0] | 0x20), 0x80]);
                ber.Write(OctetString(content.AsSpan(0, length / 2)));
                ber.Write(OctetString(content.AsSpan(length / 2)));
                ber.Write([0, 0]);
            }
            else
            {
                ber.Write(rest.Slice(0, consumed));
            }
            rest = rest.Slice(consumed);
        }
        return ber.ToArray();
    }

    private static byte[] OctetString(ReadOnlySpan<byte> octets)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(octets);
        return writer.Encode();
    }
}
