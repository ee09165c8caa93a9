using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace Cmp.Tests;

/// <summary>How a <see cref="MockServer"/> behaves.</summary>
public sealed record MockServerOptions
{
    /// <summary>Whose certificates the server has and trusts; <see langword="null"/>: a new authority with a P-256 key.</summary>
    public TestCa? Ca { get; init; }

    /// <summary>The one certificate that it issues, whatever is asked; <see langword="null"/>: one of a new P-256 key.</summary>
    public X509Certificate2? Issued { get; init; }

    /// <summary>Whether it knows a shared secret. With it, it answers MAC requests.</summary>
    public bool HasSecret { get; init; } = true;

    /// <summary>The password, where it is not to be a random one.</summary>
    public string? Secret { get; init; }

    /// <summary>Whether it has a signing certificate (the authority's) and trusts the authority. With it, it answers signed requests.</summary>
    public bool HasSigner { get; init; } = true;

    /// <summary>Whether it grants implicit confirmation.</summary>
    public bool GrantImplicitConfirm { get; init; }

    /// <summary>How often a client must poll.</summary>
    public int PollCount { get; init; }

    /// <summary>What it says in checkAfter, in seconds.</summary>
    public int CheckAfter { get; init; }

    /// <summary>The status that it answers with.</summary>
    public int? PkiStatus { get; init; }

    /// <summary>The failure bit that it answers with.</summary>
    public int? Failure { get; init; }

    /// <summary>The words that it answers with.</summary>
    public string? StatusString { get; init; }

    /// <summary>Certificates in extraCerts besides.</summary>
    public IReadOnlyList<X509Certificate2> ExtraCerts { get; init; } = [];

    /// <summary>Certificates in caPubs of an ip.</summary>
    public IReadOnlyList<X509Certificate2> CaPubs { get; init; } = [];

    /// <summary>Further options, such as <c>-send_error</c>, <c>-send_unprotected</c>, <c>-send_unprot_err</c>, <c>-accept_unprotected</c> or <c>-accept_raverified</c>.</summary>
    public IReadOnlyList<string> More { get; init; } = [];
}

/// <summary>
/// OpenSSL's mock server as a process: a server that others wrote. It listens on every interface, so port and secret are random.
/// </summary>
/// <remarks>
/// It serves one connection at a time, wants the path <c>pkix/</c> or none, answers HTTP/1.0 with keep-alive, closes after each transaction,
/// returns one fixed certificate, and answers p10cr with certReqId -1.
/// </remarks>
public sealed class MockServer : IDisposable
{
    private readonly Process _process;
    private readonly TestFolder _folder = new();
    private readonly TestCa? _ownCa;
    private readonly X509Certificate2? _ownIssued;
    private readonly ECDsa? _ownKey;
    private readonly StringBuilder _log = new();
    private readonly ManualResetEventSlim _listens = new();
    private bool _disposed;

