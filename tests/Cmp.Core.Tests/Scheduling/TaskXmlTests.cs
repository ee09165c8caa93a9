using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using Cmp.Scheduling;
using Cmp.State;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>The scheduled task of Windows: its XML against the documented schema, and the scheduler above a COM object that is not here. Not run on Windows.</summary>
public sealed class TaskXmlTests
{
    private const string User = "S-1-5-21-1-2-3-1001";

    private static readonly DateTime Today = new(2027, 3, 4, 22, 0, 0);

    public static TheoryData<string> NastyNames => [.. Jobs.NastyNames.Where(name => name.IndexOfAny(['%', '$']) < 0)];

    [Theory]
    [InlineData(StateScope.CurrentUser, null)]
    [InlineData(StateScope.CurrentUser, 360)]
    [InlineData(StateScope.LocalMachine, null)]
    [InlineData(StateScope.LocalMachine, 1)]
    [InlineData(StateScope.LocalMachine, 44640)]
    public void The_task_is_valid_by_the_documented_schema(StateScope scope, int? minutes) =>
        Assert.Empty(Findings(TaskXml.Write(Jobs.Of("web1", scope, minutes is { } m ? TimeSpan.FromMinutes(m) : null), User, Today)));

    [Theory]
    [InlineData("<StartBoundary>2027-03-04T04:05:06</StartBoundary>", "<StartBoundary>soon</StartBoundary>")]
    [InlineData("<DaysInterval>1</DaysInterval>", "<DaysInterval>0</DaysInterval>")]
    [InlineData("<RunLevel>HighestAvailable</RunLevel>", "<RunLevel>Root</RunLevel>")]
    [InlineData("<StartWhenAvailable>true</StartWhenAvailable>", "<StartWhenever>true</StartWhenever>")]
    [InlineData("Context=\"Renewal\"", "Context=\"Nobody\"")]
    [InlineData("<Actions ", "<Data>text</Data><Actions ")]
    [InlineData("<UserId>S-1-5-18</UserId>", "<UserId></UserId>")]
    [InlineData("<DaysInterval>1</DaysInterval>", "<DaysInterval>1</DaysInterval><DaysInterval>1</DaysInterval>")]
    public void The_schema_finds_what_is_wrong(string right, string wrong)
    {
        string xml = TaskXml.Write(Jobs.Of(scope: StateScope.LocalMachine), User, Today);
        Assert.Contains(right, xml);
        Assert.NotEmpty(Findings(xml.Replace(right, wrong, StringComparison.Ordinal)));
    }

    [Fact]
    public void SYSTEM_runs_the_computers_task_and_the_user_his_own()
    {
        XElement system = XElement.Parse(TaskXml.Write(Jobs.Of(scope: StateScope.LocalMachine), User, Today));
        Assert.Equal("S-1-5-18", Value(system, "UserId"));
        Assert.Equal("HighestAvailable", Value(system, "RunLevel"));
        XElement user = XElement.Parse(TaskXml.Write(Jobs.Of(), User, Today));
        Assert.Equal(User, Value(user, "UserId"));
        Assert.Equal("InteractiveToken", Value(user, "LogonType"));
        Assert.Equal("LeastPrivilege", Value(user, "RunLevel"));
        // what was slept through is made up for, and a second run does not begin beside the first
        Assert.Equal("true", Value(user, "StartWhenAvailable"));
        Assert.Equal("IgnoreNew", Value(user, "MultipleInstancesPolicy"));
    }

    /// <summary>Rule 70: whatever an enrolment is called, the program gets it as one argument.</summary>
    [Theory]
    [MemberData(nameof(NastyNames))]
    public void Rule70_Any_name_is_one_argument(string name)
    {
        RenewalJob job = Jobs.Of(name);
        XElement task = XElement.Parse(TaskXml.Write(job, User, Today));
        Assert.Equal(job.Arguments, TakeApart(Value(task, "Arguments")));
        Assert.True(TaskXml.Read(task.ToString()).IsSameAs(job));
        Assert.Empty(Findings(task.ToString()));
    }

