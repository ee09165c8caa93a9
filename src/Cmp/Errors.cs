using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Client;
using Cmp.Messages;

namespace Cmp;

/// <summary>How a <see cref="CmpException"/> becomes an ErrorRecord: stable ErrorId, category, target, what to do.</summary>
internal static class Errors
{
    internal static ErrorRecord ToErrorRecord(this CmpException error, object? target)
    {
        var record = new ErrorRecord(error, error.ErrorId, CategoryOf(error), target ?? error.ErrorId)
        {
            ErrorDetails = new ErrorDetails(error.Message),
        };
        // the text of a certificate object is its subject as it came, over many lines
        if ((target is PSObject wrapped ? wrapped.BaseObject : target) is X509Certificate2 certificate)
            record.CategoryInfo.TargetName = certificate.Thumbprint;
        if (error.RecommendedAction is { } action)
            record.ErrorDetails.RecommendedAction = action;
        return record;
    }

    internal static CmpException NoServer(string name, ServerScope? scope) =>
        new(CmpErrorKind.Argument, "CmpArgument.Server", $"There is no registered server '{PeerText.Escape(name)}'{(scope is null ? string.Empty : $" in {scope}")}.")
        {
            RecommendedAction = "Get-CmpServer shows those that there are.",
        };

    /// <summary>Whether no further input can do better: what the machine cannot do, it cannot do for the next object either.</summary>
    internal static bool IsTerminating(this CmpException error) => error.Kind == CmpErrorKind.Platform;

    private static ErrorCategory CategoryOf(CmpException error) => CategoryOf(error.ErrorId) ?? error.Kind switch
    {
        CmpErrorKind.Argument => ErrorCategory.InvalidArgument,
        CmpErrorKind.Transport => ErrorCategory.ConnectionError,
        CmpErrorKind.Timeout => ErrorCategory.OperationTimeout,
        CmpErrorKind.Protocol or CmpErrorKind.Transaction => ErrorCategory.ProtocolError,
        CmpErrorKind.Malformed => ErrorCategory.InvalidData,
        CmpErrorKind.Protection or CmpErrorKind.Trust => ErrorCategory.SecurityError,
        CmpErrorKind.Server => CategoryOf((error as CmpServerException)?.FailInfo ?? FailInfo.None),
        CmpErrorKind.Key => ErrorCategory.InvalidData,
        CmpErrorKind.Store => ErrorCategory.WriteError,
        CmpErrorKind.Platform => ErrorCategory.NotImplemented,
        _ => ErrorCategory.NotSpecified,
    };

    /// <summary>What says more than its kind: something is not there, is in somebody else's hands, cannot be read, or wants to be opened.</summary>
    private static ErrorCategory? CategoryOf(string errorId) => errorId switch
    {
        "CmpTransaction.NotFound" or "CmpTransaction.NotBegun" or "CmpEnrollment.NotFound" or "CmpRenewal.NotFound" or "CmpKey.Vanished" or "CmpKey.Missing" or "CmpKey.Provider"
            or "CmpStore.NotFound" or "CmpCredential.Missing" => ErrorCategory.ObjectNotFound,
        "CmpTransaction.Busy" or "CmpKey.Busy" or "CmpState.Busy" or "CmpState.InUse" => ErrorCategory.ResourceBusy,
        "CmpHttp.429" or "CmpHttp.503" or "CmpKey.NotPresent" or "CmpKey.TokenGone" or "CmpKey.TokenMissing" or "CmpKey.Module" => ErrorCategory.ResourceUnavailable,
        "CmpState.Unreadable" or "CmpState.Newer" or "CmpState.Unsafe" or "CmpStore.Unreadable" => ErrorCategory.ReadError,
        "CmpStore.Exists" or "CmpRenewal.Exists" => ErrorCategory.ResourceExists,
        "CmpStore.AccessDenied" or "CmpKey.AccessDenied" => ErrorCategory.PermissionDenied,
        "CmpKey.Locked" or "CmpKey.Pin" or "CmpKey.PinRequired" or "CmpKey.PinEachTime" or "CmpKey.PinSource" or "CmpKey.PinTries" or "CmpKey.PinLocked" or "CmpKey.Password" or "CmpKey.PasswordRequired" => ErrorCategory.AuthenticationError,
        _ => null,
    };

    private static ErrorCategory CategoryOf(FailInfo failInfo) => failInfo switch
    {
        _ when (failInfo & (FailInfo.NotAuthorized | FailInfo.SignerNotTrusted | FailInfo.BadMessageCheck | FailInfo.WrongIntegrity | FailInfo.WrongAuthority)) != 0 => ErrorCategory.PermissionDenied,
        _ when (failInfo & (FailInfo.SystemUnavail | FailInfo.SystemFailure | FailInfo.TimeNotAvailable | FailInfo.AddInfoNotAvailable)) != 0 => ErrorCategory.ResourceUnavailable,
        _ when (failInfo & (FailInfo.TransactionIdInUse | FailInfo.DuplicateCertReq)) != 0 => ErrorCategory.ResourceExists,
        _ when (failInfo & FailInfo.BadCertId) != 0 => ErrorCategory.ObjectNotFound,
        FailInfo.None => ErrorCategory.PermissionDenied,
        _ => ErrorCategory.InvalidData,
    };
}
