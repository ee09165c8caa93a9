using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Cmp.Tests.Scheduling;

/// <summary>Takes a command line apart as systemd.service(5) says: words in quotes, escapes of C, specifiers and variables.</summary>
internal static class Systemd
{
    internal static IReadOnlyList<string> Words(string line)
    {
        var words = new List<string>();
        for (int i = 0; i < line.Length;)
        {
            if (line[i] == ' ')
            {
                i++;
                continue;
            }
            if (line[i] != '"')
                throw new FormatException($"A word without quotes at {i}.");
            var word = new StringBuilder();
            for (i++; line[i] != '"'; i++)
            {
                if (line[i] == '\\')
                {
                    i++;
                    if (line[i] == 'x')
                    {
                        word.Append((char)int.Parse(line.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                        i += 2;
                    }
                    else
                    {
                        word.Append(line[i] is '"' or '\\' ? line[i] : throw new FormatException($"An escape '{line[i]}'."));
                    }
                }
                else if (line[i] is '%' or '$')
                {
                    if (line[i + 1] != line[i])
                        throw new FormatException($"A specifier or a variable at {i}.");
                    word.Append(line[i++]);
                }
                else
                {
                    word.Append(line[i]);
                }
            }
            words.Add(word.ToString());
            i++;
        }
        return words;
    }
}
