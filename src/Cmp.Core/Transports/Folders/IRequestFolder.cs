using System.Collections.Generic;

namespace Cmp.Transports;

/// <summary>A folder that requests are put into and answers taken from: the other end of a road by files or by mail, as <see cref="FolderDesk"/> works on it.</summary>
internal interface IRequestFolder
{
    /// <summary>Lists what has no answer, in any order.</summary>
    /// <exception cref="CmpException">The folder cannot be read.</exception>
    IEnumerable<RequestFile> Unanswered();

    /// <summary>Reads a request.</summary>
    /// <returns>It; <see langword="null"/> where it is not whole yet.</returns>
    /// <exception cref="CmpException">It is none, and can become none by what is still written.</exception>
    TransportRequest? Take(RequestFile file);

    /// <summary>Puts an answer where the client looks for it. Whoever looks next finds the request answered.</summary>
    /// <exception cref="CmpException">It cannot be written.</exception>
    void Put(RequestFile file, TransportReply reply);
}
