use super::*;

/// Entries as `key=value`, `key` alone for a passed-through name; `$` behind values that expand.
fn read(text: &str, dialect: Dialect) -> Vec<String> {
    let (entries, _) = parse(FileId(0), text, dialect);
    let show = |entry: Entry| match entry.value {
        Some(Value { text, expands }) => {
            format!("{}={}{}", entry.key.value, text.as_str(), if expands { "$" } else { "" })
        }
        None => entry.key.value,
    };
    entries.into_iter().map(show).collect()
}

fn notices(text: &str, dialect: Dialect) -> Vec<Range<usize>> {
    let (_, notices) = parse(FileId(0), text, dialect);
    notices.into_iter().filter_map(|notice| notice.span).map(Span::range).collect()
}

#[test]
fn compose_reads_statements() {
    let text = "\u{FEFF}# c\r\nexport A=b\r\n C = d # e\nD: 'x y' E=\"f\"\nG\nA=h#i\nK=#x\nL=\n";
    assert_eq!(read(text, Dialect::Compose), ["A=b$", "C=d$", "D=x y", "E=f$", "G", "A=h#i$", "K=#x$", "L=$"]);
}

#[test]
fn compose_escapes_and_expands() {
    let text = r#"A="p\"\n\$x$y\\\q\0101\08"
B='it\'s $x \n'
C=p\$w"#;
    assert_eq!(read(text, Dialect::Compose), ["A=p\"\n$$x$y\\\\qA\\8$", "B=it's $x \\n", "C=p\\$w$"]);
}

#[test]
fn a_bad_line_costs_only_itself() {
    let text = "A=1\nB C=2\nD!=3\nE='x\nF=4\nG";
    assert_eq!(read(text, Dialect::Compose), ["A=1$", "F=4$"]);
    assert_eq!(notices(text, Dialect::Compose), [4..9, 10..14, 15..19, 24..25]);
}

#[test]
fn values_know_their_places() {
    let text = "A='p\\'w'\nB=\"x\ny\"\n";
    let (entries, _) = parse(FileId(0), text, Dialect::Compose);
    let value = entries[0].value.as_ref().unwrap();
    assert_eq!(value.text.anchor().range(), 2..8);
    assert_eq!(value.text.span_of(1..2).range(), 4..6);
    assert_eq!(entries[1].span.range(), 9..16);
}

#[test]
fn python_dotenv_rewrites_its_references() {
    let text = "A='${X}'\nB=$X ${Y:-a$b} ${Z:q} # c\nexport C\nD: e\nF=\"a\\nb\\q\"\nG= # c\nH=${a.b:-i}\n";
    assert_eq!(
        read(text, Dialect::PythonDotenv),
        ["A=${X}$", "B=$$X ${Y-a$$b} $${Z:q}$", "C", "F=a\nb\\q$", "G=$", "H=i$"]
    );
    assert_eq!(notices(text, Dialect::PythonDotenv).len(), 1);
}

#[test]
fn python_dotenv_sees_one_kind_of_line_break() {
    assert_eq!(read("A='x\r\ny'\r\nB=2\rC=3", Dialect::PythonDotenv), ["A=x\ny$", "B=2$", "C=3$"]);
}

#[test]
fn line_dialects_differ_in_quotes_comments_and_export() {
    let text = "A='s' # c\nB=\"x\\\"y\"\nexport C=d\n E = f \n#G=h\nI\n";
    assert_eq!(read(text, Dialect::Decouple), ["A='s' # c", "B=x\\\"y", "export C=d", "E=f"]);
    assert_eq!(read(text, Dialect::Starlette), ["A='s' # c", "B=x\\\"y", "export C=d", "E=f"]);
    assert_eq!(read(text, Dialect::DjangoEnviron), ["A='s' # c", "B=x\"y", "C=d"]);
    assert_eq!(read(text, Dialect::Raw), ["A='s' # c", "B=\"x\\\"y\"", "I"]);
}
