using System;

namespace Cmp.State;

/// <summary>A kind of file: its folder, the schema that this version writes, and how older ones become it.</summary>
/// <param name="Name">The kind, which stands in each file, and is the name of its folder.</param>
/// <param name="Schema">The schema that is written; older ones are migrated when they are read, newer ones refused.</param>
/// <param name="Migrations">The first turns schema 1 into schema 2, and so on: one fewer than schemas.</param>
public sealed record StateKind(string Name, int Schema, params Func<StateObject, StateObject>[] Migrations)
{
    internal StateObject Migrate(StateObject content, int schema)
    {
        for (; schema < Schema; schema++)
            content = Migrations[schema - 1](content);
        return content;
    }
}
