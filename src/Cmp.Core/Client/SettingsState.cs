using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Settings of a server as a file of ours keeps them: all but secrets, keys and what holds only now. Certificates with keys become references.</summary>
/// <remarks>Each property is a member of its own name; how its value is written follows from its type.</remarks>
internal static class SettingsState
{
    /// <summary>What is no member: secrets and open keys, of which the members next to them say where they are, and what the place of the file says.</summary>
    internal static readonly IReadOnlyCollection<string> Elsewhere =
    [
        nameof(ServerSettings.Secret), nameof(ServerSettings.ClientKeyPassword),
        nameof(ServerSettings.ClientCertificate), nameof(ServerSettings.ClientKey), nameof(ServerSettings.TlsCertificate),
        nameof(ServerSettings.Scope), nameof(ServerSettings.IsDefault),
    ];

    private static readonly Dictionary<Type, Codec> Codecs = new()
    {
        [typeof(string)] = Of<string>((state, name, value) => state.Set(name, value), (state, name) => state.Text(name)),
        [typeof(bool)] = Of<bool>((state, name, value) => state.Set(name, value), (state, name) => state.Flag(name)),
        [typeof(int)] = Of<int>((state, name, value) => state.Set(name, value), (state, name) => Int(state, name)),
        [typeof(TimeSpan)] = Of<TimeSpan>((state, name, value) => state.Set(name, value.ToString("c", CultureInfo.InvariantCulture)), (state, name) => Time(state, name)),
        [typeof(Uri)] = Of<Uri>((state, name, value) => state.Set(name, value.OriginalString), (state, name) => new Uri(state.Require(name), UriKind.RelativeOrAbsolute)),
        [typeof(Version)] = Of<Version>((state, name, value) => state.Set(name, value.ToString()), (state, name) => VersionOf(state, name)),
        [typeof(Name)] = Of<Name>((state, name, value) => state.Set(name, value.Encoded), (state, name) => Name.Decode(state.Octets(name))),
        [typeof(Certificate)] = Of<Certificate>((state, name, value) => state.Set(name, value.Encoded), (state, name) => Certificate.Decode(state.Octets(name))),
        [typeof(CertificateReference)] = Of<CertificateReference>((state, name, value) => state.Set(name, value.Write()), (state, name) => CertificateReference.Read(state.Object(name)!)),
        [typeof(NetworkCredential)] = Of<NetworkCredential>((state, name, value) => state.Set(name, WriteUser(value)), (state, name) => ReadUser(state.Object(name)!)),
        [typeof(IReadOnlyList<string>)] = Of<IReadOnlyList<string>>((state, name, value) => state.Set(name, value), (state, name) => state.Texts(name)),
        [typeof(IReadOnlyList<Certificate>)] = OfList(value => value.Encoded, octets => Certificate.Decode(octets)),
        [typeof(IReadOnlyList<InfoTypeAndValue>)] = OfList(value => value.Encoded, octets => Asn1Reader.Decode(octets, null, InfoTypeAndValue.Read)),
        [typeof(IReadOnlyList<X509Certificate2>)] = OfList(value => value.RawData, Open),
        [typeof(IReadOnlyList<CertificateList>)] = OfList(value => value.Encoded, octets => CertificateList.Decode(octets)),
        [typeof(RevocationMode)] = OfWord<RevocationMode>(),
        [typeof(RevocationReason)] = OfWord<RevocationReason>(),
        [typeof(CredentialStoreKind)] = OfWord<CredentialStoreKind>(),
        [typeof(Cmp.Protection.ProtectionKind)] = OfWord<Cmp.Protection.ProtectionKind>(),
        [typeof(RsaPadding)] = OfWord<RsaPadding>(),
        [typeof(AbsentSubject)] = OfWord<AbsentSubject>(),
        [typeof(Transports.KeepAliveMode)] = OfWord<Transports.KeepAliveMode>(),
        [typeof(Framing.HttpGeneration)] = OfWord<Framing.HttpGeneration>(),
        [typeof(Framing.TcpMessageStyle)] = OfWord<Framing.TcpMessageStyle>(),
    };

