//! Template expressions in YAML: where they stand, and a text of the same length that parses without them.
//!
//! Knows the brackets of Jinja, Go templates and their relatives (`{{ … }}`, `{% … %}`, `{# … #}`), not their languages.

use std::ops::Range;

/// The template expressions of a text.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// From bracket to bracket, in order, apart from each other.
    pub(super) ranges: Vec<Range<usize>>,
    /// Starts of those that stand alone on their lines and may add or guard entries.
    pub(super) lines: Vec<usize>,
}

impl Templates {
    /// Whether one of them overlaps `range`.
    pub(super) fn touch(&self, range: &Range<usize>) -> bool {
        let next = self.ranges.partition_point(|template| template.end <= range.start);
        self.ranges.get(next).is_some_and(|template| template.start < range.end)
    }
}

/// Finds the expressions; one that is not closed before the next begins is none.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut open: Option<(usize, u8)> = None;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1], open) {
            (b'{', kind @ (b'{' | b'%' | b'#'), _) => {
                open = Some((at, if kind == b'{' { b'}' } else { kind }));
                at += 2;
            }
            (close, b'}', Some((start, wanted))) if close == wanted => {
                out.push(start..at + 2);
                open = None;
                at += 2;
            }
            _ => at += 1,
        }
    }
    out
}

/// Replaces the expressions by a filler of the same length: nothing but line breaks where they fill their lines (an
/// empty line is harmless at every place of YAML), else letters.
pub(super) fn mask(text: &str, ranges: Vec<Range<usize>>) -> (String, Templates) {
    let mut bytes = text.as_bytes().to_vec();
    let mut templates = Templates::default();
    let mut rest = ranges.as_slice();
    while let Some(first) = rest.first() {
        let start = line_start(text, first.start);
        // Those that follow each other on a line are judged together.
        let mut together = 1;
        let mut end = first.end;
        while let Some(next) = rest.get(together).filter(|next| is_blank(&text[end..next.start])) {
            end = next.end;
            together += 1;
        }
        let line_end = text[end..].find(['\r', '\n']).map_or(text.len(), |len| end + len);
        if is_blank(&text[start..first.start]) && is_blank(&text[end..line_end]) {
            bytes[start..end].fill(b'\n');
            let holes = rest[..together].iter().filter(|range| !is_neutral(&text[(*range).clone()]));
            templates.lines.extend(holes.map(|range| range.start));
        } else {
            for range in &rest[..together] {
                fill(&mut bytes[range.clone()]);
            }
        }
        rest = &rest[together..];
    }
    templates.ranges = ranges;
    // Whole expressions were replaced by ASCII, so this is always valid.
    let masked = String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned());
    (masked, templates)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\r', '\n']).map_or(if text.starts_with('\u{FEFF}') { 3 } else { 0 }, |found| found + 1)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Letters on the first line; blanks on the following ones, which then belong to it.
fn fill(bytes: &mut [u8]) {
    let mut filler = b'x';
    for byte in bytes {
        if matches!(*byte, b'\r' | b'\n') {
            filler = b' ';
        } else {
            *byte = filler;
        }
    }
}

/// Whether an expression adds and guards nothing: comments, assignments, and ends (their beginning guards).
fn is_neutral(expression: &str) -> bool {
    let inner = expression[2..].trim_start_matches(['-', '~', '+']).trim_start();
    expression.starts_with("{#")
        || inner.starts_with("/*")
        || inner.starts_with("end")
        || inner.starts_with("set ")
        || inner.starts_with('$') && inner.contains(":=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_found_and_replaced_in_place() {
        let text = "a: {{ é }}\n{{- if x }}\n  b: 'q{% y %}'\n  {# c #} {{ d }}\n{{- end }}\n{ e: {f: g}}\n{{ open";
        let (masked, templates) = mask(text, find(text));
        assert_eq!(masked.len(), text.len());
        let lines = "\n".repeat(11);
        let comment = "\n".repeat(17);
        let end = "\n".repeat(10);
        assert_eq!(
            masked,
            format!("a: xxxxxxxx\n{lines}\n  b: 'qxxxxxxx'\n{comment}\n{end}\n{{ e: {{f: g}}}}\n{{{{ open")
        );
        let lines: Vec<&str> = templates.lines.iter().map(|at| &text[*at..*at + 6]).collect();
        assert_eq!(lines, ["{{- if", "{{ d }"]);
    }
}
