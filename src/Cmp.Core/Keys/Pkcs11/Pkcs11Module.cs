using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
#if NET
using System.Reflection;
#endif
using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Cmp.Keys.Pkcs11;

/// <summary>A library that reaches tokens, loaded once a process.</summary>
/// <remarks>C_Finalize is never called: it would end the sessions of everybody else in this process who uses the same library.</remarks>
internal sealed class Pkcs11Module
{
    private const string Proxy = "p11-kit-proxy";

    private static readonly Dictionary<string, Pkcs11Module> Loaded = new(StringComparer.Ordinal);

#if NET
    static Pkcs11Module()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(IPkcs11Library).Assembly, FindLoader);
        }
        catch (InvalidOperationException)
        {
            // somebody else in this process uses the same assembly, and has seen to it
        }
    }
#endif

    private readonly string _path;
    private readonly IPkcs11Library _library;

    private Pkcs11Module(string path)
    {
        _path = path;
        _library = Load(path);
    }

    internal static Pkcs11InteropFactories Factories { get; } = new();

    /// <summary>The one token that a URI names, and the library that reaches it: without a name that of p11-kit, which knows those that are registered.</summary>
    /// <exception cref="CmpException"><c>CmpKey.TokenMissing</c>, <c>CmpKey.Ambiguous</c>, <c>CmpKey.Module</c>.</exception>
    internal static (string Module, ISlot Slot, ITokenInfo Token) Find(Pkcs11Uri uri)
    {
        string path = PathOf(uri);
        List<(ISlot Slot, ITokenInfo Token)> there = Tokens(Of(path).Slots());
        List<(ISlot Slot, ITokenInfo Token)> fitting = there.FindAll(candidate => Fits(uri, candidate.Slot, candidate.Token));
        string wanted = PeerText.Escape((uri.TokenOnly with { ModulePath = null, ModuleName = null, PinSource = null }).ToString(), 200);
        return fitting.Count switch
        {
            1 => (path, fitting[0].Slot, fitting[0].Token),
            0 => throw Pkcs11Errors.NoToken(wanted, there.Count == 0 ? "None is there." : $"There is {Names(there)}."),
            _ => throw Pkcs11Errors.SeveralTokens(wanted, $"They are {Names(fitting)}."),
        };

        static string Names(IEnumerable<(ISlot Slot, ITokenInfo Token)> tokens) =>
            string.Join(", ", tokens.Take(8).Select(token => $"'{PeerText.Escape(token.Token.Label, 64)}' (serial {PeerText.Escape(token.Token.SerialNumber, 32)})"));
    }

    private static bool Fits(Pkcs11Uri uri, ISlot slot, ITokenInfo token) =>
        Is(uri.Token, token.Label) && Is(uri.Serial, token.SerialNumber) && Is(uri.Manufacturer, token.ManufacturerId) && Is(uri.Model, token.Model)
        && (uri.SlotId is null || uri.SlotId == slot.SlotId);

    private static bool Is(string? wanted, string there) => wanted is null || string.Equals(wanted, there.TrimEnd(), StringComparison.Ordinal);

    private static Pkcs11Module Of(string path)
    {
        lock (Loaded)
        {
            if (!Loaded.TryGetValue(path, out Pkcs11Module? module))
                Loaded.Add(path, module = new Pkcs11Module(path));
            return module;
        }
    }

    private static List<(ISlot Slot, ITokenInfo Token)> Tokens(IEnumerable<ISlot> slots)
    {
        var tokens = new List<(ISlot, ITokenInfo)>();
        foreach (ISlot slot in slots)
        {
            try
            {
                ITokenInfo token = slot.GetTokenInfo();
                if (token.TokenFlags.TokenInitialized)
                    tokens.Add((slot, token));
            }
            catch (Pkcs11Exception)
            {
                // it was pulled out a moment ago, or is none that the library knows
            }
        }
        return tokens;
    }

    private List<ISlot> Slots()
    {
        try
        {
            return _library.GetSlotList(SlotsType.WithTokenPresent);
        }
        catch (Pkcs11Exception e) when (e.RV == CKR.CKR_CRYPTOKI_NOT_INITIALIZED)
        {
            // somebody else in this process has ended it
            return Again().GetSlots();
        }
        catch (Pkcs11Exception e)
        {
            throw NoSlots(e);
        }
    }

    private List<ISlot> GetSlots()
    {
        try
        {
            return _library.GetSlotList(SlotsType.WithTokenPresent);
        }
        catch (Pkcs11Exception e)
        {
            throw NoSlots(e);
        }
    }

    private Pkcs11Module Again()
    {
        lock (Loaded)
        {
            if (Loaded.TryGetValue(_path, out Pkcs11Module? module) && module != this)
                return module;
            return Loaded[_path] = new Pkcs11Module(_path);
        }
    }

    private CmpException NoSlots(Pkcs11Exception e) => Pkcs11Errors.NoModule($"The PKCS #11 library '{PeerText.Escape(_path)}' lists no slots: {e.RV}.", null, e);

    private static IPkcs11Library Load(string path)
    {
        string shown = PeerText.Escape(path);
        if (!File.Exists(path))
            throw Pkcs11Errors.NoModule($"There is no PKCS #11 library '{shown}'.");
        try
        {
            return Factories.Pkcs11LibraryFactory.LoadPkcs11Library(Factories, path, AppType.MultiThreaded);
        }
        catch (Pkcs11Exception e)
        {
            throw Pkcs11Errors.NoModule($"The PKCS #11 library '{shown}' did not start: {e.RV} to {e.Method}.", "See to its configuration and its log.", e);
        }
        catch (Exception e) when (e is UnmanagedException or LibraryArchitectureException or BadImageFormatException or DllNotFoundException or EntryPointNotFoundException)
        {
            throw Pkcs11Errors.NoModule(
                $"'{shown}' is no PKCS #11 library that can be loaded here: {PeerText.Escape(e.Message, 300)}",
                $"Name the one that came with the token, for {RuntimeInformation.ProcessArchitecture}.",
                e);
        }
    }

