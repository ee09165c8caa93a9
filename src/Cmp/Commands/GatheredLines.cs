using System.Text;
using Cmp.Inspection;

namespace Cmp.Commands;

/// <summary>
/// Texts that come line by line out of the pipeline, as Get-Content gives them: together they are what was meant, but for lines that are whole messages
/// by themselves.
/// </summary>
internal sealed class GatheredLines
{
    // base64 in lines has four characters for three octets, hexadecimal with separators three for one
    private static readonly int MaxCharacters = 4 * SavedMessage.MaxBytes;

    private readonly StringBuilder _text = new();
    private bool _areTooMany;

    /// <summary>Takes a text.</summary>
    /// <returns>Whether it waits for others; else it is a message by itself.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.TooLarge</c>: there is more than a message can have. It is thrown once, and what comes then is not kept.</exception>
    internal bool Take(string text)
    {
        if (_text.Length == 0 && !_areTooMany && MessageInput.IsWhole(text))
            return false;
        if (_areTooMany)
            return true;
        if (_text.Length + text.Length > MaxCharacters)
        {
            _areTooMany = true;
            _text.Clear();
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.TooLarge", $"The texts in the pipeline have more than {MaxCharacters} characters, and are no message.");
        }
        _text.Append(text).Append('\n');
        return true;
    }

    /// <summary>What has come, and begins anew.</summary>
    /// <returns>The text; <see langword="null"/> where none has come.</returns>
    internal string? End()
    {
        string? text = _text.Length == 0 ? null : _text.ToString();
        _text.Clear();
        _areTooMany = false;
        return text;
    }
}