    /// <summary>Rule 70: the scheduler replaces %NAME%, $(name) and $$ in a command line ([MS-TSCH] 2.5.9.1), so nothing of the kind goes there.</summary>
    [Theory]
    [InlineData("%PATH%")]
    [InlineData("$(Arg0)")]
    [InlineData("$$")]
    public void Rule70_What_the_scheduler_would_replace_is_refused(string word)
    {
        Assert.Equal("CmpRenewal.Scheduler", Assert.Throws<CmpException>(() => TaskXml.Write(Jobs.Of() with { Arguments = ["-Command", word] }, User, Today)).ErrorId);
        CmpException error = Assert.Throws<CmpException>(() => TaskXml.Write(Jobs.Of() with { Program = $@"C:\{word}\pwsh.exe" }, User, Today));
        Assert.Contains(word, error.Message);
    }

    /// <summary>The scheduler knows whole seconds, and a path as it is (ExecAction.Path).</summary>
    [Fact]
    public void Durations_are_whole_seconds_and_the_path_is_not_quoted()
    {
        XElement task = XElement.Parse(TaskXml.Write(
            Jobs.Of(interval: TimeSpan.FromSeconds(90.7)) with { Program = @"C:\Program Files\PowerShell\7\pwsh.exe", RandomDelay = TimeSpan.FromMilliseconds(1500) }, User, Today));
        Assert.Equal("PT1M30S", Value(task, "Interval"));
        Assert.Equal("P1DT1S", Value(task, "ExecutionTimeLimit"));
        Assert.Equal(@"C:\Program Files\PowerShell\7\pwsh.exe", Value(task, "Command"));
    }

    [Theory]
    [InlineData(@"C:\Program Files\PowerShell\7\pwsh.exe", "\"C:\\Program Files\\PowerShell\\7\\pwsh.exe\"")]
    [InlineData(@"C:\pwsh.exe", @"C:\pwsh.exe")]
    [InlineData("", "\"\"")]
    [InlineData("a b\\", "\"a b\\\\\"")]
    [InlineData("a\\\"b", "\"a\\\\\\\"b\"")]
    public void Arguments_are_quoted_where_they_need_it(string argument, string quoted)
    {
        Assert.Equal(quoted, TaskXml.Quoted(argument));
        Assert.Equal([argument], TakeApart(quoted));
    }

    [Fact]
    public void A_task_is_registered_read_back_and_removed()
    {
        var service = new FakeService();
        var scheduler = new WindowsScheduler(service) { Clock = () => Today };
        RegisteredJob registered = scheduler.Register(Jobs.Of("web1", StateScope.LocalMachine));
        Assert.Equal(@"\Cmp\cmp-renewal-web1", registered.Path);
        Assert.True(registered.IsActive);
        Assert.Equal(@"\Cmp\cmp-renewal@" + User, scheduler.Register(Jobs.Of()).Path);
        service.Tasks["cmp-renewal-broken@" + User] = ("<Task/>", StateScope.CurrentUser);
        service.Tasks["Somebody else's"] = ("<Task/>", StateScope.CurrentUser);

        Assert.True(Assert.Single(scheduler.All(StateScope.LocalMachine)).Job!.IsSameAs(Jobs.Of("web1", StateScope.LocalMachine)));
        IReadOnlyList<RegisteredJob> own = scheduler.All(StateScope.CurrentUser);
        Assert.Equal([@"\Cmp\cmp-renewal-broken@" + User, @"\Cmp\cmp-renewal@" + User], own.Select(job => job.Path));
        Assert.Contains("is not as Register-CmpRenewal made it", own[0].Problem);

        Assert.False(scheduler.Remove(StateScope.CurrentUser, "cmp-renewal-web1"));
        Assert.True(scheduler.Remove(StateScope.LocalMachine, "cmp-renewal-web1"));
        Assert.Empty(scheduler.All(StateScope.LocalMachine));
    }

