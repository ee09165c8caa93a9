using System.ComponentModel;
using System.Security.Cryptography;

namespace Cmp.Cryptography.Cng;

/// <summary>What CNG refuses, with its status as it came: .NET Framework makes another one of those that are no HRESULT of a failure, as the TPM's are.</summary>
internal sealed class CngRefusal : CryptographicException
{
    internal CngRefusal(int status)
        : base($"{new Win32Exception(status).Message} (0x{status:X8})") => HResult = status;
}
