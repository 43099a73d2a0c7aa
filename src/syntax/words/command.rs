//! Compose's splitter of `command:` and `entrypoint:` strings: quotes are removed, nothing is expanded or run.

use super::WordError;
use crate::syntax::builder::Builder;
use crate::text::Text;

/// Splits a compose `command`/`entrypoint` string (mattn/go-shellwords): no shell, quotes removed, stops silently at an
/// unquoted `& | ; < >` even inside a word. Symbol characters are ordinary letters here.
///
/// # Errors
/// `invalid command line string` with the place (unbalanced quote, unquoted parenthesis).
pub fn split_command(text: &Text) -> Result<Vec<Text>, WordError> {
    let value = text.as_str();
    let mut words = Vec::new();
    let mut word: Option<(usize, Builder<'_>)> = None;
    // What is open, and where it was opened.
    let mut open: Option<(Open, usize)> = None;
    let mut end = 0;
    let mut chars = value.char_indices();
    while let Some((at, char)) = chars.next() {
        let next = at + char.len_utf8();
        let kind = open.map(|(kind, _)| kind);
        let plain = match (char, kind) {
            ('\\', Some(Open::Single)) => true,
            ('\\', _) => {
                let Some((_, escaped)) = chars.next() else { return Err(invalid(text, at)) };
                end = next + escaped.len_utf8();
                let builder = &mut word.get_or_insert_with(|| (at, Builder::new(text))).1;
                builder.replace(escaped.encode_utf8(&mut [0; 4]), at..end);
                continue;
            }
            (' ' | '\t' | '\r' | '\n', None) => {
                words.extend(word.take().map(|(start, builder)| builder.finish(start..end)));
                continue;
            }
            ('"', Some(Open::Double)) | ('\'', Some(Open::Single)) => {
                open = None;
                end = next;
                continue;
            }
            ('"' | '\'', None) => {
                open = Some((if char == '"' { Open::Double } else { Open::Single }, at));
                word.get_or_insert_with(|| (at, Builder::new(text)));
                continue;
            }
            ('`', None) => {
                open = Some((Open::Backquote, at));
                true
            }
            ('`', Some(Open::Backquote)) | (')', Some(Open::Dollar)) => {
                open = None;
                true
            }
            ('(', None) if word.as_ref().is_some_and(|(_, builder)| builder.ends_with('$')) => {
                open = Some((Open::Dollar, at));
                true
            }
            ('(', None | Some(Open::Dollar)) | (')', None) => return Err(invalid(text, at)),
            (';' | '&' | '|' | '<' | '>', None) => {
                // `2>file`: the number belongs to the redirection.
                let number = char == '>' && word.as_ref().is_some_and(|(start, _)| is_number(&value[*start..at]));
                if number {
                    word = None;
                }
                break;
            }
            _ => true,
        };
        if plain {
            word.get_or_insert_with(|| (at, Builder::new(text))).1.keep(at..next);
            end = next;
        }
    }
    words.extend(word.map(|(start, builder)| builder.finish(start..end)));
    match open {
        Some((_, at)) => Err(invalid(text, at)),
        None => Ok(words),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Single,
    Double,
    Backquote,
    /// `$(`
    Dollar,
}

fn is_number(word: &str) -> bool {
    word.starts_with(|char: char| char.is_ascii_digit())
}

fn invalid(text: &Text, at: usize) -> WordError {
    WordError { span: text.span_of(at..at + 1), message: "invalid command line string".to_owned() }
}
