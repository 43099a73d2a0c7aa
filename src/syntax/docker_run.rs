//! The flags of `docker run` and `docker create`: what of them says something about a container.
//!
//! <https://docs.docker.com/reference/cli/docker/container/run/>,
//! <https://docs.podman.io/en/latest/markdown/podman-run.1.html>. Knows nothing of images.

use crate::text::Text;

/// Flags without a value, those of podman among them; every other one takes one.
const ALONE: [&str; 25] = [
    "detach",
    "disable-content-trust",
    "env-host",
    "help",
    "http-proxy",
    "init",
    "interactive",
    "no-healthcheck",
    "no-hostname",
    "no-hosts",
    "oom-kill-disable",
    "passwd",
    "privileged",
    "publish-all",
    "quiet",
    "read-only",
    "read-only-tmpfs",
    "replace",
    "rm",
    "rmi",
    "sig-proxy",
    "tls-verify",
    "tty",
    "unsetenv-all",
    "use-api-socket",
];

/// The short forms, `-d` and the like.
const SHORT: [(char, &str); 15] = [
    ('a', "attach"),
    ('c', "cpu-shares"),
    ('d', "detach"),
    ('e', "env"),
    ('h', "hostname"),
    ('i', "interactive"),
    ('l', "label"),
    ('m', "memory"),
    ('P', "publish-all"),
    ('p', "publish"),
    ('q', "quiet"),
    ('t', "tty"),
    ('u', "user"),
    ('v', "volume"),
    ('w', "workdir"),
];

/// What stands in front of the image, the image, and the words behind it.
#[derive(Clone, Debug, Default)]
pub struct DockerRun {
    /// Flags with their values, by their long names, in order; those without a value have an empty one.
    pub flags: Vec<(String, Text)>,
    /// The image and what follows it.
    pub rest: Vec<Text>,
}

impl DockerRun {
    /// Reads the words behind `docker run`.
    #[must_use]
    pub fn read(words: &[Text]) -> Self {
        let mut run = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let flag = word.as_str();
            if let Some(long) = flag.strip_prefix("--").filter(|long| !long.is_empty()) {
                run.long(word, long, &mut words);
            } else if flag.len() > 1 && flag.starts_with('-') {
                run.short(word, &mut words);
            } else {
                run.rest.push(word.clone());
                run.rest.extend(words.by_ref().cloned());
            }
        }
        run
    }

    /// The values of a flag.
    pub fn all<'a>(&'a self, flag: &'a str) -> impl Iterator<Item = &'a Text> {
        self.flags.iter().filter(move |(name, _)| name == flag).map(|(_, value)| value)
    }

    /// The last value of a flag, which is the one that counts.
    #[must_use]
    pub fn last(&self, flag: &str) -> Option<&Text> {
        self.flags.iter().rev().find(|(name, _)| name == flag).map(|(_, value)| value)
    }

    fn long<'a>(&mut self, word: &Text, long: &str, words: &mut impl Iterator<Item = &'a Text>) {
        if let Some((name, value)) = long.split_once('=') {
            let value = word.slice(word.len() - value.len()..word.len());
            self.flags.push((name.to_owned(), value));
        } else if ALONE.contains(&long) {
            self.flags.push((long.to_owned(), Text::empty(word.span())));
        } else if let Some(value) = words.next() {
            self.flags.push((long.to_owned(), value.clone()));
        }
    }

    /// `-d`, `-it`, `-p 1:1`, `-p1:1`, `-dp 1:1`.
    fn short<'a>(&mut self, word: &Text, words: &mut impl Iterator<Item = &'a Text>) {
        for (at, letter) in word.as_str().char_indices().skip(1) {
            let Some((_, name)) = SHORT.iter().find(|(short, _)| *short == letter) else { return };
            if ALONE.contains(name) {
                self.flags.push(((*name).to_owned(), Text::empty(word.span())));
                continue;
            }
            let end = at + letter.len_utf8();
            let inside = word.slice(end..word.len());
            let inside = if inside.as_str().starts_with('=') { inside.slice(1..inside.len()) } else { inside };
            let value = if inside.is_empty() { words.next().cloned() } else { Some(inside) };
            self.flags.extend(value.map(|value| ((*name).to_owned(), value)));
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};
    use crate::syntax::words;

    fn read(line: &str) -> (Vec<String>, Vec<String>) {
        let text = Text::exact(line, Span::new(FileId(0), 0..line.len()));
        let run = DockerRun::read(&words::split_command(&text).unwrap());
        let flags = run.flags.iter().map(|(name, value)| format!("{name}={}", value.as_str()));
        (flags.collect(), run.rest.iter().map(|word| word.as_str().to_owned()).collect())
    }

    #[test]
    fn flags_end_at_the_image() {
        let (flags, rest) = read("-dp 6379:6379 --name=cache -e A=1 --rm redis:7 redis-server --requirepass -x");
        assert_eq!(flags, ["detach=", "publish=6379:6379", "name=cache", "env=A=1", "rm="]);
        assert_eq!(rest, ["redis:7", "redis-server", "--requirepass", "-x"]);
        assert_eq!(read("-it -p6380:6379 redis").0, ["interactive=", "tty=", "publish=6380:6379"]);
    }

    #[test]
    fn options_of_a_service_have_no_image() {
        let (flags, rest) = read("--health-cmd \"redis-cli ping\" --health-interval 10s --network-alias cache");
        assert_eq!(flags, ["health-cmd=redis-cli ping", "health-interval=10s", "network-alias=cache"]);
        assert!(rest.is_empty());
    }
}