    /// <summary>The names of tasks are the computer's, and a user may only change those that he made.</summary>
    [Fact]
    public void Users_and_the_computer_do_not_take_each_others_tasks()
    {
        var service = new FakeService();
        var mine = new WindowsScheduler(service) { Clock = () => Today };
        mine.Register(Jobs.Of("web1"));
        mine.Register(Jobs.Of("web1", StateScope.LocalMachine));
        service.Name = User + "2";
        var others = new WindowsScheduler(service) { Clock = () => Today };
        others.Register(Jobs.Of("web1"));
        Assert.Equal(3, service.Tasks.Count);
        Assert.EndsWith(User + "2", Assert.Single(others.All(StateScope.CurrentUser)).Path, StringComparison.Ordinal);
        Assert.True(others.Remove(StateScope.CurrentUser, "cmp-renewal-web1"));
        service.Name = User;
        Assert.EndsWith(User, Assert.Single(mine.All(StateScope.CurrentUser)).Path, StringComparison.Ordinal);
        Assert.Single(mine.All(StateScope.LocalMachine));
    }

    /// <summary>A task that says it is ours and does something else is not taken for it.</summary>
    [Theory]
    [InlineData("<Command>/bin/sh</Command>", "<Command>/bin/true</Command>")]
    [InlineData("-NonInteractive", "-Interactive")]
    [InlineData("</Exec>", "</Exec><Exec><Command>evil</Command></Exec>")]
    public void A_task_that_does_something_else_than_it_says_is_changed(string right, string wrong)
    {
        var service = new FakeService();
        var scheduler = new WindowsScheduler(service) { Clock = () => Today };
        scheduler.Register(Jobs.Of(scope: StateScope.LocalMachine));
        Assert.False(Assert.Single(scheduler.All(StateScope.LocalMachine)).IsChanged);
        string xml = service.Tasks["cmp-renewal"].Xml;
        Assert.Contains(right, xml);
        service.Tasks["cmp-renewal"] = (xml.Replace(right, wrong, StringComparison.Ordinal), StateScope.LocalMachine);
        RegisteredJob changed = Assert.Single(scheduler.All(StateScope.LocalMachine));
        Assert.True(changed.IsChanged);
        Assert.Contains("was changed since", changed.Problem);
    }

    [Fact]
    public void A_task_under_the_name_of_another_job_is_not_that_job()
    {
        var service = new FakeService();
        var scheduler = new WindowsScheduler(service) { Clock = () => Today };
        scheduler.Register(Jobs.Of("web1", StateScope.LocalMachine));
        service.Tasks["cmp-renewal"] = service.Tasks["cmp-renewal-web1"];
        Assert.Contains("another one's", Assert.Single(scheduler.All(StateScope.LocalMachine), job => job.Job is null).Problem);
    }

    [Fact]
    public void A_task_that_is_disabled_says_so()
    {
        var service = new FakeService { IsEnabled = false };
        var scheduler = new WindowsScheduler(service) { Clock = () => Today };
        scheduler.Register(Jobs.Of());
        RegisteredJob disabled = Assert.Single(scheduler.All(StateScope.CurrentUser));
        Assert.False(disabled.IsActive);
        Assert.Equal("The task is disabled.", disabled.Problem);
    }

    [Fact]
    public void What_the_scheduler_refuses_says_what_to_do()
    {
        var denied = new WindowsScheduler(new FakeService { Error = new UnauthorizedAccessException("Access is denied.") }) { Clock = () => Today };
        CmpException error = Assert.Throws<CmpException>(() => denied.Register(Jobs.Of(scope: StateScope.LocalMachine)));
        Assert.Equal("CmpStore.AccessDenied", error.ErrorId);
        Assert.Contains("elevated", error.RecommendedAction);
        // E_INVALIDARG and ERROR_FILE_NOT_FOUND come as these
        foreach (Exception refusal in new Exception[] { new System.Runtime.InteropServices.COMException("no service"), new ArgumentException("invalid"), new FileNotFoundException("no task") })
        {
            var broken = new WindowsScheduler(new FakeService { Error = refusal }) { Clock = () => Today };
            Assert.Equal("CmpRenewal.Scheduler", Assert.Throws<CmpException>(() => broken.All(StateScope.CurrentUser)).ErrorId);
        }
    }

