using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>Scheduled tasks of Windows, in the folder <c>\Cmp</c>. Their names are the computer's: those of a user end with his SID.</summary>
internal sealed class WindowsScheduler : IRenewalScheduler
{
    internal const string Folder = "Cmp";

    private const char Of = '@';

    private readonly IScheduleService _service;

    internal WindowsScheduler(IScheduleService service) => _service = service;

    /// <summary>For tests: the local time.</summary>
    internal Func<DateTime> Clock { get; init; } = () => DateTime.Now;

    /// <inheritdoc/>
    public RegisteredJob Register(RenewalJob job) => Try(() =>
    {
        string name = NameOf(job.Scope, job.Id);
        _service.Register(name, Write(job), job.Scope);
        return new RegisteredJob(PathOf(name), job) { IsActive = true };
    });

    /// <inheritdoc/>
    public IReadOnlyList<RegisteredJob> All(StateScope scope) => Try(() => _service.All()
        .Where(task => IsOf(scope, task.Name))
        .Select(task => Registered(scope, task))
        .OrderBy(task => task.Path, StringComparer.Ordinal)
        .ToList());

    /// <inheritdoc/>
    public bool Remove(StateScope scope, string id) => Try(() =>
    {
        string name = NameOf(scope, id);
        if (!_service.All().Any(task => string.Equals(task.Name, name, StringComparison.OrdinalIgnoreCase)))
            return false;
        _service.Delete(name);
        return true;
    });

    private string NameOf(StateScope scope, string id) => id + EndOf(scope);

    private string EndOf(StateScope scope) => scope == StateScope.LocalMachine ? string.Empty : Of + _service.User;

    /// <summary>An administrator sees the tasks of all users.</summary>
    private bool IsOf(StateScope scope, string name)
    {
        string end = EndOf(scope);
        return name.EndsWith(end, StringComparison.OrdinalIgnoreCase) && name.Substring(0, name.Length - end.Length) is var id && id.IndexOf(Of) < 0 && RenewalJob.IsId(id);
    }

    private string Write(RenewalJob job) => TaskXml.Write(job, job.Scope == StateScope.LocalMachine ? string.Empty : _service.User, Clock());

    private RegisteredJob Registered(StateScope scope, (string Name, string Xml, bool IsEnabled) task)
    {
        try
        {
            RenewalJob job = TaskXml.Read(task.Xml);
            if (job.Scope != scope || !string.Equals(NameOf(scope, job.Id), task.Name, StringComparison.OrdinalIgnoreCase))
                throw new FormatException("It is another one's.");
            // what it says of itself is worth something only where it does that
            bool isChanged = TaskXml.ActionOf(task.Xml) != TaskXml.ActionOf(Write(job));
            return new RegisteredJob(PathOf(task.Name), job)
            {
                IsActive = task.IsEnabled,
                IsChanged = isChanged,
                Problem = !task.IsEnabled ? "The task is disabled."
                    : isChanged ? "It was changed since, or another version of Cmp wrote it: Register-CmpRenewal -Force writes it anew."
                    : null,
            };
        }
        catch (Exception e) when (e is FormatException or CmpException)
        {
            return new RegisteredJob(PathOf(task.Name), null) { Problem = $"The task {PathOf(task.Name)} is not as Register-CmpRenewal made it: {PeerText.Escape(e.Message, 200)}" };
        }
    }

    private static string PathOf(string id) => $@"\{Folder}\{id}";

    private static T Try<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The task scheduler refuses: {e.Message}", e) { RecommendedAction = "Run elevated, or use -Scope CurrentUser." };
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpRenewal.Scheduler", $"The task scheduler does not do it: {e.Message}", e) { RecommendedAction = "See whether the service 'Task Scheduler' runs." };
        }
    }
}
