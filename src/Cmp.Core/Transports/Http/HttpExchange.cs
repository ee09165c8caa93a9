using System;
using System.Threading;

namespace Cmp.Transports;

/// <summary>What is known of one exchange while it runs: where it goes, how far it came, and how much time it has.</summary>
internal sealed class HttpExchange
{
    private readonly CancellationTokenSource _timer;
#if !NET
    private TimeSpan _limit;
#endif

    /// <summary>Begins one.</summary>
    /// <param name="question">What is asked.</param>
    /// <param name="uri">Where.</param>
    /// <param name="timer">Ends it; whoever made it disposes of it.</param>
    public HttpExchange(HttpQuestion question, Uri uri, CancellationTokenSource timer)
    {
        Question = question;
        Uri = uri;
        _timer = timer;
        Token = timer.Token;
    }

    /// <summary>What is asked.</summary>
    public HttpQuestion Question { get; }

    /// <summary>The address that is asked now.</summary>
    public Uri Uri { get; private set; }

    /// <summary>Whether TLS is spoken there.</summary>
    public bool IsTls => Uri.Scheme == "https";

    /// <summary>How often it was sent elsewhere.</summary>
    public int Redirects { get; private set; }

    /// <summary>Cancelled when it took too long, or nobody wants it any more.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether the head of an answer had come.</summary>
    public bool AnswerBegan { get; set; }

    /// <summary>Goes on elsewhere.</summary>
    /// <param name="uri">Where.</param>
    public void Redirect(Uri uri)
    {
        Uri = uri;
        Redirects++;
        AnswerBegan = false;
    }

#if NET
    /// <summary>How TLS began, where it did.</summary>
    public TlsBeginning? Beginning { get; set; }

    /// <summary>Whether a connection is known to have been made for it.</summary>
    public bool IsConnected => Beginning?.IsConnected == true;

    /// <summary>Whether the time that runs is that of the exchange: SocketsHttpHandler watches over the connecting itself.</summary>
    public bool MayExchange => true;

    /// <summary>What to call when a connection stands; nothing here.</summary>
    public Action? NoteConnected => null;

    /// <summary>Lets the time begin.</summary>
    /// <param name="settings">How much there is.</param>
    public void Arm(HttpTransportSettings settings) => _timer.CancelAfter(settings.ExchangeTimeout);
#else
    /// <summary>Whether a connection was made for it.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Whether the time that runs is that of the exchange, not of the connecting.</summary>
    public bool MayExchange => IsConnected || Question.Announcement is not null;

    /// <summary>Lets the time begin.</summary>
    /// <param name="settings">How much there is.</param>
    public void Arm(HttpTransportSettings settings)
    {
        _limit = settings.ExchangeTimeout;
        // what has no body does not show when the connection stands
        _timer.CancelAfter(Question.Announcement is null ? settings.ConnectTimeout : settings.ExchangeTimeout);
    }

    /// <summary>The body is asked for when the connection stands: what was time to connect becomes time to exchange.</summary>
    public void NoteConnected()
    {
        IsConnected = true;
        _timer.CancelAfter(_limit);
    }
#endif
}
