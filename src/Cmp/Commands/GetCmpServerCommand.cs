using System.Linq;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Gives the registered servers, without their secrets. One whose file cannot be read is an error, and hides no other.</summary>
[Cmdlet(VerbsCommon.Get, "CmpServer")]
[OutputType(typeof(ServerSettings))]
public sealed class GetCmpServerCommand : PSCmdlet
{
    /// <summary>Names, also with wildcards; without them all servers.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Of this scope only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public ServerScope? Scope { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name ?? ["*"])
        {
            bool isPattern = WildcardPattern.ContainsWildcardCharacters(name);
            bool failed = false;
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            ServerSettings[] servers = ServerRegistry.All(Scope, Report, isPattern ? null : name).Where(server => !isPattern || pattern.IsMatch(server.Name)).ToArray();
            WriteObject(servers, enumerateCollection: true);
            if (servers.Length == 0 && !isPattern && !failed)
                WriteError(Errors.NoServer(name, Scope).ToErrorRecord(name));

            void Report(CmpException error)
            {
                failed = true;
                WriteError(error.ToErrorRecord(name));
            }
        }
    }
}
