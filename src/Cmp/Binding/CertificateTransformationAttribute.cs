using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Pkix;
using Cmp.Stores;

namespace Cmp.Binding;

/// <summary>Takes a certificate as an object, a thumbprint, a <c>Cert:</c> path, a file or octets.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CertificateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <summary>Whether several are taken, also from one file.</summary>
    public bool Many { get; set; }

    /// <summary>Whether an enrolment whose certificate is missing is taken all the same, by its name.</summary>
    public bool MayBeMissing { get; set; }

    /// <summary>Whether of several each is one certificate: of a file the one that it is about, and not its chain.</summary>
    public bool OneEach { get; set; }

    /// <summary>Whether files and octets that are none may be what another parameter takes: messages, for example.</summary>
    public bool MayBeOther { get; set; }

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = Plain(inputData);
        if (input is null || BlankIsNothingAttribute.IsBlank(input))
            return null!; // as where the parameter is left out
        try
        {
            if (input is CmpEnrollment { Problem: { } problem } enrollment && !MayBeMissing)
                throw new ArgumentTransformationMetadataException($"The certificate of the enrolment {enrollment.Name} is not at hand. {problem}");
            // an object that has a certificate is none: in the pipeline its property binds
            if (!Many && input is not X509Certificate2 && PSObject.AsPSObject(inputData).Properties["Certificate"] is not null)
                return inputData;
            if (!Many)
                return One(engineIntrinsics, input);
            if (MayBeOther && input is byte or byte[])
                throw NoCertificate(input);
            IEnumerable<object> inputs = input is IEnumerable list and not (string or byte[]) ? list.Cast<object>().Select(Plain) : [input];
            return inputs.SelectMany(item => OneEach ? [One(engineIntrinsics, item)] : All(engineIntrinsics, item)).ToArray();
        }
        catch (CmpException) when (MayBeOther && (inputData is PSObject { BaseObject: FileInfo } or FileInfo))
        {
            throw NoCertificate(inputData);
        }
        catch (CmpException e)
        {
            // a parameter has one value: there is no place for a password
            string advice = e.ErrorId == "CmpKey.PasswordRequired" ? " Open it with Get-PfxCertificate, and give the object." : string.Empty;
            throw new ArgumentTransformationMetadataException(e.Message + advice, e);
        }
    }

    private static object Plain(object value) => (value is PSObject wrapped ? wrapped.BaseObject : value) switch
    {
        FileInfo file => file.FullName,
        var other => other,
    };

    private static X509Certificate2 One(EngineIntrinsics engine, object input) => input switch
    {
        X509Certificate2 certificate => certificate,
        byte[] octets => new X509Certificate2(Certificate.Decode(octets).Encoded.ToArray()),
        string text => CertificateSource.Find(Resolve(engine, text)).Certificate,
        _ => throw NoCertificate(input),
    };

    /// <summary>The cause lets PowerShell go on, and look whether an object in the pipeline has a property with a certificate.</summary>
    private static ArgumentTransformationMetadataException NoCertificate(object input)
    {
        string message = $"A {input.GetType().Name} is no certificate: give an object, a thumbprint, a Cert: path or a file.";
        return new ArgumentTransformationMetadataException(message, new PSInvalidCastException(message));
    }

    private static IEnumerable<X509Certificate2> All(EngineIntrinsics engine, object input) =>
        input is string text ? CertificateSource.FindMany(Resolve(engine, text)) : [One(engine, input)];

    /// <summary>Paths of files become full ones; thumbprints and Cert: paths stay as they are.</summary>
    private static string Resolve(EngineIntrinsics engine, string text) =>
        CertificateSource.IsFile(text) ? engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text) : text;
}
