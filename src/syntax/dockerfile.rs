//! Dockerfiles → instructions with spans: continuation lines, `ARG`/`ENV` in both forms, exec and shell form.
//!
//! Comes in: a text. Goes out: instructions with their joined arguments; comments and here-document bodies are passed
//! over. Does not expand variables and does not know what an instruction does.

use std::ops::Range;

use super::builder::Builder;
use super::words::{self, Word};
use crate::finding::{Level, Notice};
use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One instruction.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// Upper-case name, such as `COPY`.
    pub name: Spanned<String>,
    /// Everything behind the name, continuation lines joined, flags (`--from=x`) included.
    pub arguments: Text,
    /// For `CMD`, `ENTRYPOINT`, `RUN`, `SHELL`, `VOLUME`, `COPY`, `ADD`, `HEALTHCHECK CMD` in JSON form: the decoded
    /// strings.
    pub exec: Option<Vec<Text>>,
    /// The whole instruction.
    pub span: Span,
}

/// Parses a Dockerfile; never fails.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Vec<Instruction>, Vec<Notice>) {
    let source = Text::exact(text, Span::new(file, 0..text.len()));
    let mut lines = Lines { text, at: if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 } };
    let escape = escape_directive(&text[lines.at..]);
    let mut instructions = Vec::new();
    let mut notices = Vec::new();
    while let Some(line) = lines.next() {
        if is_blank_or_comment(&text[line.clone()]) {
            continue;
        }
        let start = line.end - text[line.clone()].trim_start().len();
        let mut end = line.end;
        let joined = join(&source, start..line.end, escape, &mut lines, &mut end);
        let value = joined.as_str();
        let name = value.len() - value.trim_start_matches(|char: char| char.is_ascii_alphabetic()).len();
        if name == 0 || value[name..].starts_with(|char: char| !char.is_whitespace()) {
            let span = source.span_of(start..end);
            notices.push(Notice::at("dockerfile-syntax", Level::Warning, span, "no instruction on this line"));
            continue;
        }
        let arguments = joined.slice(name..value.len()).trim_matches(char::is_whitespace);
        let upper = value[..name].to_ascii_uppercase();
        if matches!(upper.as_str(), "RUN" | "COPY" | "ADD") {
            skip_heredocs(arguments.as_str(), &mut lines, &mut end);
        }
        let span = source.span_of(start..start + text[start..end].trim_end().len());
        let exec = exec_form(&upper, &arguments);
        instructions.push(Instruction { name: Spanned::new(upper, joined.span_of(0..name)), arguments, exec, span });
    }
    (instructions, notices)
}

/// Splits the arguments of `ENV`, `ARG` or `LABEL`: `A=b C="d e"`, or `NAME everything else` in the old form of `ENV`
/// and `LABEL`. A name without a value has none. Quotes and escapes are read, references are kept.
#[must_use]
pub fn assignments(arguments: &Text) -> Vec<(Text, Option<Word>)> {
    let value = arguments.as_str();
    let words = quoted_words(value);
    let Some(first) = words.first() else { return Vec::new() };
    if !value[first.clone()].contains('=') && words.len() > 1 {
        let rest = arguments.slice(words[1].start..value.len());
        return vec![(arguments.slice(first.clone()), Some(words::parse_word(&rest, false)))];
    }
    let split = |word: &Range<usize>| match value[word.clone()].find('=') {
        Some(equals) => {
            let text = arguments.slice(word.start + equals + 1..word.end);
            (arguments.slice(word.start..word.start + equals), Some(words::parse_word(&text, false)))
        }
        None => (arguments.slice(word.clone()), None),
    };
    words.iter().map(split).collect()
}

/// The lines of a text, without their breaks.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let line = rest.split('\n').next().unwrap_or(rest);
        self.at += line.len() + 1;
        Some(start..start + line.strip_suffix('\r').unwrap_or(line).len())
    }
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}

