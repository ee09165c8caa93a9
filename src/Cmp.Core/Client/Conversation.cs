using System;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A transaction on its way: what it is about, until when, and who hears of it.</summary>
internal sealed record Conversation(Transaction Transaction, CmpOperation Operation, Deadline Deadline, IProgress<CmpProgress>? Progress, ICmpTrace? Trace);
