using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks the server whatever a general message can ask (RFC 9810 5.3.19).</summary>
    /// <param name="items">What is asked for; none asks for everything that the server wishes to tell (RFC 9810 D.5). RFC 9483 4.3 wants one at a time.</param>
    /// <param name="options">How long it may take, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>All items of the answer, known and unknown, as they came; none is an answer too (rule 47).</returns>
    /// <exception cref="CmpException"><c>CmpServer.…</c>: the server refused; <c>CmpTransaction.StillWaiting</c>: it wants more time than there is.</exception>
    public async Task<IReadOnlyList<InfoTypeAndValue>> SendGeneralMessageAsync(IReadOnlyList<InfoTypeAndValue> items, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        GeneralTransaction transaction = await AskAsync(items, [], OperationOf(items), [], options, cancellationToken).ConfigureAwait(false);
        return transaction.Items;
    }

    internal static CmpOperation OperationOf(IReadOnlyList<InfoTypeAndValue> items) => items is not [var item] ? CmpOperation.General : item.InfoType switch
    {
        Oids.CaCerts => CmpOperation.CaCertificates,
        Oids.RootCaCert => CmpOperation.RootUpdate,
        Oids.CertReqTemplate => CmpOperation.RequestTemplate,
        Oids.CrlStatusList => CmpOperation.Crls,
        _ => CmpOperation.General,
    };

    /// <summary>Asks, and waits for the answer for as long as there is time: who asks again loses nothing, so nothing is kept.</summary>
    private async Task<GeneralTransaction> AskAsync(
        IReadOnlyList<InfoTypeAndValue> items,
        IReadOnlyList<string> expected,
        CmpOperation operation,
        IReadOnlyList<InfoTypeAndValue> generalInfo,
        RequestOptions? options,
        CancellationToken cancellationToken,
        bool isProbe = false)
    {
        options ??= new RequestOptions();
        // who probes wants to know
        if (!isProbe)
            RequestBuilder.EnsureTaken(PkiBodyType.Genm, Settings, _identity.Value.Credential);
        TransactionSettings settings = TransactionSettings(_identity.Value, options.TransactionId, options.Trace);
        using var transaction = new GeneralTransaction(settings, new GenMsgContent(items), expected, generalInfo);
        var conversation = new Conversation(transaction, operation)
        {
            Deadline = Deadline.After(Now, options.Timeout ?? Settings.Timeout!.Value),
            Progress = options.Progress,
            Trace = options.Trace,
            IsImpatient = options.IsImpatient,
            IsProbe = isProbe,
        };
        bool hasEnded = false;
        try
        {
            TransactionStep end = await DriveAsync(conversation, transaction.Start(Now), cancellationToken).ConfigureAwait(false);
            hasEnded = end is not TransactionStep.Wait;
            return end is TransactionStep.Wait wait ? throw StillWaiting(conversation, wait) : transaction;
        }
        finally
        {
            if (!hasEnded)
                await RecallAsync(conversation).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the value of an item; <see langword="null"/> where the item or its value is absent.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    private static T? ReadValue<T>(InfoTypeAndValue? item, Asn1Read<T> read)
        where T : class => item?.InfoValue is { } value ? Asn1Reader.Decode(value, null, read) : null;
}
