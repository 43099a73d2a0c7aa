//! Prints to standard output and standard error.

use std::borrow::Cow;
use std::io::{ErrorKind, Write};
use std::panic::Location;

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

/// Says where redislint itself is at fault. Not in the words of the panic: those may quote a file, and so a password.
pub fn broken(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    format!("redislint: broke off at {place}; that is a fault of redislint, please report it\n")
}

/// The runner of GitHub Actions obeys commands in what is printed; a scanned file must not give any.
fn tame(text: &str) -> Cow<'_, str> {
    if cli::in_github_actions() { github::disarm(text).into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use std::panic;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_panic_quotes_no_file() {
        static SAID: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());
        let usual = panic::take_hook();
        panic::set_hook(Box::new(|info| SAID.lock().unwrap().push((broken(info.location()), info.to_string()))));
        // Cut within a character, as the panic that is to be feared does.
        let cut = panic::catch_unwind(|| "hunter2\u{e9}"[..8].len());
        panic::set_hook(usual);
        assert!(cut.is_err());
        let said = SAID.lock().unwrap();
        let (ours, _) = said.iter().find(|(_, usual)| usual.contains("hunter2")).unwrap();
        assert!(ours.contains("console.rs:") && !ours.contains("hunter2"), "{ours}");
    }
}
