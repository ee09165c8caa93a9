using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Binding;

/// <summary>Takes CRLs as files (DER or PEM), octets, or objects that have their octets in RawData.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CrlTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>What PEM calls a CRL (RFC 7468 7).</summary>
    internal const string Label = "X509 CRL";

    /// <summary>Whether exactly one is taken, and not several.</summary>
    public bool Single { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = Plain(inputData);
        if (input is null || BlankIsNothingAttribute.IsBlank(input))
            return null!; // as where the parameter is left out
        try
        {
            IEnumerable<object> inputs = input is IEnumerable list and not (string or byte[]) ? list.Cast<object>() : [inputData];
            CertificateList[] crls = inputs.SelectMany(one => All(engineIntrinsics, one)).ToArray();
            return !Single ? crls : crls is [var only] ? only : throw new FormatException($"There are {crls.Length} CRLs, and one is wanted.");
        }
        catch (Exception e) when (e is CmpException or FormatException)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    private static IEnumerable<CertificateList> All(EngineIntrinsics engine, object input)
    {
        switch (Plain(input))
        {
            case CertificateList crl:
                return [crl];
            case byte[] octets:
                return Read(octets);
            case string path:
                return Read(BoundedFile.Read(engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path), CmpLimits.Default.MaxCrlBytes));
            case var other when PSObject.AsPSObject(input).Properties["RawData"]?.Value is byte[] raw && other is not null:
                return Read(raw);
            default:
                // the cause lets PowerShell go on, and look whether an object in the pipeline has a property with CRLs
                string message = $"A {Plain(input)?.GetType().Name} is no CRL: give a file, octets, or what Get-CmpCrl emits.";
                throw new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
        }
    }

    private static List<CertificateList> Read(byte[] octets)
    {
        IEnumerable<byte[]> each = Pem.IsPem(octets) ? Pem.Read(octets).Where(block => block.Label == Label).Select(block => block.Octets) : [octets];
        List<CertificateList> crls = each.Select(one => CertificateList.Decode(one)).ToList();
        // what is none is said now, not when a signer is asked after
        foreach (CertificateList crl in crls)
            _ = crl.Issuer;
        return crls.Count > 0 ? crls : throw new FormatException("There is no CRL in it.");
    }

    private static object Plain(object value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        FileInfo file => file.FullName,
        var other => other,
    };
}
