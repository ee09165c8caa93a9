using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Commands;

/// <summary>Sends a general message with any question, or with none, and emits what the server tells.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "CmpGeneralMessage", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(CmpInformation))]
public sealed class InvokeCmpGeneralMessageCommand : QuestionCmdlet
{
    /// <summary>What is asked for: names, or object identifiers; none asks for everything that the server wishes to tell.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(InfoTypeCompleter))]
    public string[]? InfoType { get; set; }

    /// <summary>The value that goes with the question: octets in DER, a certificate, a text, a number or a time.</summary>
    [Parameter(Position = 1)]
    public object? Value { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow((object?)InfoType?.FirstOrDefault() ?? ServerTarget, Prepare);

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer)
    {
        List<InfoTypeAndValue> items = Items();
        CmpClient client = OpenClient(writer);
        ServerSettings server = NamedServer ?? client.Said;
        string what = items.Count == 0 ? "everything" : string.Join(", ", items.Select(item => InfoTypes.NameOf(item.InfoType)));
        if (!ShouldProcess(client.Settings.ToString(), $"Ask for {what}"))
            return null;
        return Ask(writer, $"Asking {client.Settings} for {what}", async (options, token) =>
        {
            IReadOnlyList<InfoTypeAndValue> answer = await client.SendGeneralMessageAsync(items, options, token).ConfigureAwait(false);
            if (answer.Count == 0)
                writer.Verbose($"{client.Settings} has nothing to tell.");
            foreach (InfoTypeAndValue item in answer)
            {
                CmpInformation information = InformationValue.Of(item, client, server);
                if (information.Problem is { } problem)
                    writer.Warning($"The value of {information.Name} cannot be read: {problem}");
                writer.Write(information);
            }
        });
    }

    private List<InfoTypeAndValue> Items()
    {
        string[] types = InfoType ?? [];
        if (Value is not null && types.Length != 1)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Value", "-Value goes with one -InfoType.");
        return [.. types.Select(type => Item(OidOf(type)))];
    }

    private static string OidOf(string type)
    {
        string trimmed = type.Trim();
        if (InfoTypes.OidOf(trimmed) is { } oid)
            return oid;
        return IsOid(trimmed) ? trimmed : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.InfoType", $"'{PeerText.Escape(type)}' is no type of information that is known here.")
        {
            RecommendedAction = $"Give its object identifier, or one of {string.Join(", ", InfoTypes.Names)}.",
        };
    }

    /// <summary>Whether a text is an object identifier that can be sent: <c>9.9.9</c> is none.</summary>
    private static bool IsOid(string text)
    {
        try
        {
            return text.All(c => c is '.' or (>= '0' and <= '9')) && new InfoTypeAndValue(text).Encoded.Length > 0;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private InfoTypeAndValue Item(string oid)
    {
        object? value = Plain(Value);
        try
        {
            InfoTypeAndValue item = value is null ? new InfoTypeAndValue(oid) : oid switch
            {
                Oids.KeyPairParamReq when value is string algorithm => InfoTypes.KeyPairParamReq(algorithm),
                Oids.SuppLangTags when Texts(value) is { } tags => InfoTypes.SuppLangTags(tags),
                Oids.RootCaCert when value is string certificate => InfoTypes.RootCaCert(Open(certificate)),
                _ => new InfoTypeAndValue(oid, InfoValue.Encode(value switch
                {
                    X509Certificate2 certificate => certificate.RawData,
                    object[] octets => LanguagePrimitives.ConvertTo<byte[]>(octets),
                    _ => value,
                })),
            };
            _ = item.Encoded; // what cannot be encoded says so before anything is sent
            return item;
        }
        catch (Exception e) when (e is ArgumentException or PSInvalidCastException or ArgumentTransformationMetadataException or System.Formats.Asn1.AsnContentException)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Value", $"The value of {InfoTypes.NameOf(oid)} cannot be encoded: {e.Message}", e)
            {
                RecommendedAction = "Give one structure in DER as octets, a certificate, a text, a number or a time.",
            };
        }
    }

    private static string[]? Texts(object value) => value switch
    {
        string text => [text],
        object[] list when list.All(element => Plain(element) is string) => [.. list.Select(element => (string)Plain(element)!)],
        _ => null,
    };

    private Certificate Open(string text)
    {
        var transformation = new CertificateTransformationAttribute();
        return Certificate.From((X509Certificate2)transformation.Transform((EngineIntrinsics)GetVariableValue("ExecutionContext"), text));
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;
}
