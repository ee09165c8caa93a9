namespace Cmp.Keys;

/// <summary>The accounts that Windows knows by names: of this computer and of its domain.</summary>
internal interface IAccounts
{
    /// <summary>The SID of an account, as in <c>S-1-5-21-…</c>.</summary>
    /// <param name="name">Its name, as in <c>DOMAIN\user</c>, <c>IIS AppPool\site</c>.</param>
    /// <returns>It; <see langword="null"/> where there is no such account.</returns>
    string? SidOf(string name);
}
