using System;
using System.Reflection;

namespace Cmp.Module.Tests.Harness;

/// <summary>A later time for what is due and what has expired, until it is disposed of; messages and the server keep the time of now.</summary>
internal sealed class LaterClock : IDisposable
{
    private static readonly PropertyInfo Source = ModuleAssemblies.Commands.GetType("Cmp.Commands.DueClock", throwOnError: true)!
        .GetProperty("Source", BindingFlags.Static | BindingFlags.NonPublic)!;

    private readonly object _before = Source.GetValue(null)!;

    /// <summary>Sets the clock.</summary>
    /// <param name="days">How many days later.</param>
    internal LaterClock(double days) => Source.SetValue(null, (Func<DateTimeOffset>)(() => DateTimeOffset.UtcNow.AddDays(days)));

    public void Dispose() => Source.SetValue(null, _before);
}
