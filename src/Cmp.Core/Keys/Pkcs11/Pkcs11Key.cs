using System;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>A private key in a token. It signs, opens and agrees there; its octets never leave it, and no certificate object of .NET can hold it.</summary>
internal sealed class Pkcs11Key : PrivateKey
{
    private readonly IObjectHandle _handle;
    private readonly Pkcs11Uri _uri;
    private readonly Pkcs11Usages _usages;

    private Pkcs11Key(SubjectPublicKeyInfo publicKey, Pkcs11Hold hold, IObjectHandle handle, Pkcs11Uri uri, Pkcs11Usages usages)
        : base(publicKey)
    {
        Hold = hold;
        _handle = handle;
        _uri = uri;
        _usages = usages;
    }

    public override bool CanDecrypt => base.CanDecrypt && _usages.Decrypts;

    public override bool CanAgree => Algorithm.Curve is not null && _usages.Derives && Hold.Token.Has(CKM.CKM_ECDH1_DERIVE);

    public override bool Exportable => false;

    public override bool CanBeAttached => false;

    public override string? Location => _uri.ToString();

    /// <summary>The token, which the key holds on to.</summary>
    internal Pkcs11Hold Hold { get; }

    /// <summary>Opens a key that is there.</summary>
    /// <param name="hold">The token, logged in; it is the key's from now on, where nothing fails.</param>
    /// <param name="uri">Which key.</param>
    /// <exception cref="CmpException"><c>CmpKey.Vanished</c>, <c>CmpKey.Ambiguous</c>, <c>CmpKey.PublicHalf</c>, <c>CmpKey.PinEachTime</c>, <c>CmpKey.Algorithm</c>.</exception>
    internal static Pkcs11Key Open(Pkcs11Hold hold, Pkcs11Uri uri) => hold.Token.Use(session =>
    {
        string wanted = PeerText.Escape(new Pkcs11Uri { Id = uri.Id, Object = uri.Object }.ToString(), 200);
        return Pkcs11Objects.FindPrivate(session, uri) switch
        {
            [var handle] => Of(hold, session, handle, uri),
            [] => throw Pkcs11Errors.NoKey(wanted, hold.Token.Name),
            _ => throw Pkcs11Errors.SeveralKeys(wanted, hold.Token.Name),
        };
    });

    /// <summary>Makes a key; one that cannot be used goes again.</summary>
    internal static Pkcs11Key Make(Pkcs11Hold hold, KeyAlgorithm algorithm, Pkcs11Uri uri) => hold.Token.Use(
        session =>
        {
            IObjectHandle handle = Pkcs11Objects.Make(session, algorithm, uri.Id!.Value.ToArray(), uri.Object!);
            try
            {
                return Of(hold, session, handle, uri);
            }
            catch
            {
                Pkcs11Objects.Remove(session, uri);
                throw;
            }
        },
        writes: true);

    public override PrivateKey Copy() => new Pkcs11Key(PublicKey, Hold.Copy(), _handle, _uri, _usages);

    public override void Dispose() => Hold.Dispose();

    internal override bool CanUse(SignatureScheme scheme) => Pkcs11Signing.For(scheme, Hold.Token.Has) is not null;

    internal override bool CanUse(RsaEncryption encryption) => Pkcs11Decryption.For(encryption, Hold.Token.Has) is not null;

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
    {
        Pkcs11Token token = Hold.Token;
        Pkcs11Signing signing = Pkcs11Signing.For(scheme, token.Has) ?? throw Pkcs11Errors.Mechanism(token.Name, $"has no mechanism for {scheme.ToIdentifier()}");
        byte[] signature = token.Use(session => signing.Sign(session, _handle, data, Algorithm.Curve?.FieldBytes ?? 0));
        // collected under the call the hold would log out
        GC.KeepAlive(Hold);
        return signature;
    }

    private protected override byte[] DecryptCore(RsaEncryption encryption, byte[] ciphertext)
    {
        Pkcs11Token token = Hold.Token;
        Pkcs11Decryption decryption = Pkcs11Decryption.For(encryption, token.Has)!;
        byte[] decrypted;
        try
        {
            decrypted = token.Use(session => decryption.Decrypt(session, _handle, ciphertext));
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.Mechanism" && decryption.Otherwise(token.Has) is { } otherwise)
        {
            decryption = otherwise;
            decrypted = token.Use(session => otherwise.Decrypt(session, _handle, ciphertext));
        }
        GC.KeepAlive(Hold);
        return decryption.Finish(decrypted, ciphertext.Length);
    }

    private protected override byte[] AgreeCore(SubjectPublicKeyInfo peer)
    {
        // not every token looks whether the point is on the curve
        EcPublicKey point = EcPublicKey.ReadChecked(peer);
        byte[] secret = Hold.Token.Use(session => Pkcs11Agreement.Derive(session, _handle, point));
        GC.KeepAlive(Hold);
        return secret;
    }

    private protected override byte[] ExportCore() => throw new NotSupportedException();

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => throw new NotSupportedException();

    private static Pkcs11Key Of(Pkcs11Hold hold, ISession session, IObjectHandle handle, Pkcs11Uri uri)
    {
        if (Pkcs11Objects.WantsPinEachTime(session, handle))
            throw Pkcs11Errors.Make("CmpKey.PinEachTime", $"The key in the token {hold.Token.Name} wants the PIN for each signature, and PINs are not kept here.", "Use a key without CKA_ALWAYS_AUTHENTICATE.");
        SubjectPublicKeyInfo publicKey = Pkcs11Objects.PublicKeyOf(session, handle)
            ?? throw Pkcs11Errors.Make("CmpKey.PublicHalf", $"The token {hold.Token.Name} does not tell the public half of the key.", "Put its public key or its certificate into the token, with the same CKA_ID.");
        return new Pkcs11Key(publicKey, hold, handle, uri, Pkcs11Usages.Of(session, handle));
    }
}