/// `# escape=` among the comments that open the file.
fn escape_directive(text: &str) -> char {
    for line in text.lines() {
        let Some((name, value)) = line.trim_start().strip_prefix('#').and_then(|line| line.split_once('=')) else {
            break;
        };
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            break;
        }
        if name.eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// Joins an instruction's lines; comments and blank lines between them vanish.
fn join(source: &Text, first: Range<usize>, escape: char, lines: &mut Lines<'_>, end: &mut usize) -> Text {
    let text = lines.text;
    let mut builder = Builder::new(source);
    let start = first.start;
    let mut line = first;
    loop {
        let content = text[line.clone()].trim_end_matches([' ', '\t']);
        let continued = content.strip_suffix(escape).filter(|before| !before.ends_with(escape));
        let Some(before) = continued else {
            builder.keep(line.clone());
            *end = line.end;
            break;
        };
        builder.keep(line.start..line.start + before.len());
        *end = line.start + content.len();
        let Some(next) = lines.find(|next| !is_blank_or_comment(&text[next.clone()])) else { break };
        line = next;
    }
    builder.finish(start..*end)
}

/// Passes over the bodies of the here-documents that an instruction announces.
fn skip_heredocs(arguments: &str, lines: &mut Lines<'_>, end: &mut usize) {
    let text = lines.text;
    for word in quoted_words(arguments) {
        let word = arguments[word].trim_start_matches(|char: char| char.is_ascii_digit());
        let Some(delimiter) = word.strip_prefix("<<") else { continue };
        let tabs = delimiter.starts_with('-');
        let delimiter = delimiter.strip_prefix('-').unwrap_or(delimiter).replace(['"', '\''], "");
        if delimiter.is_empty() || delimiter.contains('<') {
            continue;
        }
        for line in lines.by_ref() {
            *end = line.end;
            let line = &text[line];
            if (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter {
                break;
            }
        }
    }
}

/// The words of a line; blanks in quotes or behind a backslash separate nothing.
fn quoted_words(value: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, char) in value.char_indices() {
        if quote.is_none() && !escaped && char.is_whitespace() {
            words.extend(start.take().map(|start| start..at));
            continue;
        }
        start.get_or_insert(at);
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = quote != Some('\''),
            '"' | '\'' if quote.is_none() => quote = Some(char),
            _ if quote == Some(char) => quote = None,
            _ => {}
        }
    }
    words.extend(start.map(|start| start..value.len()));
    words
}

/// The JSON form of the instructions that have one.
fn exec_form(name: &str, arguments: &Text) -> Option<Vec<Text>> {
    if !matches!(name, "CMD" | "ENTRYPOINT" | "RUN" | "SHELL" | "VOLUME" | "COPY" | "ADD" | "HEALTHCHECK") {
        return None;
    }
    let value = arguments.as_str();
    let words = quoted_words(value);
    let mut words = words.iter().skip_while(|word| value[(*word).clone()].starts_with("--"));
    let mut first = words.next()?;
    if name == "HEALTHCHECK" {
        if !value[first.clone()].eq_ignore_ascii_case("CMD") {
            return None;
        }
        first = words.next()?;
    }
    strings(arguments, first.start)
}

