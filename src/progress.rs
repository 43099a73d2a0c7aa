//! A line on the terminal that tells what a long run is at, and is gone when the run ends.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A run that ends within this says nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(500);

/// Tells what the run is at until it is dropped.
pub struct Progress {
    /// `None`: nobody is there to see it.
    running: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Progress on standard error, where that is a terminal and is to be used.
    pub fn on_terminal(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self { running: None };
        }
        Self::on(std::io::stderr(), PATIENCE)
    }

    fn on(out: impl Write + Send + 'static, patience: Duration) -> Self {
        let (stages, told) = mpsc::channel();
        let drawing = thread::Builder::new().spawn(move || draw(&told, out, patience));
        Self { running: drawing.ok().map(|drawing| (stages, drawing)) }
    }

    /// What the run is at now.
    pub fn say(&self, stage: &str) {
        if let Some((stages, _)) = &self.running {
            let _ = stages.send(stage.to_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stages, drawing)) = self.running.take() {
            drop(stages);
            let _ = drawing.join();
        }
    }
}

/// Draws until the other end is gone. Where the terminal is, too, there is nobody left to tell.
fn draw(stages: &Receiver<String>, mut out: impl Write, patience: Duration) {
    let begin = Instant::now();
    let mut stage = String::new();
    let mut drawn = false;
    loop {
        let wait = if drawn { TICK } else { patience.saturating_sub(begin.elapsed()) };
        match stages.recv_timeout(wait) {
            Ok(next) => stage = next,
            Err(RecvTimeoutError::Timeout) => {
                drawn = true;
                let seconds = begin.elapsed().as_secs();
                let _ = write!(out, "\r\x1b[Kredislint: {stage} … {seconds} s").and_then(|()| out.flush());
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if drawn {
        let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn shown(screen: &Screen) -> String {
        String::from_utf8(screen.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_short_run_shows_nothing() {
        let screen = Screen::default();
        let progress = Progress::on(screen.clone(), Duration::from_mins(1));
        progress.say("listing files");
        drop(progress);
        assert_eq!(shown(&screen), "");
    }

    #[test]
    fn a_long_run_tells_what_it_is_at_and_cleans_up() {
        let screen = Screen::default();
        let progress = Progress::on(screen.clone(), Duration::ZERO);
        progress.say("judging 3 files");
        while !shown(&screen).contains("judging 3 files … 0 s") {
            thread::yield_now();
        }
        drop(progress);
        assert!(shown(&screen).ends_with("\r\x1b[K"), "{}", shown(&screen));
    }
}
