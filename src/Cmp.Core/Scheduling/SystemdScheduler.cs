using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>Timers of systemd: two files a job, which are written whether or not systemd runs here.</summary>
internal sealed class SystemdScheduler : IRenewalScheduler
{
    private const string TimerExtension = ".timer";
    private const string ServiceExtension = ".service";

    private readonly string _userFolder;
    private readonly string _systemFolder;
    private readonly ISystemctl _systemctl;

    /// <summary>For the folders of units of the user and of the computer.</summary>
    internal SystemdScheduler(string userFolder, string systemFolder, ISystemctl systemctl)
    {
        _userFolder = userFolder;
        _systemFolder = systemFolder;
        _systemctl = systemctl;
    }

    /// <inheritdoc/>
    public RegisteredJob Register(RenewalJob job)
    {
        bool isUser = job.Scope == StateScope.CurrentUser;
        string path = PathOf(job.Scope, job.Id + TimerExtension);
        try
        {
            FileSafety.MakeFolder(Folder(job.Scope), job.Scope == StateScope.LocalMachine);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
        // a timer without its service would be an error of systemd's; no secret is in either, and systemd wants them readable
        Write(PathOf(job.Scope, job.Id + ServiceExtension), SystemdUnit.Service(job));
        Write(path, SystemdUnit.Timer(job));
        if (!_systemctl.IsRunning)
            return Registered(job.Scope, path);
        string? problem = _systemctl.Run(isUser, "daemon-reload") ?? _systemctl.Run(isUser, "enable", job.Id + TimerExtension) ?? _systemctl.Run(isUser, "restart", job.Id + TimerExtension);
        return problem is null ? Registered(job.Scope, path) : new RegisteredJob(path, job) { Problem = NotActive(problem) };
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegisteredJob> All(StateScope scope)
    {
        string folder = Folder(scope);
        try
        {
            return [.. Directory.GetFiles(folder, "*" + TimerExtension)
                .Where(path => RenewalJob.IsId(Path.GetFileNameWithoutExtension(path)))
                .OrderBy(path => path, StringComparer.Ordinal)
                .Select(path => Registered(scope, path))];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unreadable(folder, e);
        }
    }

    /// <inheritdoc/>
    public bool Remove(StateScope scope, string id)
    {
        string timer = PathOf(scope, id + TimerExtension), service = PathOf(scope, id + ServiceExtension);
        bool isThere = File.Exists(timer) || File.Exists(service);
        if (!isThere)
            return false;
        bool isUser = scope == StateScope.CurrentUser;
        if (_systemctl.IsRunning)
            _systemctl.Run(isUser, "disable", "--now", id + TimerExtension); // where it is not active that fails, and nothing is lost
        try
        {
            File.Delete(timer);
            File.Delete(service);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(timer, e);
        }
        if (_systemctl.IsRunning)
            _systemctl.Run(isUser, "daemon-reload");
        return true;
    }

    private RegisteredJob Registered(StateScope scope, string path)
    {
        RenewalJob job;
        bool isChanged;
        try
        {
            string timer = Read(path);
            job = SystemdUnit.Read(timer);
            // what it says of itself is worth something only where it does that
            isChanged = timer != SystemdUnit.Timer(job) || Read(Path.ChangeExtension(path, ServiceExtension)) != SystemdUnit.Service(job);
        }
        catch (Exception e) when (e is FormatException or CmpException or ArgumentException)
        {
            return new RegisteredJob(path, null) { Problem = $"'{PeerText.Escape(path)}' is not as Register-CmpRenewal wrote it: {PeerText.Escape(e.Message, 200)}" };
        }
        if (!_systemctl.IsRunning)
            return new RegisteredJob(path, job) { IsChanged = isChanged, Problem = NotActive("systemd does not run on this computer.") };
        bool isUser = scope == StateScope.CurrentUser;
        if (_systemctl.Run(isUser, "is-active", Path.GetFileName(path)) is { } problem)
            return new RegisteredJob(path, job) { IsChanged = isChanged, Problem = NotActive(problem) };
        bool isEnabled = _systemctl.Run(isUser, "is-enabled", Path.GetFileName(path)) is null;
        return new RegisteredJob(path, job)
        {
            IsActive = isEnabled,
            IsChanged = isChanged,
            Problem = !isEnabled ? "It is active but not enabled: once the computer was started anew it does not run."
                : isChanged ? "It was changed since, or another version of Cmp wrote it: Register-CmpRenewal -Force writes it anew."
                : isUser && !_systemctl.IsLingering ? "It runs only while this user is logged on; 'loginctl enable-linger' has it run always."
                : null,
        };
    }

    private static string NotActive(string why) => $"It is written, but not active: {why}";

    private static string Read(string path) => Encoding.UTF8.GetString(BoundedFile.Read(path));

    private string Folder(StateScope scope) => scope == StateScope.LocalMachine ? _systemFolder : _userFolder;

    private string PathOf(StateScope scope, string file) => Path.Combine(Folder(scope), file);

    /// <summary>Who may write to it says what runs: nobody but the owner may, whatever the umask is.</summary>
    private static void Write(string path, string text) => AtomicFile.WriteForAll(path, Encoding.UTF8.GetBytes(text), durable: true);
}