    [Fact]
    public void What_is_no_XML_or_wants_more_than_itself_is_not_read()
    {
        Assert.Throws<FormatException>(() => TaskXml.Read("<Task"));
        Assert.Throws<FormatException>(() => TaskXml.Read("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"));
    }

    private static string Value(XElement task, string name) => task.Descendants(TaskXml.Namespace + name).Single().Value;

    private static List<string> Findings(string xml)
    {
        var findings = new List<string>();
        var schemas = new XmlSchemaSet();
        using (XmlReader schema = XmlReader.Create(Path.Combine(Repository.Root, "tests", "Cmp.Core.Tests", "Scheduling", "Task.xsd")))
            schemas.Add(null, schema);
        var settings = new XmlReaderSettings { ValidationType = ValidationType.Schema, Schemas = schemas, ValidationFlags = XmlSchemaValidationFlags.ProcessIdentityConstraints | XmlSchemaValidationFlags.ReportValidationWarnings };
        settings.ValidationEventHandler += (_, finding) => findings.Add(finding.Message);
        using XmlReader reader = XmlReader.Create(new StringReader(xml), settings);
        while (reader.Read())
        {
            // what is wrong is heard of on the way
        }
        return findings;
    }

    /// <summary>The rules of CommandLineToArgvW, as its documentation has them.</summary>
    private static List<string> TakeApart(string line)
    {
        var arguments = new List<string>();
        var current = new StringBuilder();
        bool isQuoted = false, isBegun = false;
        for (int i = 0; i < line.Length; i++)
        {
            int backslashes = 0;
            while (i + backslashes < line.Length && line[i + backslashes] == '\\')
                backslashes++;
            if (backslashes > 0 && i + backslashes < line.Length && line[i + backslashes] == '"')
            {
                current.Append('\\', backslashes / 2);
                isBegun = true;
                i += backslashes;
                if (backslashes % 2 == 1)
                    current.Append('"');
                else
                    isQuoted = !isQuoted;
            }
            else if (backslashes > 0)
            {
                current.Append('\\', backslashes);
                isBegun = true;
                i += backslashes - 1;
            }
            else if (line[i] == '"')
            {
                isQuoted = !isQuoted;
                isBegun = true;
            }
            else if (line[i] is ' ' or '\t' && !isQuoted)
            {
                if (isBegun)
                    arguments.Add(current.ToString());
                current.Clear();
                isBegun = false;
            }
            else
            {
                current.Append(line[i]);
                isBegun = true;
            }
        }
        if (isBegun)
            arguments.Add(current.ToString());
        return arguments;
    }

    private sealed class FakeService : IScheduleService
    {
        internal Dictionary<string, (string Xml, StateScope Scope)> Tasks { get; } = [];

        internal Exception? Error { get; init; }

        internal bool IsEnabled { get; init; } = true;

        internal string Name { get; set; } = TaskXmlTests.User;

        public string User => Name;

        public void Register(string name, string xml, StateScope scope)
        {
            Fail();
            Tasks[name] = (xml, scope);
        }

        public IReadOnlyList<(string Name, string Xml, bool IsEnabled)> All()
        {
            Fail();
            return [.. Tasks.Select(task => (task.Key, task.Value.Xml, IsEnabled))];
        }

        public void Delete(string name) => Tasks.Remove(name);

        private void Fail()
        {
            if (Error is not null)
                throw Error;
        }
    }
}
