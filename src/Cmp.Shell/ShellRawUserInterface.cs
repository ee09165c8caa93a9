using System;
using System.Management.Automation.Host;

namespace Cmp.Shell;

/// <summary>The sizes and colors of the console. What only an editor of lines needs is not supported.</summary>
internal sealed class ShellRawUserInterface : PSHostRawUserInterface
{
    // wide enough for tables in a log
    private const int FileWidth = 120;

    public override ConsoleColor ForegroundColor { get => Console.ForegroundColor; set => Console.ForegroundColor = value; }

    public override ConsoleColor BackgroundColor { get => Console.BackgroundColor; set => Console.BackgroundColor = value; }

    public override Size BufferSize { get => WindowSize; set => throw NotSupported(); }

    public override Size WindowSize
    {
        get => Console.IsOutputRedirected || Console.WindowWidth < 1 ? new Size(FileWidth, 50) : new Size(Console.WindowWidth, Console.WindowHeight);
        set => throw NotSupported();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition { get => default; set => throw NotSupported(); }

    public override Coordinates CursorPosition { get => default; set => throw NotSupported(); }

    public override int CursorSize { get => 25; set => throw NotSupported(); }

    public override string WindowTitle { get => string.Empty; set => Console.Title = value; }

    public override bool KeyAvailable => Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (!Console.IsInputRedirected && Console.KeyAvailable)
            Console.ReadKey(intercept: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NotSupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw NotSupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NotSupported();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NotSupported();

    private static NotSupportedException NotSupported() => new("This shell does not edit its screen.");
}
