using System;
using System.Management.Automation;
using Cmp.Client;

namespace Cmp.Binding;

/// <summary>Takes a registered server's name, an address, or a server for <c>-Server</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ServerTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) switch
    {
        ServerSettings server => server,
        CmpTestServer server => server.Settings,
        Uri uri => FromUri(uri),
        null => null!,
        string text when BlankIsNothingAttribute.IsBlank(text) => null!,
        string text => ServerRegistry.IsAddress(text, out Uri? uri) ? new ServerSettings { Uri = uri } : Registered(text),
        var other => throw new ArgumentTransformationMetadataException($"'{other}' is no server: give a registered name, an address as in 'https://ca.example/pkix', or a server object."),
    };

    private static ServerSettings FromUri(Uri uri) => ServerRegistry.IsAddress(uri.OriginalString, out _) ? new ServerSettings { Uri = uri } : Registered(uri.OriginalString);

    private static ServerSettings Registered(string text)
    {
        try
        {
            return ServerRegistry.Find(text)
                ?? throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(text)}' is neither a registered server ({Known()}) nor an address as in 'https://ca.example/pkix'.{Advice(text)}");
        }
        catch (CmpException e)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    private static string Advice(string text) => ServerRegistry.AdviceOn(text) is { } advice ? " " + advice : string.Empty;

    private static string Known() => ServerRegistry.Names is { Count: > 0 } names ? string.Join(", ", names) : "none is registered";
}
