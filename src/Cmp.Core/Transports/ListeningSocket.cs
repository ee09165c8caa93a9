using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Cmp.Transports;

/// <summary>The socket of a listener: how it is bound, and how the place is called where it is reached.</summary>
internal static class ListeningSocket
{
    private const int Backlog = 512;

    /// <summary>How often a free port of one address is taken that may not be free at another.</summary>
    private const int PortAttempts = 20;

    /// <summary>Binds a port; where connections are made, they may queue.</summary>
    /// <param name="settings">Where.</param>
    /// <param name="type">Stream or datagrams.</param>
    /// <param name="protocol">The protocol that goes with it.</param>
    /// <returns>The socket, which is the caller's.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had.</exception>
    public static Socket Bind(NetworkListenerSettings settings, SocketType type, ProtocolType protocol)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(settings.Address.AddressFamily, type, protocol);
            // on Windows another process could otherwise share the port and take what comes
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
                socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(settings.Address, settings.Port));
            if (type == SocketType.Stream)
                socket.Listen(Backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket?.Dispose();
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed",
                "Cannot listen on " + settings.Address + ", port " + settings.Port.ToString(CultureInfo.InvariantCulture) + ": " + e.Message, e)
            {
                RecommendedAction = (e as SocketException)?.SocketErrorCode switch
                {
                    SocketError.AddressNotAvailable => "Name an address of this machine: localhost, or 0.0.0.0 for all.",
                    SocketError.AccessDenied => "Choose another port: those below 1024 may need an administrator.",
                    _ => "Choose a port that is free, or 0 for any.",
                },
            };
        }
    }

    /// <summary>Binds a port at each address where connections are taken; where any will do, one that is free at all of them.</summary>
    /// <param name="settings">Where.</param>
    /// <returns>The sockets, which are the caller's, that of <see cref="NetworkListenerSettings.Address"/> first.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: one of them cannot be had.</exception>
    public static IReadOnlyList<Socket> BindAll(ConnectionListenerSettings settings)
    {
        for (int attempt = 1; ; attempt++)
        {
            List<Socket> bound = [];
            try
            {
                bound.Add(Bind(settings, SocketType.Stream, ProtocolType.Tcp));
                int port = ((IPEndPoint)bound[0].LocalEndPoint!).Port;
                foreach (IPAddress address in settings.AlsoOn)
                    bound.Add(Bind(settings with { Address = address, Port = port }, SocketType.Stream, ProtocolType.Tcp));
                return bound;
            }
            catch (CmpException e)
            {
                bool again = bound.Count > 0 && settings.Port == 0 && attempt < PortAttempts && e.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse };
                bound.ForEach(socket => socket.Dispose());
                if (!again)
                    throw;
            }
        }
    }

    /// <summary>Where a listener is reached.</summary>
    /// <param name="socket">Its socket.</param>
    /// <param name="scheme">The scheme, as in <c>http</c>.</param>
    /// <param name="hostName">The host to name; <see langword="null"/> for the address, or the loopback where all are listened on.</param>
    /// <returns>The address, with the port that it has.</returns>
    public static Uri UriOf(Socket socket, string scheme, string? hostName)
    {
        IPEndPoint end = (IPEndPoint)socket.LocalEndPoint!;
        IPAddress shown = end.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : end.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : end.Address;
        string host = hostName ?? (shown.AddressFamily == AddressFamily.InterNetworkV6 ? "[" + shown + "]" : shown.ToString());
        return new Uri(scheme + "://" + host + ":" + end.Port.ToString(CultureInfo.InvariantCulture) + "/");
    }
}
