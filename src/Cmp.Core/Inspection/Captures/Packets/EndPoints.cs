using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>Ends of datagrams that were named lately: most are named again at once, and none is made anew then.</summary>
internal sealed class EndPoints
{
    private const int Places = 1024;

    private readonly (NetworkAddress Address, IPEndPoint? EndPoint)[] _known = new (NetworkAddress, IPEndPoint?)[Places];

    internal IPEndPoint Of(NetworkAddress address, int port)
    {
        ulong hash = (address.High ^ (address.Low * 31) ^ ((ulong)port << 16)) * 0x9E3779B97F4A7C15;
        ref (NetworkAddress Address, IPEndPoint? EndPoint) place = ref _known[(int)(hash >> 54) % Places];
        if (place.EndPoint is null || place.EndPoint.Port != port || place.Address != address)
            place = (address, new IPEndPoint(address.ToIPAddress(), port));
        return place.EndPoint!;
    }
}