    private MockServer(MockServerOptions options)
    {
        Ca = options.Ca ?? (_ownCa = new TestCa());
        Issued = options.Issued ?? (_ownIssued = Ca.Issue("CN=router7, O=Cmp tests", _ownKey = ECDsa.Create(ECCurve.NamedCurves.nistP256)));
        Secret = options.Secret ?? RandomText(24);
        Reference = RandomText(12);
        _process = new Process { StartInfo = Programs.StartInfo(OpenSsl.File, Arguments(options), new Dictionary<string, string> { ["CMP_MOCK_SECRET"] = Secret }) };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Its address, with the path that it wants.</summary>
    public Uri Uri => new($"http://127.0.0.1:{Port}/pkix/");

    /// <summary>The reference value of the shared secret.</summary>
    public string Reference { get; }

    /// <summary>The shared secret.</summary>
    public string Secret { get; }

    /// <summary>Its authority: root, signer of its messages, issuer of the one certificate.</summary>
    public TestCa Ca { get; }

    /// <summary>The certificate that it issues, with its key: ask for this key, or the certificate does not fit.</summary>
    public X509Certificate2 Issued { get; }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <param name="options">How it behaves.</param>
    /// <returns>The server; dispose of it.</returns>
    /// <exception cref="InvalidOperationException">It did not start within its time; the text says what it wrote.</exception>
    public static MockServer Start(MockServerOptions? options = null)
    {
        var server = new MockServer(options ?? new MockServerOptions());
        try
        {
            server._process.Start();
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();
            server._process.StandardInput.Close();
            var waited = Stopwatch.StartNew();
            while (!server._listens.Wait(50))
            {
                bool hasEnded = server._process.HasExited;
                if (hasEnded)
                    server._process.WaitForExit(); // for what it wrote last, which comes after its end
                if (hasEnded || waited.Elapsed > Programs.DefaultTimeout)
                    throw new InvalidOperationException("openssl cmp does not listen: " + server.Log);
            }
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Waits until it has said something: what a server logs reaches us later than its answer reaches the client.</summary>
    /// <param name="text">A part of a line.</param>
    /// <exception cref="TimeoutException">It did not say so within its time; the text says what it wrote.</exception>
    public void WaitToSay(string text)
    {
        var waited = Stopwatch.StartNew();
        lock (_log)
        {
            while (!_log.ToString().Contains(text, StringComparison.Ordinal))
            {
                TimeSpan rest = Programs.DefaultTimeout - waited.Elapsed;
                if (rest <= TimeSpan.Zero || !Monitor.Wait(_log, rest))
                    throw new TimeoutException($"openssl cmp did not say '{text}': {_log}");
            }
        }
    }

    /// <summary>Writes a certificate and its key where programs find them.</summary>
    /// <param name="name">The name of the files, without an extension.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="key">Its key, or <see langword="null"/>.</param>
    /// <returns>The paths of both.</returns>
    public (string Certificate, string Key) Write(string name, X509Certificate2 certificate, AsymmetricAlgorithm? key = null) =>
        (_folder.Write(name + ".pem", certificate.ExportCertificatePem() + "\n"),
            key is null ? string.Empty : _folder.Write(name + ".key", TestCa.Pem(key)));

    /// <summary>Stops it and removes what it had.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Programs.Stop(_process);
        _process.Dispose();
        _ownIssued?.Dispose();
        _ownKey?.Dispose();
        _ownCa?.Dispose();
        _folder.Dispose();
    }

    private string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    private static string RandomText(int length)
    {
        const string Letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        var text = new char[length];
        for (int i = 0; i < length; i++)
            text[i] = Letters[RandomNumberGenerator.GetInt32(Letters.Length)];
        return new string(text);
    }

    private List<string> Arguments(MockServerOptions options)
    {
        (string caFile, string keyFile) = Write("ca", Ca.Certificate, Ca.Key);
        List<string> arguments = ["cmp", "-config", string.Empty, "-port", "0", "-rsp_cert", Write("issued", Issued).Certificate];
        if (options.HasSecret)
            arguments.AddRange(["-srv_ref", Reference, "-srv_secret", "env:CMP_MOCK_SECRET"]);
        if (options.HasSigner)
            arguments.AddRange(["-srv_cert", caFile, "-srv_key", keyFile, "-srv_trusted", caFile]);
        if (options.GrantImplicitConfirm)
            arguments.Add("-grant_implicitconf");
        AddNumber("-poll_count", options.PollCount == 0 ? null : options.PollCount);
        AddNumber("-check_after", options.CheckAfter == 0 ? null : options.CheckAfter);
        AddNumber("-pkistatus", options.PkiStatus);
        AddNumber("-failure", options.Failure);
        if (options.StatusString is not null)
            arguments.AddRange(["-statusstring", options.StatusString]);
        AddFiles("-rsp_extracerts", options.ExtraCerts);
        AddFiles("-rsp_capubs", options.CaPubs);
        arguments.AddRange(options.More);
        return arguments;

        void AddNumber(string option, int? number)
        {
            if (number is { } value)
                arguments.AddRange([option, value.ToString(CultureInfo.InvariantCulture)]);
        }

        void AddFiles(string option, IReadOnlyList<X509Certificate2> certificates)
        {
            if (certificates.Count == 0)
                return;
            var pem = new StringBuilder();
            foreach (X509Certificate2 certificate in certificates)
                pem.Append(certificate.ExportCertificatePem()).Append('\n');
            arguments.AddRange([option, _folder.Write(option.TrimStart('-') + ".pem", pem.ToString())]);
        }
    }

    private void Hear(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            if (_log.Length < 1 << 20)
                _log.AppendLine(line);
            Monitor.PulseAll(_log);
        }
        Match match = Regex.Match(line, @"^ACCEPT .*:(\d+) PID=");
        if (match.Success && !_listens.IsSet)
        {
            Port = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            _listens.Set();
        }
    }
}
