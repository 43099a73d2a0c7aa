//! Which passwords are none: `<password>`, `your-redis-password`, `${…}`, `changeme` in an example file.
//!
//! Comes in: a literal and whether its file is an example. Goes out: yes or no. Knows nothing of who uses the literal.

/// Words that only a placeholder has: it speaks to its reader.
const MARKERS: &[&str] = &[
    "your",
    "replace",
    "placeholder",
    "insert",
    "todo",
    "fixme",
    "redacted",
    "enter",
    "fill",
    "here",
    "example",
    "dummy",
];

/// Words that make up a placeholder in an example file, and a weak password anywhere else.
const PLAIN: &[&str] = &[
    "a",
    "an",
    "and",
    "auth",
    "change",
    "changed",
    "changeit",
    "changeme",
    "default",
    "in",
    "it",
    "long",
    "me",
    "my",
    "must",
    "new",
    "of",
    "own",
    "pass",
    "passwd",
    "password",
    "please",
    "production",
    "pw",
    "random",
    "redis",
    "secret",
    "secure",
    "set",
    "some",
    "something",
    "strong",
    "super",
    "supersecret",
    "the",
    "this",
    "to",
    "use",
    "value",
    "valkey",
    "with",
];

/// Beginnings of what speaks to its reader without a space in it.
const GLUED: &[&str] =
    &["replaceme", "replacewith", "replacethis", "yourpassword", "yourredis", "insertyour", "enteryour"];

/// Words of which one at least is in what an example file calls a password: `staging_redis_password`.
const NAMES: &[&str] = &["password", "passwd", "pass", "secret", "changeme", "pwd"];

/// Values that stand for no password at all.
const NOTHING: &[&str] = &["none", "null", "nil", "undefined", "false", "true"];

/// Openings of templates and references.
const REFERENCES: &[&str] = &["${", "$(", "{{", "{%", "<%", "%(", "#{", "@@", "ENC[", "vault:"];

/// Whether a literal is a placeholder or a reference rather than a password. `example`: its file is an example.
#[must_use]
pub fn is_placeholder(value: &str, example: bool) -> bool {
    let value = value.trim();
    let lower = value.to_ascii_lowercase();
    if value.is_empty() || NOTHING.contains(&lower.as_str()) {
        return true;
    }
    if REFERENCES.iter().any(|opening| value.contains(opening)) || is_variable(value) {
        return true;
    }
    let enclosed = |open, close| value.len() > 2 && value.starts_with(open) && value.ends_with(close);
    if enclosed('<', '>') || enclosed('[', ']') || enclosed('{', '}') || enclosed('%', '%') || enclosed('_', '_') {
        return true;
    }
    if lower.chars().all(|char| "x*.-_?#".contains(char)) || GLUED.iter().any(|start| lower.starts_with(start)) {
        return true;
    }
    let words = words(value);
    let any_of = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let prose = words.len() > 1 && words.iter().all(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if prose && (words[0] == "your" || example && any_of(NAMES)) {
        return true;
    }
    let known = |word: &String| PLAIN.contains(&word.as_str()) || MARKERS.contains(&word.as_str());
    words.iter().all(known) && (example || any_of(MARKERS))
}

/// The words of a value in lower case: `your-password`, `YourPassword`.
fn words(value: &str) -> Vec<String> {
    let (mut words, mut word, mut before) = (Vec::new(), String::new(), ' ');
    for char in value.chars() {
        let inside = char.is_ascii_alphanumeric();
        if !inside || (char.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(std::mem::take(&mut word));
        }
        word.extend(inside.then_some(char.to_ascii_lowercase()));
        before = char;
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

/// `$NAME`: what a shell or a template would replace.
fn is_variable(value: &str) -> bool {
    value.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|char: char| char.is_ascii_uppercase() || char == '_')
            && name.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::is_placeholder;

    #[test]
    fn placeholders_are_no_passwords() {
        for value in [
            "",
            "<password>",
            "your-password",
            "your_redis_password_here",
            "xxx",
            "XXXXXXXX",
            "****",
            "...",
            "${PW}",
            "$REDIS_PASSWORD",
            "{{ redis_password }}",
            "replace-me",
            "null",
            "None",
            "__REDIS_PASSWORD__",
            "%REDIS_PASSWORD%",
            "[password]",
            "insert password here",
            "replacemewithsomethingelse",
            "YourRedisPassword",
            "your-upstash-password",
            "dummy",
        ] {
            assert!(is_placeholder(value, false), "{value}");
        }
    }

    #[test]
    fn weak_passwords_are_passwords() {
        for value in ["password123", "hunter2", "redis", "changeme", "secret", "dev_password", "p@ss", "a<b>", "$ecret"]
        {
            assert!(!is_placeholder(value, false), "{value}");
        }
    }

    #[test]
    fn examples_may_say_changeme() {
        for value in [
            "changeme",
            "change-me",
            "password",
            "secret",
            "redis_password",
            "staging_redis_password",
            "production_redis_password_very_secure",
            "ExampleOfDatabaseStrongPassword",
        ] {
            assert!(is_placeholder(value, true), "{value}");
        }
        for value in ["Tr0ub4dor&3", "password123", "devpass", "crimson-otter-lamp"] {
            assert!(!is_placeholder(value, true), "{value}");
        }
    }
}
