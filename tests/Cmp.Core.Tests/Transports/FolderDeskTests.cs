using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class FolderDeskTests
{
    [Fact]
    public async Task Whatever_goes_wrong_in_a_round_there_is_another()
    {
        var folder = new Shaky();
        Exception? heard = null;
        var settings = new FileListenerSettings { Folder = ".", Pause = TimeSpan.FromMilliseconds(50), HandlerFailed = e => heard = e };
        var desk = new FolderDesk(settings, folder, (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets)), null);
        await folder.Answered.Task.WaitAsync(Some.Time);
        await desk.StopAsync();
        Assert.IsType<NotSupportedException>(heard);
    }

    /// <summary>A folder whose first listing fails as nobody foresaw.</summary>
    private sealed class Shaky : IRequestFolder
    {
        private int _rounds;

        internal TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IEnumerable<RequestFile> Unanswered() => Interlocked.Increment(ref _rounds) == 1 ? throw new NotSupportedException()
            : Answered.Task.IsCompleted ? [] : [new RequestFile("one", "one", "one", DateTime.UtcNow)];

        public TransportRequest? Take(RequestFile file) => new(Some.Message, CmpOperation.General, First: false, Last: false);

        public void Put(RequestFile file, TransportReply reply) => Answered.TrySetResult();
    }
}
