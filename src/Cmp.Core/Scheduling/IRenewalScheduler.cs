using System.Collections.Generic;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>What runs jobs on this computer.</summary>
public interface IRenewalScheduler
{
    /// <summary>Registers a job, in place of the one of its enrolment.</summary>
    /// <param name="job">The job.</param>
    /// <returns>As it is registered; it may be written without being active.</returns>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>, <c>CmpStore.…</c>; <c>CmpRenewal.Scheduler</c>: the scheduler does not take it.</exception>
    RegisteredJob Register(RenewalJob job);

    /// <summary>The jobs of a scope.</summary>
    /// <param name="scope">Whose.</param>
    /// <returns>In the order of their names.</returns>
    /// <exception cref="CmpException">As <see cref="Register"/>.</exception>
    IReadOnlyList<RegisteredJob> All(StateScope scope);

    /// <summary>Removes a job.</summary>
    /// <param name="scope">Whose.</param>
    /// <param name="id">What it is called.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="CmpException">As <see cref="Register"/>.</exception>
    bool Remove(StateScope scope, string id);
}