    private static readonly Dictionary<string, (PropertyInfo Property, Codec Codec)> Members = typeof(ServerSettings)
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => !Elsewhere.Contains(property.Name))
        .ToDictionary(property => char.ToLowerInvariant(property.Name[0]) + property.Name.Substring(1), property => (property, CodecOf(property)), StringComparer.Ordinal);

    /// <summary>Writes what is said.</summary>
    /// <param name="settings">The settings. A certificate with a key that is in no store and no file is written too, but cannot be opened again (<see cref="CertificateReference.IsFound"/>).</param>
    /// <returns>The members.</returns>
    internal static StateObject Write(ServerSettings settings)
    {
        ServerSettings kept = settings.WithoutSecrets() with
        {
            ClientCertificateReference = settings.ClientCertificate is { } client ? CertificateReference.Of(client, settings.ClientKeyPath) : settings.ClientCertificateReference,
            TlsCertificateReference = settings.TlsCertificate is { } tls ? CertificateReference.Of(tls) : settings.TlsCertificateReference,
        };
        var state = new StateObject();
        foreach (KeyValuePair<string, (PropertyInfo Property, Codec Codec)> member in Members)
        {
            if (member.Value.Property.GetValue(kept) is { } value)
                member.Value.Codec.Write(state, member.Key, value);
        }
        return state;
    }

    /// <summary>Reads what <see cref="Write"/> wrote. No key and no store is opened.</summary>
    /// <param name="state">The members.</param>
    /// <returns>The settings, without secrets.</returns>
    /// <exception cref="CmpException"><c>CmpState.Newer</c>: it says something that this version does not know, and would not heed.</exception>
    /// <exception cref="FormatException">A member has no value of its kind; so too <see cref="CmpException"/> of the kind <see cref="CmpErrorKind.Malformed"/>.</exception>
    internal static ServerSettings Read(StateObject state)
    {
        var settings = new ServerSettings();
        foreach (string name in state.Names)
        {
            if (!Members.TryGetValue(name, out (PropertyInfo Property, Codec Codec) member))
                throw Newer(state.Names.Contains("name") ? state.Text("name") : null, name);
            member.Property.SetValue(settings, member.Codec.Read(state, name));
        }
        return settings;
    }

    /// <summary>Something is said that this version does not know.</summary>
    internal static CmpException Newer(string? server, string member) => new(CmpErrorKind.Store, "CmpState.Newer",
        $"The settings of the server '{PeerText.Escape(server)}' say '{PeerText.Escape(member, 60)}', which this version of Cmp does not know: a newer version wrote them.")
    {
        RecommendedAction = "Use the newer version of Cmp, or register the server again.",
    };

    private static Codec CodecOf(PropertyInfo property) => Codecs.TryGetValue(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, out Codec? codec)
        ? codec
        : throw new InvalidOperationException($"Nobody knows how to keep {property.Name}: say so in SettingsState.");

    private static Codec Of<T>(Action<StateObject, string, T> write, Func<StateObject, string, object?> read) => new((state, name, value) => write(state, name, (T)value), read);

    private static Codec OfList<T>(Func<T, ReadOnlyMemory<byte>> write, Func<byte[], T> read) => Of<IReadOnlyList<T>>(
        (state, name, value) => state.Set(name, value.Select(write)),
        (state, name) => state.OctetsList(name)!.Select(read).ToList());

    private static Codec OfWord<T>()
        where T : struct, Enum => Of<T>((state, name, value) => state.Set(name, value.ToString()), (state, name) => state.Word<T>(name));

    private static int Int(StateObject state, string name) =>
        state.Number(name) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : throw new FormatException($"'{name}' is too large.");

    private static Version VersionOf(StateObject state, string name) =>
        Version.TryParse(state.Require(name), out Version? version) ? version : throw new FormatException($"'{name}' is no version.");

    private static TimeSpan Time(StateObject state, string name) =>
        TimeSpan.TryParseExact(state.Require(name), "c", CultureInfo.InvariantCulture, out TimeSpan time) ? time : throw new FormatException($"'{name}' is no time.");

    private static StateObject WriteUser(NetworkCredential credential)
    {
        var state = new StateObject();
        state.Set("user", credential.UserName);
        state.Set("domain", credential.Domain);
        return state;
    }

    private static NetworkCredential ReadUser(StateObject state) => new(state.Require("user"), string.Empty, state.Require("domain"));

    private static X509Certificate2 Open(byte[] octets)
    {
        try
        {
            return new X509Certificate2(Certificate.Decode(octets).Encoded.ToArray());
        }
        catch (CryptographicException e)
        {
            throw new FormatException("A certificate is damaged.", e);
        }
    }

    private sealed record Codec(Action<StateObject, string, object> Write, Func<StateObject, string, object?> Read);
}
