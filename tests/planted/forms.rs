//! Passwords, how languages write them, and what of them must not be seen.

use std::fmt::Write as _;

use fastrand::Rng;

/// So many characters of a password in a row give too much of it away.
const PART: usize = 6;

const PLAIN: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// What is mixed in, one kind a password: characters that some language takes for its own.
const MIXED: [&str; 12] = [
    "",
    "-._~",
    "@:/?#%",
    "'\"`\\",
    "${}",
    " \t",
    "äéß漢🔑",
    "<>&|;!*()",
    "[]=,+^",
    "%40%2F%",
    "\\n\\x\\u",
    "#@$&=+/:",
];

/// A password of 12 to 28 characters.
pub fn password(rng: &mut Rng) -> String {
    let plain: Vec<char> = PLAIN.chars().collect();
    let mixed: Vec<char> = MIXED[rng.usize(..MIXED.len())].chars().collect();
    let length = rng.usize(12..=28);
    let mut password: Vec<char> = (0..length).map(|_| plain[rng.usize(..plain.len())]).collect();
    for _ in 0..rng.usize(1..4) {
        if !mixed.is_empty() {
            // Neither first nor last, where quoting rarely differs, and blanks would be cut off by any language.
            let at = rng.usize(1..length - 1);
            password[at] = mixed[rng.usize(..mixed.len())];
        }
    }
    password.into_iter().collect()
}

/// The line of an output that shows the password or a part of it, in any form.
pub fn gives_away(secret: &str, shown: &str) -> Option<String> {
    let searched = [shown.to_owned(), unescaped(shown)];
    let mut wanted: Vec<String> = Vec::new();
    for form in [secret.to_owned(), percent(secret)] {
        let chars: Vec<char> = form.chars().collect();
        wanted.extend(chars.windows(PART).map(|part| part.iter().collect::<String>()));
    }
    for text in [secret.to_owned(), format!("{secret}\n"), format!(":{secret}")] {
        wanted.push(base64(text.as_bytes()).trim_end_matches('=').to_owned());
    }
    wanted.push(hexadecimal(secret.as_bytes()));
    searched.iter().find_map(|text| {
        let at = wanted.iter().find_map(|part| text.find(part.as_str()))?;
        let before: Vec<char> = text[..at].chars().rev().take(80).take_while(|char| *char != '\n').collect();
        Some(before.into_iter().rev().chain(text[at..].lines().next()?.chars().take(80)).collect())
    })
}

/// Without the escapes that JSON, XML, Markdown and GitHub's annotations ask for.
fn unescaped(shown: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&#39;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(shown.to_owned(), |text, (entity, char)| text.replace(entity, char));
    text.replace("%25", "%").replace('\\', "")
}

/// Everything but letters and digits, as `quote(…, safe="")` of Python does.
pub fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let group = (0..3).fold(0, |group, at| group << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let character = if at <= chunk.len() { ALPHABET[group >> (18 - 6 * at) & 63] } else { b'=' };
            encoded.push(character.into());
        }
    }
    encoded
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Between double quotes, as JSON, YAML and Python understand it.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Between single quotes, as YAML understands it.
pub fn yaml_single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// As one word of a shell.
pub fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// As one argument of redis.conf, every third byte by its number.
pub fn conf(text: &str) -> String {
    let bytes = text.bytes().enumerate();
    let inner = bytes.fold(String::new(), |mut inner, (at, byte)| {
        if at % 3 == 0 || !byte.is_ascii_alphanumeric() {
            write!(inner, "\\x{byte:02x}").unwrap();
        } else {
            inner.push(byte.into());
        }
        inner
    });
    format!("\"{inner}\"")
}

/// A dollar that compose is not to take for its own.
pub fn dollars(text: &str) -> String {
    text.replace('$', "$$")
}
