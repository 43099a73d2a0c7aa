//! Trees and spans on small documents.

use super::*;

fn read(text: &str) -> (Yaml, Vec<Notice>) {
    parse(FileId(0), text)
}

/// One line a scalar: value, source of the value, source of the whole.
fn dump(text: &str) -> Vec<String> {
    let (yaml, notices) = read(text);
    let mut out: Vec<String> = (0..yaml.nodes.len())
        .filter_map(|at| {
            let node = yaml.node(NodeId(u32::try_from(at).unwrap()));
            let Kind::Scalar(scalar) = &node.kind else { return None };
            let parts: Vec<&str> = scalar.text.spans().iter().map(|span| &text[span.range()]).collect();
            Some(format!("{:?} <- {parts:?} in {:?}", scalar.text.as_str(), &text[node.span.range()]))
        })
        .collect();
    out.extend(
        notices
            .iter()
            .map(|notice| format!("{} {:?} {}", notice.code, &text[notice.span.unwrap().range()], notice.message)),
    );
    out
}

#[test]
fn every_style_keeps_its_places() {
    let text = "a: p q\n  r\nb: 'it''s'\nc: \"x\\u0041\\\n  y\"\nd: |2-\n\n   é\n  z\ne: >  # c\n  f\n  g\n\n  h\n";
    let values: Vec<String> = dump(text).into_iter().skip(1).step_by(2).collect();
    assert_eq!(
        values,
        [
            r#""p q r" <- ["p q", "\n  ", "r"] in "p q\n  r""#,
            r#""it's" <- ["it", "''", "s"] in "'it''s'""#,
            r#""xAy" <- ["x", "\\u0041", "y"] in "\"x\\u0041\\\n  y\"""#,
            r#""\n é\nz" <- ["\n", " é\n", "z"] in "|2-\n\n   é\n  z""#,
            r#""f g\nh\n" <- ["f", "\n", "g", "\n\n", "h", "\n"] in ">  # c\n  f\n  g\n\n  h""#,
        ]
    );
}
