using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Tests;

/// <summary>libcoap's programs as they are installed: a CoAP client and a CoAP server that others wrote.</summary>
/// <remarks>Debian names them by the TLS library that they are built with. Where they are missing, tests say <c>Skip.If(LibCoap.Client is null, LibCoap.WhyNot)</c>.</remarks>
public static class LibCoap
{
    private static readonly string[] Builds = ["-notls", string.Empty, "-openssl", "-gnutls"];

    /// <summary>Why one is not available.</summary>
    public const string WhyNot = "libcoap's programs are not installed (Debian: libcoap3-bin)";

    /// <summary>The file of coap-client, or <see langword="null"/>.</summary>
    public static string? Client { get; } = Find("coap-client");

    /// <summary>The file of coap-server, or <see langword="null"/>.</summary>
    public static string? Server { get; } = Find("coap-server");

    /// <summary>Why the one that speaks DTLS is not available.</summary>
    public const string WhyNotSecured = "libcoap's programs with OpenSSL are not installed (Debian: libcoap3-bin)";

    /// <summary>The file of the coap-client that speaks DTLS by OpenSSL, or <see langword="null"/>.</summary>
    public static string? SecuredClient { get; } = Programs.Find("coap-client-openssl");

    /// <summary>The file of the coap-server that speaks DTLS by OpenSSL, or <see langword="null"/>.</summary>
    public static string? SecuredServer { get; } = Programs.Find("coap-server-openssl");

    /// <summary>Runs coap-client to its end.</summary>
    /// <param name="arguments">As in <c>["-m", "get", "coap://…"]</c>.</param>
    /// <returns>What it wrote. It ends with 0 whatever the answer is: an error stands in what it wrote.</returns>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static ProgramResult Ask(IEnumerable<string> arguments) => Programs.Run(Client ?? throw new InvalidOperationException(WhyNot), arguments);

    /// <summary>Runs the coap-client that speaks DTLS to its end.</summary>
    /// <param name="arguments">As in <c>["-m", "get", "-C", "root.pem", "coaps://…"]</c>.</param>
    /// <returns>What it wrote. It ends with 0 whatever the answer is: an error stands in what it wrote.</returns>
    /// <exception cref="TimeoutException">It took too long.</exception>
    public static ProgramResult AskSecured(IEnumerable<string> arguments) => Programs.Run(SecuredClient ?? throw new InvalidOperationException(WhyNotSecured), arguments);

    private static string? Find(string name) => Builds.Select(build => Programs.Find(name + build)).FirstOrDefault(file => file is not null);
}
