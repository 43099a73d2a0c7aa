//! Prints to standard output and standard error.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use redislint::report::github;

use crate::cli;

/// Prints what programs read. That nobody reads on (`| head`) is no error.
pub fn print(text: &str) -> Result<(), String> {
    print_bytes(text.as_bytes())
}

/// Prints what programs read.
pub fn print_bytes(bytes: &[u8]) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("can't write: {error}")),
        _ => Ok(()),
    }
}

/// Prints what people read.
pub fn say(text: &str) -> Result<(), String> {
    print(&tame(text))
}

/// Prints to standard error; where that fails there is nobody left to tell.
pub fn complain(message: &str) {
    let _ = std::io::stderr().lock().write_all(tame(message).as_bytes());
}

/// Says why nothing was done.
pub fn refuse(message: &str) -> u8 {
    complain(&format!("redislint: {message}\n"));
    cli::REFUSED
}

/// The runner of GitHub Actions obeys commands in what is printed; a scanned file must not give any.
fn tame(text: &str) -> Cow<'_, str> {
    if cli::in_github_actions() { github::disarm(text).into() } else { text.into() }
}
