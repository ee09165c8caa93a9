using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Who made a request, found by its protection.</summary>
/// <param name="Kind">How it is protected.</param>
/// <param name="Certificate">The signer; <see langword="null"/> under a MAC.</param>
/// <param name="Secret">The secret; <see langword="null"/> under a signature. It stays its owner's.</param>
public sealed record VerifiedRequester(ProtectionKind Kind, Certificate? Certificate, SharedSecret? Secret)
{
    /// <summary>Whether its certificate says that it is a registration authority, whose word on others counts: extended key usage cmcRA (RFC 9483 5.2).</summary>
    public bool IsRegistrationAuthority => Certificate?.EnhancedKeyUsage?.Contains(Oids.CmcRA) == true;
}
