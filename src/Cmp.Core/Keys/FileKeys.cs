namespace Cmp.Keys;

/// <summary>Opens keys that are in files already. They are the user's: undoing leaves them.</summary>
public sealed class FileKeys : IKeyProvider
{
    /// <inheritdoc/>
    public bool Serves(KeyRequest request) => request is { Path: { } path, Provider: null } && KeyProviders.IsFile(path);

    /// <inheritdoc/>
    public KeyHandle Get(KeyRequest request) => new(KeyFile.Read(request.Path!, request.Password));
}
