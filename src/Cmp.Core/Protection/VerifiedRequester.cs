using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Who made a request, found by its protection.</summary>
/// <param name="Kind">How it is protected.</param>
/// <param name="Certificate">The signer; <see langword="null"/> under a MAC.</param>
/// <param name="Secret">The secret; <see langword="null"/> under a signature. It stays its owner's.</param>
public sealed record VerifiedRequester(ProtectionKind Kind, Certificate? Certificate, SharedSecret? Secret);
