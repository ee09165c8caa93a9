using System.Collections.Generic;
using System.Linq;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>What a CA wants a request for a certificate to look like. Piped to New-CmpCertificateRequest, it brings its server and its profile.</summary>
/// <remarks>No property has the name of one that a request says, so that nothing of the template is taken for the requester's own words.</remarks>
public sealed class CmpRequestTemplate
{
    internal CmpRequestTemplate(RequestTemplate template, ServerSettings? server)
    {
        Server = server;
        CertificateProfile = template.Profile is { } profile ? PeerText.Escape(profile) : null;
        RequestTemplate = template;
        // arrays, which scripts can index
        TakenOver = Standing(template).ToArray();
        ToFillIn = Empty(template).ToArray();
        Keys = template.KeyAlgorithms.Select(algorithm => algorithm.Name).Concat(template.UnknownKeyAlgorithms.Select(name => $"({PeerText.Escape(name)})")).ToArray();
    }

    /// <summary>The server that it came from.</summary>
    public ServerSettings? Server { get; }

    /// <summary>The profile that it was asked for; <see langword="null"/> where none was named.</summary>
    public string? CertificateProfile { get; }

    /// <summary>What stands in it, as in <c>Subject O=Example</c>, escaped: requests take it over.</summary>
    public IReadOnlyList<string> TakenOver { get; }

    /// <summary>What is to be filled in, as in <c>Subject CN</c> or <c>DnsName</c>: the parts of a subject, and parameters of New-CmpCertificateRequest.</summary>
    public IReadOnlyList<string> ToFillIn { get; }

    /// <summary>The kinds of keys that the CA takes, in its order, those in parentheses unknown here; empty where it takes any.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>The template itself.</summary>
    public RequestTemplate RequestTemplate { get; }

    /// <summary>What it wants.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        (TakenOver.Count, ToFillIn.Count, Keys.Count) is (0, 0, 0) ? "no wishes" : string.Join("; ", TakenOver.Concat(ToFillIn.Select(what => what + "=?")).Concat(Keys.Count > 0 ? [$"key {string.Join(" or ", Keys)}"] : []));

    private static IEnumerable<string> Standing(RequestTemplate template)
    {
        foreach (string part in TemplateFiller.StandingParts(template.Subject))
            yield return $"Subject {part}";
        foreach (string part in TemplateFiller.StandingParts(template.Issuer))
            yield return $"Issuer {part}";
        if (template.NotBefore is { } notBefore)
            yield return $"NotBefore {notBefore.LocalDateTime:yyyy-MM-dd HH:mm:ss}";
        if (template.NotAfter is { } notAfter)
            yield return $"NotAfter {notAfter.LocalDateTime:yyyy-MM-dd HH:mm:ss}";
        foreach (GeneralName name in template.SubjectAltNames.Where(name => !TemplateFiller.IsEmptyUserPrincipalName(name)))
            yield return $"{TemplateFiller.ParameterOf(name.Type) ?? name.Type.ToString()} {name}";
        foreach (Extension extension in template.Extensions)
            yield return Describe(extension);
    }

    private static IEnumerable<string> Empty(RequestTemplate template)
    {
        if (template.IsSubjectToFill)
            yield return "Subject";
        foreach (string oid in template.SubjectToFill)
            yield return $"Subject {TemplateFiller.NameOfAttribute(oid)}";
        if (template.AreSubjectAltNamesToFill)
            yield return "SubjectAltName";
        foreach (GeneralNameType type in template.SubjectAltNamesToFill)
            yield return TemplateFiller.ParameterOf(type) ?? type.ToString();
        foreach (GeneralName _ in template.SubjectAltNames.Where(TemplateFiller.IsEmptyUserPrincipalName))
            yield return "UserPrincipalName";
        foreach (string oid in template.ExtensionsToFill)
            yield return TemplateFiller.NameOfExtension(oid);
    }

    /// <summary>An extension by its name and, where that is one of ours, what it says.</summary>
    private static string Describe(Extension extension)
    {
        string name = TemplateFiller.NameOfExtension(extension.Oid);
        try
        {
            string value = extension.Oid switch
            {
                Oids.KeyUsage => CertificateExtensions.ReadKeyUsage(extension).ToString(),
                Oids.ExtendedKeyUsage => string.Join(", ", CertificateExtensions.ReadEnhancedKeyUsage(extension).Select(EnhancedKeyUsageCompleter.NameOf)),
                _ => Hex.Of(extension.Value.Span),
            };
            return $"{name} {value}";
        }
        catch (CmpException)
        {
            return $"{name} {Hex.Of(extension.Value.Span)}"; // unreadable, and passed on as it is
        }
    }
}