/// Decodes a JSON array of strings; what follows it is ignored, as Docker does.
fn strings(text: &Text, start: usize) -> Option<Vec<Text>> {
    let value = text.as_str();
    let skip = |at: usize| value.len() - value[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
    let mut at = skip(start + value[start..].strip_prefix('[').map(|_| 1)?);
    let mut strings = Vec::new();
    if value[at..].starts_with(']') {
        return Some(strings);
    }
    loop {
        let (string, end) = string(text, at)?;
        strings.push(string);
        at = skip(end);
        match value[at..].chars().next()? {
            ',' => at = skip(at + 1),
            ']' => return Some(strings),
            _ => return None,
        }
    }
}

/// Decodes the JSON string at `start`; with the offset behind it.
fn string(text: &Text, start: usize) -> Option<(Text, usize)> {
    let value = text.as_str();
    let mut builder = Builder::new(text);
    let mut at = start + value[start..].strip_prefix('"').map(|_| 1)?;
    loop {
        let char = value[at..].chars().next()?;
        let next = at + char.len_utf8();
        match char {
            '"' => return Some((builder.finish(start..next), next)),
            '\0'..='\u{1F}' => return None,
            '\\' => {
                let (decoded, end) = json_escape(value, next)?;
                builder.replace(decoded.encode_utf8(&mut [0; 4]), at..end);
                at = end;
            }
            _ => {
                builder.keep(at..next);
                at = next;
            }
        }
    }
}

/// The character that an escape stands for (`at` is behind the backslash), with the offset behind it.
fn json_escape(value: &str, at: usize) -> Option<(char, usize)> {
    let simple = |char| Some((char, at + 1));
    match value[at..].chars().next()? {
        char @ ('"' | '\\' | '/') => simple(char),
        'b' => simple('\u{8}'),
        'f' => simple('\u{C}'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'u' => {
            let high = code_unit(value, at + 1)?;
            let end = at + 5;
            let low = value[end..].starts_with("\\u").then(|| code_unit(value, end + 2)).flatten();
            let pair =
                low.and_then(|low| char::decode_utf16([high, low]).next()?.ok()).filter(|char| char.len_utf16() == 2);
            Some(match pair {
                Some(char) => (char, end + 6),
                None => (char::from_u32(u32::from(high)).unwrap_or(char::REPLACEMENT_CHARACTER), end),
            })
        }
        _ => None,
    }
}

fn code_unit(value: &str, at: usize) -> Option<u16> {
    let digits = value.get(at..at + 4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::words::WordPart;

    fn read(text: &str) -> Vec<(String, String)> {
        let (instructions, _) = parse(FileId(0), text);
        instructions.into_iter().map(|one| (one.name.value, one.arguments.as_str().to_owned())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, arguments)| ((*name).to_owned(), (*arguments).to_owned())).collect()
    }

    #[test]
    fn lines_are_joined_over_comments_and_blanks() {
        let text = "# syntax=x\nFROM a AS b\r\nrun x \\\r\n  # c\n\n  && y \\ \n z\nCMD a\\\\\nUSER u";
        assert_eq!(read(text), pairs(&[("FROM", "a AS b"), ("RUN", "x   && y  z"), ("CMD", "a\\\\"), ("USER", "u")]));
    }

    #[test]
    fn the_escape_character_can_be_changed() {
        assert_eq!(read("# escape=`\nRUN a `\n b\\\nUSER c"), pairs(&[("RUN", "a  b\\"), ("USER", "c")]));
    }

    #[test]
    fn documents_are_passed_over() {
        let text = "RUN <<EOF cat <<-'X'\nUSER a\nEOF\nUSER b\n\tX\nUSER c";
        assert_eq!(read(text), pairs(&[("RUN", "<<EOF cat <<-'X'"), ("USER", "c")]));
    }

    #[test]
    fn exec_form_is_decoded() {
        let text = "CMD [\"a\", \"b\\u00e9\\\"\\ud83d\\ude00\"] x\nHEALTHCHECK --interval=1s CMD [ \"c\" ]\nCMD ['d']\nCOPY --chown=u [\"e f\", \"/g\"]";
        let (instructions, _) = parse(FileId(0), text);
        let exec: Vec<Option<Vec<&str>>> = instructions
            .iter()
            .map(|one| one.exec.as_ref().map(|words| words.iter().map(Text::as_str).collect()))
            .collect();
        assert_eq!(exec, [Some(vec!["a", "bé\"😀"]), Some(vec!["c"]), None, Some(vec!["e f", "/g"])]);
        let second = &instructions[0].exec.as_ref().unwrap()[1];
        assert_eq!(second.span_of(1..3).range(), 12..18);
    }

    #[test]
    fn env_in_both_forms() {
        let text = |value: &str| Text::exact(value, Span::new(FileId(0), 0..value.len()));
        let show = |value: &str| -> Vec<(String, Option<String>)> {
            assignments(&text(value))
                .into_iter()
                .map(|(name, word)| {
                    (name.as_str().to_owned(), word.map(|word| word.literal().unwrap().as_str().to_owned()))
                })
                .collect()
        };
        assert_eq!(
            show("A=b C=\"d e\" F=g\\ h I="),
            [
                ("A".to_owned(), Some("b".to_owned())),
                ("C".to_owned(), Some("d e".to_owned())),
                ("F".to_owned(), Some("g h".to_owned())),
                ("I".to_owned(), Some(String::new())),
            ]
        );
        assert_eq!(show("A b  c"), [("A".to_owned(), Some("b  c".to_owned()))]);
        assert_eq!(show("A"), [("A".to_owned(), None)]);
        let (_, word) = assignments(&text("A=redis://$H")).remove(0);
        assert!(matches!(&word.unwrap().parts[1], WordPart::Variable { name, .. } if name == "H"));
    }

    #[test]
    fn other_lines_are_told() {
        let (instructions, notices) = parse(FileId(0), "FROM a\n$x y\n");
        assert_eq!((instructions.len(), notices.len()), (1, 1));
    }
}
