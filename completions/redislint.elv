
use builtin;
use str;

set edit:completion:arg-completer[redislint] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'redislint'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'redislint'= {
            cand --stdin-filename 'The file that standard input stands in for, where the only path is `-`'
            cand --format 'Form of the report'
            cand --output 'Write the report into a file too, as `sarif=redislint.sarif`; may be given several times'
            cand --color 'Colours'
            cand --fail-on 'The least severity that makes the run fail'
            cand --min-confidence 'Hide findings that are less sure'
            cand --baseline 'Report only what this file does not know'
            cand --write-baseline 'Write what is found into this file, for --baseline'
            cand --since 'Report only what the change since this git revision brings in or touches'
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -q 'Findings only'
            cand --quiet 'Findings only'
            cand --pedantic 'Run the pedantic rules too'
            cand --strict 'Fail where a file could not be read whole, an ignore or a baseline entry is stale, or there is nothing to judge'
            cand --no-ignores 'Show also what comments and the configuration silence'
            cand --fix 'Mend what has a safe fix, and report what is left'
            cand --dry-run 'Print what --fix would change as a diff, and change nothing'
            cand --unsafe-fixes 'Apply also fixes that may change what somebody meant'
            cand --allow-dirty 'Fix also where git has changes that are not committed'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand explain 'Print what a rule says and why'
            cand init 'Write a commented redislint.toml that fits the repository'
            cand config-schema 'Print the JSON schema of redislint.toml'
            cand rules 'List the rules'
            cand inspect 'Show the resolved picture: servers, clients, links and how they end'
            cand fix 'Take one way out of a mismatch, in the server and all its clients at once'
            cand completions 'Print the completions of a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redislint;explain'= {
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;init'= {
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;config-schema'= {
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;rules'= {
            cand --format 'Form of the list'
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;inspect'= {
            cand --format 'Form of the picture'
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;fix'= {
            cand --auth 'Which way: no password, or one variable for all'
            cand --environment 'Only in this environment, as `redislint inspect` calls it'
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand --generate 'Put a password made up for it into the untracked `.env`, for `require`'
            cand --dry-run 'Print what would change as a diff, and change nothing'
            cand --allow-dirty 'Change files also where git has changes that are not committed'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;completions'= {
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;man'= {
            cand --root 'The folder to analyse; by default the nearest one above the paths with redislint.toml or .git'
            cand --show-secrets 'Print passwords instead of masking them'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'redislint;help'= {
            cand explain 'Print what a rule says and why'
            cand init 'Write a commented redislint.toml that fits the repository'
            cand config-schema 'Print the JSON schema of redislint.toml'
            cand rules 'List the rules'
            cand inspect 'Show the resolved picture: servers, clients, links and how they end'
            cand fix 'Take one way out of a mismatch, in the server and all its clients at once'
            cand completions 'Print the completions of a shell'
            cand man 'Print the manual page'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'redislint;help;explain'= {
        }
        &'redislint;help;init'= {
        }
        &'redislint;help;config-schema'= {
        }
        &'redislint;help;rules'= {
        }
        &'redislint;help;inspect'= {
        }
        &'redislint;help;fix'= {
        }
        &'redislint;help;completions'= {
        }
        &'redislint;help;man'= {
        }
        &'redislint;help;help'= {
        }
    ]
    $completions[$command]
}
