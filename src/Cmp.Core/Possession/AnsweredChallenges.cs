using System.Collections.Generic;
using Cmp.Messages.Bodies;

namespace Cmp.Possession;

/// <summary>The answer to challenges.</summary>
/// <param name="Content">The numbers: the body of popdecr.</param>
/// <param name="Warnings">What departs from the rules and does no harm; an array.</param>
public sealed record AnsweredChallenges(PopoDecKeyRespContent Content, IReadOnlyList<string> Warnings);
