using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>Scheduled tasks of Windows, in the folder <c>\Cmp</c>.</summary>
internal sealed class WindowsScheduler : IRenewalScheduler
{
    internal const string Folder = "Cmp";

    private readonly IScheduleService _service;

    internal WindowsScheduler(IScheduleService service) => _service = service;

    /// <summary>For tests: the local time.</summary>
    internal Func<DateTime> Clock { get; init; } = () => DateTime.Now;

    /// <inheritdoc/>
    public RegisteredJob Register(RenewalJob job) => Try(() =>
    {
        _service.Register(job.Id, TaskXml.Write(job, job.Scope == StateScope.LocalMachine ? string.Empty : _service.User, Clock()), job.Scope);
        return new RegisteredJob(PathOf(job.Id), job) { IsActive = true };
    });

    /// <inheritdoc/>
    public IReadOnlyList<RegisteredJob> All(StateScope scope) => Try(() => _service.All()
        .Where(task => RenewalJob.IsId(task.Name))
        .Select(Registered)
        .Where(task => task.Job is null ? scope == StateScope.CurrentUser : task.Job.Scope == scope)
        .OrderBy(task => task.Path, StringComparer.Ordinal)
        .ToList());

    /// <inheritdoc/>
    public bool Remove(StateScope scope, string id) => Try(() =>
    {
        if (!All(scope).Any(task => task.Path == PathOf(id)))
            return false;
        _service.Delete(id);
        return true;
    });

    private static RegisteredJob Registered((string Name, string Xml, bool IsEnabled) task)
    {
        try
        {
            RenewalJob job = TaskXml.Read(task.Xml);
            return new RegisteredJob(PathOf(task.Name), job) { IsActive = task.IsEnabled, Problem = task.IsEnabled ? null : "The task is disabled." };
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
        catch (Exception e) when (e is TargetInvocationException or COMException or UnauthorizedAccessException)
        {
            Exception cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            throw cause is UnauthorizedAccessException
                ? new CmpException(CmpErrorKind.Store, "CmpStore.AccessDenied", $"The task scheduler refuses: {cause.Message}", e) { RecommendedAction = "Run elevated, or use -Scope CurrentUser." }
                : new CmpException(CmpErrorKind.Store, "CmpRenewal.Scheduler", $"The task scheduler does not do it: {cause.Message}", e) { RecommendedAction = "See whether the service 'Task Scheduler' runs." };
        }
    }
}
