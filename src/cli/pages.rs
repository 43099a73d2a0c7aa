//! What is made of the command line's description besides the help: completions and the manual page.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use super::raw::{EXAMPLES, EXIT_CODES, Raw};

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Raw::command(), "redislint", &mut out);
    out
}

/// The manual page, for `man`.
///
/// # Errors
/// Where it can't be written to memory.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    // No date: the page changes with the program only.
    let man = Man::new(Raw::command()).date("").manual("User Commands");
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    section(&mut out, "EXAMPLES", EXAMPLES.iter().map(|(command, what)| ((*command).to_owned(), *what)))?;
    man.render_options_section(&mut out)?;
    section(&mut out, "COMMANDS", commands().iter().map(|(name, about)| (name.clone(), about.as_str())))?;
    section(&mut out, "EXIT STATUS", EXIT_CODES.iter().map(|(code, what)| (code.to_string(), *what)))?;
    Ok(out)
}

fn commands() -> Vec<(String, String)> {
    let all = Raw::command();
    let about = |command: &clap::Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    all.get_subcommands().map(|command| (format!("redislint {}", command.get_name()), about(command))).collect()
}

/// Terms and what they mean.
fn section<'a>(out: &mut Vec<u8>, title: &str, rows: impl Iterator<Item = (String, &'a str)>) -> io::Result<()> {
    use clap_mangen::roff::{Roff, bold, roman};
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    for (term, meaning) in rows {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(meaning)]);
    }
    roff.to_writer(out)
}
