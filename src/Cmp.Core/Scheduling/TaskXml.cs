using System;
using System.Globalization;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>A job as the XML that the task scheduler of Windows takes ([MS-TSCH] 2.5, version 1.2).</summary>
/// <remarks>
/// The job itself stands in Documentation, as a URI, which is what [MS-TSCH] 2.5.2 wants there: Data (2.5.5) holds an element, no text. A user's
/// task runs with the token of his session (InteractiveToken): one that was logged on for it without a password (S4U) has neither the network
/// nor what is encrypted for him.
/// </remarks>
internal static class TaskXml
{
    internal static readonly XNamespace Namespace = "http://schemas.microsoft.com/windows/2004/02/mit/task";

    private const string Principal = "Renewal";
    private const string LocalSystem = "S-1-5-18";
    private const string JobUri = "data:application/json;base64,";

    /// <summary>%NAME% is a variable of the environment, $(name) a parameter, and $$ one $ ([MS-TSCH] 2.5.9.1); of the first nothing says how it is escaped.</summary>
    private static readonly char[] Replaced = ['%', '$'];

    /// <summary>Writes it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="user">The SID of the user who runs it; of the computer's it is SYSTEM.</param>
    /// <param name="today">The day of the first run.</param>
    /// <exception cref="CmpException"><c>CmpRenewal.Scheduler</c>: the scheduler would replace something in the command line.</exception>
    internal static string Write(RenewalJob job, string user, DateTime today)
    {
        if (job.Arguments.Append(job.Program).FirstOrDefault(word => word.IndexOfAny(Replaced) >= 0) is { } word)
        {
            throw new CmpException(CmpErrorKind.Store, "CmpRenewal.Scheduler", $"The task scheduler would take '%' and '$' in '{PeerText.Escape(word, 300)}' for variables.")
            {
                RecommendedAction = "Install PowerShell in a folder without such characters.",
            };
        }
        bool isSystem = job.Scope == StateScope.LocalMachine;
        var start = new XElement(Namespace + "StartBoundary", (today.Date + job.Schedule.At).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        XElement trigger = job.Schedule.RepetitionInterval is { } interval
            ? Element("TimeTrigger", start, Element("Repetition", Element("Interval", Duration(interval))))
            : Element("CalendarTrigger", start, Element("ScheduleByDay", Element("DaysInterval", "1")));
        XElement principal = isSystem
            ? Element("Principal", new XAttribute("id", Principal), Element("UserId", LocalSystem), Element("RunLevel", "HighestAvailable"))
            : Element("Principal", new XAttribute("id", Principal), Element("UserId", user), Element("LogonType", "InteractiveToken"), Element("RunLevel", "LeastPrivilege"));
        XElement task = Element(
            "Task",
            new XAttribute("version", "1.2"),
            Element("RegistrationInfo", Element("Source", "Cmp"), Element("Description", job.Description), Element("Documentation", JobUri + job.Write())),
            Element("Triggers", trigger),
            Element("Principals", principal),
            Element(
                "Settings",
                Element("MultipleInstancesPolicy", "IgnoreNew"),
                Element("DisallowStartIfOnBatteries", "false"),
                Element("StopIfGoingOnBatteries", "false"),
                Element("StartWhenAvailable", "true"),
                Element("ExecutionTimeLimit", Duration(job.LongestRun))),
            Element("Actions", new XAttribute("Context", Principal), Element("Exec", Element("Command", job.Program), Element("Arguments", string.Join(" ", job.Arguments.Select(Quoted))))));
        return task.ToString();
    }

    /// <summary>The job of a task.</summary>
    /// <exception cref="FormatException">It says none.</exception>
    internal static RenewalJob Read(string xml)
    {
        string? uri = Load(xml).Element(Namespace + "RegistrationInfo")?.Element(Namespace + "Documentation")?.Value.Trim();
        return uri?.StartsWith(JobUri, StringComparison.Ordinal) == true ? RenewalJob.Read(uri.Substring(JobUri.Length)) : throw new FormatException("Its Documentation holds no job.");
    }

    /// <summary>What a task does, one action after the other, as one text to be compared; whoever runs it is left out, whom Windows may write in more than one way.</summary>
    /// <exception cref="FormatException">It is no XML.</exception>
    internal static string ActionOf(string xml) => string.Join("\n", Load(xml).Element(Namespace + "Actions")?.Elements().Select(Words) ?? []);

    private static string Words(XElement action) => string.Join("\n", new[] { action.Name.LocalName }.Concat(action.Elements().Select(part => part.Name.LocalName + " " + part.Value)));

    private static XElement Load(string xml)
    {
        try
        {
            using var text = new System.IO.StringReader(xml);
            using XmlReader reader = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            return XElement.Load(reader);
        }
        catch (XmlException e)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>An argument as CommandLineToArgvW and the C runtime take it apart: backslashes count only before a quote.</summary>
    internal static string Quoted(string argument)
    {
        if (argument.Length > 0 && argument.All(c => c is not (' ' or '"' or '\t' or '\n' or '\v')))
            return argument;
        var quoted = new StringBuilder("\"");
        int backslashes = 0;
        foreach (char c in argument)
        {
            if (c == '"')
                quoted.Append('\\', backslashes + 1);
            backslashes = c == '\\' ? backslashes + 1 : 0;
            quoted.Append(c);
        }
        return quoted.Append('\\', backslashes).Append('"').ToString();
    }

    /// <summary>As in <c>PT1H</c>: the scheduler knows whole seconds.</summary>
    private static string Duration(TimeSpan time) => XmlConvert.ToString(TimeSpan.FromSeconds(Math.Floor(time.TotalSeconds)));

    private static XElement Element(string name, params object[] content) => new(Namespace + name, content);
}
