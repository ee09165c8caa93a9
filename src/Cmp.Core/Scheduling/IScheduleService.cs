using System.Collections.Generic;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>The task scheduler of Windows, as far as we need it: tasks in a folder of ours. What it refuses is the exception that .NET makes of its HRESULT.</summary>
internal interface IScheduleService
{
    /// <summary>The SID of the user.</summary>
    string User { get; }

    /// <summary>Registers a task, in place of the one of its name.</summary>
    void Register(string name, string xml, StateScope scope);

    /// <summary>Our tasks, as far as this user may read them: name, XML, and whether each is enabled.</summary>
    IReadOnlyList<(string Name, string Xml, bool IsEnabled)> All();

    /// <summary>Removes a task.</summary>
    void Delete(string name);
}
