# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_redislint_global_optspecs
    string join \n stdin-filename= format= output= q/quiet color= fail-on= min-confidence= pedantic strict no-ignores baseline= write-baseline= since= fix dry-run unsafe-fixes allow-dirty root= show-secrets= h/help V/version
end

function __fish_redislint_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_redislint_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_redislint_using_subcommand
    set -l cmd (__fish_redislint_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c redislint -n "__fish_redislint_needs_command" -l stdin-filename -d 'The file that standard input stands in for, where the only path is `-`' -r -F
complete -c redislint -n "__fish_redislint_needs_command" -l format -d 'Form of the report' -r -f -a "text\t'Lines of both ends, with labels'
concise\t'One line a finding'
json\t'Schema redislint/1'
sarif\t'SARIF 2.1.0, for code scanning'
github\t'Annotations of GitHub Actions, and the summary of the job'
gitlab\t'Code Quality of GitLab'
junit\t'A test report in XML, as CI servers read it'
markdown\t'A table, for comments and summaries'"
complete -c redislint -n "__fish_redislint_needs_command" -l output -d 'Write the report into a file too, as `sarif=redislint.sarif`; may be given several times' -r
complete -c redislint -n "__fish_redislint_needs_command" -l color -d 'Colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c redislint -n "__fish_redislint_needs_command" -l fail-on -d 'The least severity that makes the run fail' -r -f -a "error\t''
warning\t''
note\t''
never\t''"
complete -c redislint -n "__fish_redislint_needs_command" -l min-confidence -d 'Hide findings that are less sure' -r -f -a "low\t''
medium\t''
high\t''"
complete -c redislint -n "__fish_redislint_needs_command" -l baseline -d 'Report only what this file does not know' -r -F
complete -c redislint -n "__fish_redislint_needs_command" -l write-baseline -d 'Write what is found into this file, for --baseline' -r -F
complete -c redislint -n "__fish_redislint_needs_command" -l since -d 'Report only what the change since this git revision brings in or touches' -r
complete -c redislint -n "__fish_redislint_needs_command" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_needs_command" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_needs_command" -s q -l quiet -d 'Findings only'
complete -c redislint -n "__fish_redislint_needs_command" -l pedantic -d 'Run the pedantic rules too'
complete -c redislint -n "__fish_redislint_needs_command" -l strict -d 'Fail where a file could not be read whole, an ignore or a baseline entry is stale, or there is nothing to judge'
complete -c redislint -n "__fish_redislint_needs_command" -l no-ignores -d 'Show also what comments and the configuration silence'
complete -c redislint -n "__fish_redislint_needs_command" -l fix -d 'Mend what has a safe fix, and report what is left'
complete -c redislint -n "__fish_redislint_needs_command" -l dry-run -d 'Print what --fix would change as a diff, and change nothing'
complete -c redislint -n "__fish_redislint_needs_command" -l unsafe-fixes -d 'Apply also fixes that may change what somebody meant'
complete -c redislint -n "__fish_redislint_needs_command" -l allow-dirty -d 'Fix also where git has changes that are not committed'
complete -c redislint -n "__fish_redislint_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_needs_command" -s V -l version -d 'Print version'
complete -c redislint -n "__fish_redislint_needs_command" -a "explain" -d 'Print what a rule says and why'
complete -c redislint -n "__fish_redislint_needs_command" -a "init" -d 'Write a commented redislint.toml that fits the repository'
complete -c redislint -n "__fish_redislint_needs_command" -a "config-schema" -d 'Print the JSON schema of redislint.toml'
complete -c redislint -n "__fish_redislint_needs_command" -a "rules" -d 'List the rules'
complete -c redislint -n "__fish_redislint_needs_command" -a "inspect" -d 'Show the resolved picture: servers, clients, links and how they end'
complete -c redislint -n "__fish_redislint_needs_command" -a "fix" -d 'Take one way out of a mismatch, in the server and all its clients at once'
complete -c redislint -n "__fish_redislint_needs_command" -a "completions" -d 'Print the completions of a shell'
complete -c redislint -n "__fish_redislint_needs_command" -a "man" -d 'Print the manual page'
complete -c redislint -n "__fish_redislint_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c redislint -n "__fish_redislint_using_subcommand explain" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand explain" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand init" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand init" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand config-schema" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand config-schema" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand config-schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand rules" -l format -d 'Form of the list' -r -f -a "text\t''
json\t''"
complete -c redislint -n "__fish_redislint_using_subcommand rules" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand rules" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand inspect" -l format -d 'Form of the picture' -r -f -a "text\t''
json\t''"
complete -c redislint -n "__fish_redislint_using_subcommand inspect" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand inspect" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l auth -d 'Which way: no password, or one variable for all' -r -f -a "remove\t'Credentials leave clients and server; refused where outsiders reach the server'
require\t'The server demands a password, and all take it from `REDIS_PASSWORD`'"
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l environment -d 'Only in this environment, as `redislint inspect` calls it' -r
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l generate -d 'Put a password made up for it into the untracked `.env`, for `require`'
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l dry-run -d 'Print what would change as a diff, and change nothing'
complete -c redislint -n "__fish_redislint_using_subcommand fix" -l allow-dirty -d 'Change files also where git has changes that are not committed'
complete -c redislint -n "__fish_redislint_using_subcommand fix" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand completions" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand completions" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand man" -l root -d 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git' -r -F
complete -c redislint -n "__fish_redislint_using_subcommand man" -l show-secrets -d 'Print passwords instead of masking them' -r -f -a "outside-ci\t'Refused in a job of CI'
always\t'In a job of CI too'"
complete -c redislint -n "__fish_redislint_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "explain" -d 'Print what a rule says and why'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "init" -d 'Write a commented redislint.toml that fits the repository'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "config-schema" -d 'Print the JSON schema of redislint.toml'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "rules" -d 'List the rules'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "inspect" -d 'Show the resolved picture: servers, clients, links and how they end'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "fix" -d 'Take one way out of a mismatch, in the server and all its clients at once'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "completions" -d 'Print the completions of a shell'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "man" -d 'Print the manual page'
complete -c redislint -n "__fish_redislint_using_subcommand help; and not __fish_seen_subcommand_from explain init config-schema rules inspect fix completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
