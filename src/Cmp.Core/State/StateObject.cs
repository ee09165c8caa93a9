using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Cmp.State;

/// <summary>
/// What a file of ours says, as JSON knows it: members with texts, numbers, truth values, lists and further objects. Octets are Base64,
/// times ISO 8601 in UTC. A member that is absent says nothing.
/// </summary>
public sealed class StateObject
{
    private readonly Dictionary<string, object> _members = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>The names of the members, in their order.</summary>
    public IReadOnlyList<string> Names => _order;

    /// <summary>Whether a member is there.</summary>
    /// <param name="name">Its name.</param>
    public bool Has(string name) => _members.ContainsKey(name);

    /// <summary>Sets a text.</summary>
    /// <param name="name">The member.</param>
    /// <param name="value">Its value; <see langword="null"/> leaves it out.</param>
    public void Set(string name, string? value) => Put(name, value);

    /// <summary>Sets a number.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, long? value) => Put(name, value);

    /// <summary>Sets a truth value.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, bool? value) => Put(name, value);

    /// <summary>Sets octets.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, ReadOnlyMemory<byte>? value) => Put(name, value is { } octets ? Text(octets) : null);

    /// <summary>Sets a time.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, DateTimeOffset? value) => Put(name, value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture));

    /// <summary>Sets an object.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, StateObject? value) => Put(name, value);

    /// <summary>Sets a list of objects.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, IEnumerable<StateObject>? value) => Put(name, value?.Cast<object>().ToList());

    /// <summary>Sets a list of texts.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, IEnumerable<string>? value) => Put(name, value?.Cast<object>().ToList());

    /// <summary>Sets a list of octets.</summary>
    /// <inheritdoc cref="Set(string, string)"/>
    public void Set(string name, IEnumerable<ReadOnlyMemory<byte>>? value) => Put(name, value?.Select(octets => (object)Text(octets)).ToList());

    /// <summary>A text.</summary>
    /// <param name="name">The member.</param>
    /// <returns>Its value, or <see langword="null"/> where it is absent.</returns>
    /// <exception cref="FormatException">It is of another type; whoever reads a file makes <c>CmpState.Unreadable</c> of it.</exception>
    public string? Text(string name) => Get<string>(name);

    /// <summary>A text that must be there.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public string Require(string name) => Text(name) ?? throw new FormatException($"'{name}' is missing.");

    /// <summary>A number.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public long? Number(string name) => Has(name) ? Get<object>(name) as long? ?? throw Wrong(name) : null;

    /// <summary>A truth value.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public bool? Flag(string name) => Has(name) ? Get<object>(name) as bool? ?? throw Wrong(name) : null;

    /// <summary>Octets.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public byte[]? Octets(string name) => Text(name) is { } text ? Convert.FromBase64String(text) : null;

    /// <summary>A time.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public DateTimeOffset? Time(string name) => Text(name) is { } text ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null;

    /// <summary>An object.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public StateObject? Object(string name) => Get<StateObject>(name);

    /// <summary>A list of objects.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public IReadOnlyList<StateObject>? Objects(string name) => List<StateObject>(name);

    /// <summary>A list of texts.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public IReadOnlyList<string>? Texts(string name) => List<string>(name);

    /// <summary>A list of octets.</summary>
    /// <inheritdoc cref="Text(string)"/>
    public IReadOnlyList<byte[]>? OctetsList(string name) => Texts(name)?.Select(Convert.FromBase64String).ToList();

    /// <summary>An enumeration's value by its name.</summary>
    /// <typeparam name="T">The enumeration.</typeparam>
    /// <inheritdoc cref="Text(string)"/>
    public T? Word<T>(string name)
        where T : struct => Text(name) is { } text
            ? Enum.TryParse(text, ignoreCase: false, out T value) && value.ToString() == text && Enum.IsDefined(typeof(T), value) ? value : throw Wrong(name)
            : null;

    internal object this[string name] => _members[name];

    internal void Put(string name, object? value)
    {
        if (value is null)
        {
            if (_members.Remove(name))
                _order.Remove(name);
            return;
        }
        if (!_members.ContainsKey(name))
            _order.Add(name);
        _members[name] = value;
    }

    private static string Text(ReadOnlyMemory<byte> octets) => Convert.ToBase64String(octets.ToArray());

    private static FormatException Wrong(string name) => new($"'{name}' has a value of another kind.");

    private T? Get<T>(string name)
        where T : class => _members.TryGetValue(name, out object? value) ? value as T ?? throw Wrong(name) : null;

    private List<T>? List<T>(string name)
        where T : class => Get<List<object>>(name)?.Select(item => item as T ?? throw Wrong(name)).ToList();
}