#if NET
    /// <summary>Pkcs11Interop asks for libdl by a name that only comes with a compiler; since glibc 2.34 the C library has all of it.</summary>
    private static IntPtr FindLoader(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != "libdl" || !OperatingSystem.IsLinux())
            return IntPtr.Zero;
        foreach (string file in new[] { "libdl.so.2", "libc.so.6", "libc.so" })
        {
            if (NativeLibrary.TryLoad(file, out IntPtr handle))
                return handle;
        }
        return IntPtr.Zero;
    }
#endif

    /// <summary>Libraries are looked for in folders that only the administrator writes to.</summary>
    private static string PathOf(Pkcs11Uri uri)
    {
        if (uri.ModulePath is { } path)
            return Path.GetFullPath(path);
        bool isWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
        string name = uri.ModuleName ?? Proxy;
        string[] files = isWindows ? [name + ".dll"] : [$"lib{name}.so", $"{name}.so", $"lib{name}.dylib", $"{name}.dylib"];
        foreach (string folder in isWindows ? new[] { Environment.SystemDirectory } : UnixFolders())
        {
            if (Array.Find(files, file => File.Exists(Path.Combine(folder, file))) is { } file)
                return Path.Combine(folder, file);
        }
        throw Pkcs11Errors.NoModule(uri.ModuleName is null
            ? "The PKCS #11 URI names no library, and that of p11-kit, which would know those that are registered, is not installed."
            : $"There is no PKCS #11 library '{PeerText.Escape(name)}' where libraries are.");
    }

    private static string[] UnixFolders()
    {
        string multiarch = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "x86_64-linux-gnu",
            Architecture.Arm64 => "aarch64-linux-gnu",
            Architecture.X86 => "i386-linux-gnu",
            _ => "arm-linux-gnueabihf",
        };
        return [$"/usr/lib/{multiarch}/pkcs11", $"/usr/lib/{multiarch}", "/usr/lib64/pkcs11", "/usr/lib64", "/usr/lib/pkcs11", "/usr/lib", "/usr/lib/softhsm", "/usr/local/lib", "/usr/local/lib/softhsm", "/opt/homebrew/lib"];
    }
}
