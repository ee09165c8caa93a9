using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.ExceptionServices;
#if NET
using System.Runtime.Versioning;
#endif
using System.Security.Principal;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>The COM object <c>Schedule.Service</c> (TaskService, TaskFolder and RegisteredTask for scripting), by its late-bound methods.</summary>
/// <remarks>https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-objects. What is optional there and not given is an empty VARIANT, as null is here.</remarks>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal sealed class ScheduleService : IScheduleService
{
    // TASK_CREATE_OR_UPDATE, TASK_LOGON_INTERACTIVE_TOKEN, TASK_LOGON_SERVICE_ACCOUNT, TASK_ENUM_HIDDEN
    private const int CreateOrUpdate = 6, InteractiveToken = 3, ServiceAccount = 5, WithHidden = 1;
    private const string LocalSystem = "S-1-5-18";

    /// <summary>SYSTEM and the administrators may change the computer's task, others may look at it, whoever made the folder that it is in.</summary>
    private const string SystemsAlone = "D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;AU)";

    /// <inheritdoc/>
    public string User
    {
        get
        {
            using WindowsIdentity identity = WindowsIdentity.GetCurrent();
            return identity.User!.Value;
        }
    }

    /// <inheritdoc/>
    public void Register(string name, string xml, StateScope scope)
    {
        object service = Connect();
        object folder = Find(service) ?? Call(Call(service, "GetFolder", @"\"), "CreateFolder", WindowsScheduler.Folder, null);
        bool isSystem = scope == StateScope.LocalMachine;
        Call(folder, "RegisterTask", name, xml, CreateOrUpdate, isSystem ? LocalSystem : null, null, isSystem ? ServiceAccount : InteractiveToken, isSystem ? SystemsAlone : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, string Xml, bool IsEnabled)> All()
    {
        var all = new List<(string, string, bool)>();
        if (Find(Connect()) is not { } folder)
            return all;
        object tasks = Call(folder, "GetTasks", WithHidden);
        int count = Convert.ToInt32(Get(tasks, "Count"), CultureInfo.InvariantCulture);
        // collections of COM count from 1
        for (int i = 1; i <= count; i++)
        {
            object task = Get(tasks, "Item", i);
            all.Add(((string)Get(task, "Name"), (string)Get(task, "Xml"), (bool)Get(task, "Enabled")));
        }
        return all;
    }

    /// <inheritdoc/>
    public void Delete(string name) => Call(Find(Connect())!, "DeleteTask", name, 0);

    private static object Connect()
    {
        object service = Activator.CreateInstance(Type.GetTypeFromProgID("Schedule.Service", throwOnError: true)!)!;
        Call(service, "Connect");
        return service;
    }

    private static object? Find(object service)
    {
        try
        {
            return Call(service, "GetFolder", @"\" + WindowsScheduler.Folder);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static object Call(object target, string method, params object?[] arguments) => Invoke(target, method, BindingFlags.InvokeMethod, arguments);

    private static object Get(object target, string property, params object?[] arguments) => Invoke(target, property, BindingFlags.GetProperty, arguments);

    /// <summary>Whether what the object refuses comes wrapped depends on how it says so (DISP_E_EXCEPTION, or its own HRESULT).</summary>
    private static object Invoke(object target, string name, BindingFlags how, object?[] arguments)
    {
        try
        {
            return target.GetType().InvokeMember(name, how, null, target, arguments, CultureInfo.InvariantCulture)!;
        }
        catch (TargetInvocationException e) when (e.InnerException is { } refusal)
        {
            ExceptionDispatchInfo.Capture(refusal).Throw();
            throw;
        }
    }
}
