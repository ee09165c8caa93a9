using System;
using System.Management.Automation;
using Cmp.Messages.Pkix;

namespace Cmp.Binding;

/// <summary>Takes a CA for <c>-Issuer</c>: its name as in <c>CN=Issuing CA, O=Example</c>, or its certificate as an object, a thumbprint, a <c>Cert:</c> path or a file.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IssuerTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly CertificateTransformationAttribute ToCertificate = new();

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is null or Name or Certificate || BlankIsNothingAttribute.IsBlank(input))
            return input!;
        // a path may hold an equals sign, and then it is one of a file that is there
        if (input is string text && text.IndexOf('=') > 0 && !System.IO.File.Exists(text))
        {
            try
            {
                return Name.Parse(text);
            }
            catch (CmpException e)
            {
                throw new ArgumentTransformationMetadataException(e.Message, e);
            }
        }
        return ToCertificate.Transform(engineIntrinsics, inputData) is System.Security.Cryptography.X509Certificates.X509Certificate2 certificate
            ? Certificate.From(certificate)
            : throw new ArgumentTransformationMetadataException($"A {input.GetType().Name} is no CA: give its name as in 'CN=Issuing CA, O=Example', or its certificate.");
    }
}
