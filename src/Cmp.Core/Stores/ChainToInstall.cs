using System.Collections.Generic;
using Cmp.Messages.Pkix;

namespace Cmp.Stores;

/// <summary>The issuers of a certificate on their way into stores. Whoever makes it has proven the chain.</summary>
/// <param name="Intermediates">Those that go into <c>CA</c>, nearest first.</param>
/// <param name="Root">The one that goes into <c>Root</c>, or <see langword="null"/>.</param>
public sealed record ChainToInstall(IReadOnlyList<Certificate> Intermediates, Certificate? Root);
