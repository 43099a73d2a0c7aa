//! The code blocks of a README → the connections to a Redis that they tell people to make.
//!
//! What runs in a container (`docker exec … redis-cli`) is left out, and so is what the reader is to fill in.

use crate::facts::Mention;
use crate::library::Family;
use crate::syntax::words::{self, Word};
use crate::text::Text;

use super::lines::Line;

/// Ends a URL in running text.
const ENDS: [char; 10] = [' ', '\t', '"', '\'', '`', ')', '>', ',', ';', '|'];

pub(super) fn is_readme(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.starts_with("readme") && (name.ends_with(".md") || name.ends_with(".markdown"))
}

/// Every connection in these lines; none where the document starts a Redis of its own, which may be meant.
pub(super) fn find(path: &str, lines: &[Line]) -> Vec<Mention> {
    let starts_one = |line: &Line| {
        let text = line.text.as_str();
        text.contains("redis-server") || (text.contains("docker run") && text.contains("redis"))
    };
    if lines.iter().any(starts_one) {
        return Vec::new();
    }
    lines.iter().flat_map(|line| urls(path, &line.text).into_iter().chain(commands(path, &line.text))).collect()
}

fn urls(path: &str, line: &Text) -> Vec<Mention> {
    let mut found = Vec::new();
    for scheme in ["redis://", "rediss://"] {
        for (at, _) in line.as_str().match_indices(scheme) {
            let before = line.as_str()[..at].chars().last();
            let end = line.as_str()[at..].find(ENDS).map_or(line.len(), |length| at + length);
            let url = line.slice(at..end);
            let is_word = before.is_none_or(|char| !char.is_alphanumeric() && char != '+');
            if is_word && !is_to_fill_in(url.as_str()) {
                found.push(Mention { url: Some(url.clone()), ..empty(path, &url, Family::Unknown) });
            }
        }
    }
    found
}

fn commands(path: &str, line: &Text) -> Vec<Mention> {
    let mut found = Vec::new();
    for command in words::parse_shell(line) {
        let words: Option<Vec<Text>> = command.words.iter().map(Word::literal).collect();
        let Some((program, rest)) = words.as_deref().and_then(<[Text]>::split_first) else { continue };
        if !matches!(program.as_str(), "redis-cli" | "valkey-cli") {
            continue;
        }
        let mut mention = empty(path, program, Family::RedisCli);
        mention.host = Some(Text::mapped("127.0.0.1", program.anchor()));
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            let slot = match word.as_str() {
                "-h" => &mut mention.host,
                "-p" => &mut mention.port,
                "-a" | "--pass" => &mut mention.password,
                "--user" => &mut mention.username,
                // A URL is found as such.
                "-u" => return found,
                option if option.starts_with('-') => continue,
                _ => break,
            };
            *slot = rest.next().cloned();
        }
        let given = [&mention.host, &mention.port, &mention.password, &mention.username];
        if !given.into_iter().flatten().any(|text| is_to_fill_in(text.as_str())) {
            found.push(mention);
        }
    }
    found
}

/// Whether the reader is to put something else there.
fn is_to_fill_in(text: &str) -> bool {
    text.contains(['<', '$', '{', '[', '*', '…']) || text.contains("...")
}

fn empty(path: &str, at: &Text, family: Family) -> Mention {
    Mention {
        path: path.to_owned(),
        span: at.span(),
        family,
        url: None,
        host: None,
        port: None,
        username: None,
        password: None,
    }
}
