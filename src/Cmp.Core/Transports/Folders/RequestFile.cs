using System;

namespace Cmp.Transports;

/// <summary>A request that lies in a folder, before anybody has read it.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Stem">What its answer is called by.</param>
/// <param name="Transaction">What is the same for the messages of one transaction: they are answered one after the other.</param>
/// <param name="Written">When it was written to, by the clock of its file system.</param>
internal record RequestFile(string Path, string Stem, string Transaction, DateTime Written);
