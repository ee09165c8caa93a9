namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpFileListener"/> looks for messages, and what it bears.</summary>
public sealed record FileListenerSettings : FolderListenerSettings;
