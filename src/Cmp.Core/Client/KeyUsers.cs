using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Keys;
using Cmp.Stores;

namespace Cmp.Client;

/// <summary>Who uses a key still that goes with its certificate: what another enrolment or certificate is about stays, whoever made it.</summary>
internal static class KeyUsers
{
    /// <summary>Who uses a key that a provider keeps.</summary>
    /// <param name="store">Where enrolments are remembered.</param>
    /// <param name="key">The key.</param>
    /// <param name="besides">Tells those that do not count.</param>
    /// <param name="certificate">The certificate in a store that does not count, or <see langword="null"/>.</param>
    /// <returns>In words, escaped; <see langword="null"/> where nobody does.</returns>
    internal static string? Of(EnrollmentStore store, KeyReference key, Func<EnrollmentRecord, bool> besides, StorePath? certificate = null) =>
        Others(store, besides).Where(record => record.KeyReference?.Text == key.Text || (record.KeyPath is { } path && KeyProviders.MayMean(path, key))).Select(Named).FirstOrDefault()
        ?? LinkedKey.UserOf(key, certificate);

    /// <summary>Who uses a file that a key is in.</summary>
    /// <param name="store">Where enrolments are remembered.</param>
    /// <param name="path">The file's full path.</param>
    /// <param name="besides">Tells those that do not count.</param>
    /// <returns>In words, escaped; <see langword="null"/> where nobody does.</returns>
    internal static string? Of(EnrollmentStore store, string path, Func<EnrollmentRecord, bool> besides) =>
        Others(store, besides).Where(record => record.KeyPath == path || record.Destination.KeyPath == path || record.Destination.Path == path).Select(Named).FirstOrDefault();

    private static IEnumerable<EnrollmentRecord> Others(EnrollmentStore store, Func<EnrollmentRecord, bool> besides) => store.Enrollments.All(_ => { }).Where(record => !besides(record));

    private static string Named(EnrollmentRecord record) => $"the enrolment {PeerText.Escape(record.Name)}";
}
