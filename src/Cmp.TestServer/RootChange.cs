using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A root of an authority that gave way to another one.</summary>
/// <param name="Old">The root that was.</param>
/// <param name="Issuing">The certificate of it that the CA that issues had: by it what is signed in the name of that CA leads to the old root.</param>
/// <param name="Content">The root that took its place, with the certificates that lead from one to the other.</param>
internal sealed record RootChange(Certificate Old, Certificate Issuing, RootCaKeyUpdateContent Content);
