//! Compose's splitter of `command:` and `entrypoint:` strings: quotes are removed, nothing is expanded or run.

use super::WordError;
use crate::syntax::builder::Builder;
use crate::text::Text;

/// Splits a compose `command`/`entrypoint` string (mattn/go-shellwords): no shell, quotes removed, stops silently at an
/// unquoted `& | ; < >` even inside a word. Symbol characters are ordinary letters here.
///
/// Reads as the newest compose does.
///
/// # Errors
/// `invalid command line string` with the place (unbalanced quote, unquoted parenthesis).
pub fn split_command(text: &Text) -> Result<Vec<Text>, WordError> {
    split_until_stop(text).map(|(words, _)| words)
}

/// Which generation of compose's splitter reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitter {
    /// Compose 2: the backslash of `\n` and `\t` is dropped as of any other character, and a word that only starts with a
    /// digit counts as the number of a redirection (`2a>x`).
    Two,
    /// The newest one.
    Newest,
}

/// As [`split_command`], by the splitter of one generation.
///
/// # Errors
/// As [`split_command`].
pub fn split_command_of(text: &Text, splitter: Splitter) -> Result<Vec<Text>, WordError> {
    split(text, splitter).map(|(words, _)| words)
}

/// As [`split_command`], with the offset of the character that stopped it, if one did.
///
/// # Errors
/// As [`split_command`].
pub fn split_until_stop(text: &Text) -> Result<(Vec<Text>, Option<usize>), WordError> {
    split(text, Splitter::Newest)
}

fn split(text: &Text, splitter: Splitter) -> Result<(Vec<Text>, Option<usize>), WordError> {
    let newest = splitter == Splitter::Newest;
    let value = text.as_str();
    let mut words = Vec::new();
    let mut word: Option<(usize, Builder<'_>)> = None;
    // What is open, and where it was opened.
    let mut open: Option<(Open, usize)> = None;
    let mut end = 0;
    let mut chars = value.char_indices();
    while let Some((at, char)) = chars.next() {
        let next = at + char.len_utf8();
        let state = open.map(|(open, _)| open);
        match (char, state) {
            ('\\', None | Some(Open::Double | Open::Backquote | Open::Dollar)) => {
                let Some((_, escaped)) = chars.next() else { return Err(invalid(text, at)) };
                end = next + escaped.len_utf8();
                let builder = &mut word.get_or_insert_with(|| (at, Builder::new(text))).1;
                match escaped {
                    _ if matches!(state, Some(Open::Backquote | Open::Dollar)) => builder.keep(at..end),
                    't' if newest => builder.replace("\t", at..end),
                    'n' if newest => builder.replace("\n", at..end),
                    _ => builder.replace(escaped.encode_utf8(&mut [0; 4]), at..end),
                }
                continue;
            }
            (' ' | '\t' | '\r' | '\n', None) => {
                words.extend(word.take().map(|(start, builder)| builder.finish(start..end)));
                continue;
            }
            ('"', None | Some(Open::Double)) | ('\'', None | Some(Open::Single)) => {
                let kind = if char == '"' { Open::Double } else { Open::Single };
                open = if state.is_none() { Some((kind, at)) } else { None };
                word.get_or_insert_with(|| (at, Builder::new(text)));
                end = next;
                continue;
            }
            ('`', None) => open = Some((Open::Backquote, at)),
            ('`', Some(Open::Backquote)) | (')', Some(Open::Dollar)) => open = None,
            ('(', None) if word.as_mut().is_some_and(|(_, word)| word.ends_with("$") && !word.ends_with("\\$")) => {
                open = Some((Open::Dollar, at));
            }
            ('(', None | Some(Open::Dollar)) | (')', None) => return Err(invalid(text, at)),
            (';' | '&' | '|' | '<' | '>', None) => {
                let last = word.take().map(|(start, builder)| builder.finish(start..end));
                // `2>file`: the number belongs to the redirection.
                words.extend(last.filter(|last| char != '>' || !numbers(last.as_str(), newest)));
                return Ok((words, Some(at)));
            }
            _ => {}
        }
        word.get_or_insert_with(|| (at, Builder::new(text))).1.keep(at..next);
        end = next;
    }
    words.extend(word.map(|(start, builder)| builder.finish(start..end)));
    match open {
        Some((_, at)) => Err(invalid(text, at)),
        None => Ok((words, None)),
    }
}

/// What can be open.
#[derive(Clone, Copy)]
enum Open {
    Single,
    Double,
    Backquote,
    /// `$(`
    Dollar,
}

/// Whether the word is the number in front of a redirection.
fn numbers(word: &str, newest: bool) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit();
    word.bytes().next().is_some_and(digit) && (!newest || word.bytes().all(digit))
}

fn invalid(text: &Text, at: usize) -> WordError {
    WordError { span: text.span_of(at..at + 1), message: "invalid command line string".to_owned() }
}
