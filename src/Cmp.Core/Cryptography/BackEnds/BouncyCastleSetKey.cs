using System;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Cryptography.BackEnds;

/// <summary>A private key of a <see cref="ParameterSet"/> in memory. .NET's certificate objects cannot hold it.</summary>
internal abstract class BouncyCastleSetKey(ParameterSet set, byte[] publicKey) : PrivateKey(set.Write(publicKey))
{
    public override bool CanBeAttached => false;

    public override bool Exportable => true;

    protected ParameterSet Set { get; } = set;

    public override void Dispose()
    {
    }

    internal override bool CanUse(SignatureScheme scheme) => true;

    /// <summary>The octets of the key, which are cleared when they are written.</summary>
    private protected abstract PrivateOctets Octets();

    private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data) => throw new NotSupportedException(Set.Name);

    private protected override byte[] ExportCore()
    {
        PrivateOctets octets = Octets();
        try
        {
            return octets.WritePkcs8(Set);
        }
        finally
        {
            octets.Clear();
        }
    }

    private protected override X509Certificate2 AttachCore(X509Certificate2 bare) => throw new NotSupportedException(Set.Name);
}
