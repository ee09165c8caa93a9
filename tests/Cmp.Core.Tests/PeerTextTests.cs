using System.Linq;
using Xunit;

namespace Cmp.Tests;

public class PeerTextTests
{
    [Theory]
    [InlineData("plain text, ÄÖÜ, 漢字, ελληνικά", "plain text, ÄÖÜ, 漢字, ελληνικά")]
    [InlineData("\u001B[31mred\u001B[0m", "\\u{001B}[31mred\\u{001B}[0m")]
    [InlineData("a\r\nb\tc\0d\u007Fe", "a\\u{000D}\\u{000A}b\\u{0009}c\\u{0000}d\\u{007F}e")]
    [InlineData("\u0085\u009B31m", "\\u{0085}\\u{009B}31m")]
    [InlineData("\u202Egnp.exe\u202C", "\\u{202E}gnp.exe\\u{202C}")]
    [InlineData("\u2066\u2067\u2068\u2069\u200E\u200F\u061C", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}\\u{200E}\\u{200F}\\u{061C}")]
    [InlineData("\u2028\u2029\uFEFF\u200B\u00AD", "\\u{2028}\\u{2029}\\u{FEFF}\\u{200B}\\u{00AD}")]
    [InlineData("\uE000", "\\u{E000}")]
    [InlineData("\U0001F600", "\U0001F600")]
    [InlineData("\U000E0041\U000E0001", "\\u{E0041}\\u{E0001}")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void Rule70_What_moves_the_cursor_or_turns_the_text_is_escaped(string? text, string shown) => Assert.Equal(shown, PeerText.Escape(text));

    [Fact]
    public void Rule70_Broken_surrogates_are_escaped()
    {
        // not as data of a theory: a lone surrogate does not survive the way of a test's arguments
        Assert.Equal("a\\u{D800}b", PeerText.Escape("a" + (char)0xD800 + "b"));
        Assert.Equal("\\u{DC00}\\u{D800}", PeerText.Escape(new string([(char)0xDC00, (char)0xD800])));
        Assert.Equal("\\u{D83D}", PeerText.Escape("\U0001F600".Substring(0, 1)));
    }

    [Fact]
    public void Rule70_What_is_shown_is_bounded_escapes_included()
    {
        Assert.Equal(new string('a', 2048) + "…", PeerText.Escape(new string('a', 1_000_000)));
        Assert.Equal(new string('a', 2048), PeerText.Escape(new string('a', 2048)));
        Assert.InRange(PeerText.Escape(new string('\u001B', 1_000_000)).Length, 2048, 2048 + 12);
        Assert.Equal("ab…", PeerText.Escape("abc", 2));
        Assert.Equal("…", PeerText.Escape("abc", 0));
    }

    [Fact]
    public void Rule70_A_pair_is_not_cut_in_two() => Assert.Equal("a\U0001F600…", PeerText.Escape("a\U0001F600b", 2));

    [Fact]
    public void Rule70_No_control_character_comes_through()
    {
        string all = new([.. Enumerable.Range(0, 0x10000).Select(c => (char)c)]);
        string shown = PeerText.Escape(all, int.MaxValue);
        Assert.DoesNotContain(shown, c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
        Assert.Contains("ABC", shown);
    }
}
