namespace Cmp.Inspection.Captures;

/// <summary>How it stands with the reading of one road in one direction of a connection.</summary>
internal enum RoadState
{
    /// <summary>It goes on.</summary>
    Reading,

    /// <summary>Where the next message begins is not known any more.</summary>
    Lost,

    /// <summary>From here on the connection carries something else, from its beginning.</summary>
    Ended,
}
