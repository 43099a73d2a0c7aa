//! The forms for programs, read back by readers of these forms: the schema of SARIF, GitHub's runner as documented, an
//! XML parser and a Markdown parser, on names and messages that try to be more than text.

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Parser, Tag};
use serde_json::Value;

use super::*;

/// Names of files that say something in one of the forms.
const PATHS: [&str; 10] = [
    "a\u{1B}[31m,b:c%0A::error::x.yml",
    "::set-output name=x::y.yml",
    "##[set-output name=x]y.yml",
    "<script>|`x`&amp;\"'.yml",
    "x](http://e.example).yml",
    " two words ",
    "line\nbreak\r.yml",
    "\u{202E}lmy.\u{FFFF}",
    "a\\|b\\.yml",
    "ünïcode/日本語.yml",
];

const MESSAGES: [&str; 6] = [
    "`X` is bad\n::error file=a::b\r\n##[error]c 100% %0A %25",
    "<b onclick='x'>&amp; ]]> --> \"quoted\" <!-- a",
    "[x](http://e.example) ![i](http://e.example/i.png) <http://e.example> http://e.example www.e.example WWW.e.example",
    "@user **b** _i_ ~~s~~ # h | cell `a|b` ``` \\ $x$ [^1] a@e.example",
    "\u{1B}]8;;http://e.example\u{1B}\\link\u{7} \u{9B}31m \u{202E} \u{FFFE} \u{0}",
    "` unclosed `a` and `",
];

/// Every message at every path.
fn hostile() -> Report {
    let mut sources = Sources::default();
    let mut findings = Vec::new();
    for path in PATHS {
        let file = sources.add(path, "é😀 6379:6379\nnext\n".as_bytes(), None);
        for message in MESSAGES {
            let mut one = finding("published-port", Label::new(Span::new(file, 7..16), message));
            one.message = message.to_owned();
            one.help = Some(message.to_owned());
            one.environments = vec![path.to_owned()];
            one.related.push(Label::new(Span::new(file, 12..19), message));
            one.trace.push(Label::new(Span::new(file, 17..17), message));
            findings.push(one);
        }
    }
    let mut report = report(sources, findings, false);
    report.notices.push(Notice::path("yaml-syntax", Level::Warning, PATHS[0], MESSAGES[2]));
    report
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn sarif_fits_its_schema() {
    let mut schema = json(include_str!("../../../tests/schemas/sarif-2.1.0.json"));
    // The one pattern of the schema that is no regular expression, for a property that we do not write.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for report in [two_files(false), hostile(), report(Sources::default(), Vec::new(), false)] {
        for below in ["", "deploy/shop: 1"] {
            let log = json(&sarif::render(&report, &Look { below, ..Look::default() }));
            let errors: Vec<String> =
                validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:#?}");
        }
    }
    let mut wrong = json(&sarif::render(&two_files(false), &Look::default()));
    wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    assert!(!validator.is_valid(&wrong), "the validator looks at nothing");
}

#[test]
fn sarif_describes_every_rule() {
    let log = json(&sarif::render(&two_files(false), &Look::default()));
    let described = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(described.len(), crate::rules::ALL.len());
    for (rule, described) in crate::rules::ALL.iter().zip(described) {
        assert_eq!(described["id"], rule.name);
        assert_eq!(described["help"]["markdown"], rule.doc);
        let help = described["help"]["text"].as_str().unwrap();
        for heading in ["Why it matters", "Fix"] {
            assert!(help.contains(rule.section(heading).unwrap()), "{}: {heading}", rule.name);
        }
    }
}

#[test]
fn sarif_keeps_its_contract() {
    let log = json(&sarif::render(&two_files(false), &Look { below: "shop", ..Look::default() }));
    insta::assert_snapshot!(format!("{:#}", log["runs"][0]["results"]), @r#"
[
  {
    "codeFlows": [
      {
        "threadFlows": [
          {
            "locations": [
              {
                "location": {
                  "message": {
                    "text": "set here"
                  },
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": "shop/app/settings.py",
                      "uriBaseId": "%SRCROOT%"
                    },
                    "region": {
                      "byteLength": 9,
                      "byteOffset": 0,
                      "endColumn": 10,
                      "endLine": 1,
                      "startColumn": 1,
                      "startLine": 1
                    }
                  }
                }
              }
            ]
          }
        ]
      }
    ],
    "fixes": [],
    "level": "error",
    "locations": [
      {
        "message": {
          "text": "this password is sent"
        },
        "physicalLocation": {
          "artifactLocation": {
            "uri": "shop/app/settings.py",
            "uriBaseId": "%SRCROOT%"
          },
          "region": {
            "byteLength": 10,
            "byteOffset": 22,
            "endColumn": 32,
            "endLine": 1,
            "startColumn": 23,
            "startLine": 1
          }
        }
      }
    ],
    "message": {
      "text": "the server answers WRONGPASS\n\nhelp: use the server's password"
    },
    "partialFingerprints": {
      "redislint/v1": "9042b2825e999438"
    },
    "properties": {
      "confidence": "high",
      "environments": [
        "docker-compose.yml"
      ]
    },
    "relatedLocations": [
      {
        "id": 1,
        "message": {
          "text": "the server wants this one"
        },
        "physicalLocation": {
          "artifactLocation": {
            "uri": "shop/docker-compose.yml",
            "uriBaseId": "%SRCROOT%"
          },
          "region": {
            "byteLength": 7,
            "byteOffset": 78,
            "endColumn": 48,
            "endLine": 4,
            "startColumn": 41,
            "startLine": 4
          }
        }
      }
    ],
    "ruleId": "wrong-password",
    "ruleIndex": 2
  }
]
"#);
}

/// Flows go the way of the value: from where it is set to where it is used.
#[test]
fn sarif_flows_end_at_the_use() {
    let mut sources = Sources::default();
    let file = sources.add("a", b"use set", None);
    let mut one = finding("wrong-password", Label::new(Span::new(file, 0..3), ""));
    one.trace = vec![Label::new(Span::new(file, 0..3), "used"), Label::new(Span::new(file, 4..7), "set")];
    let log = json(&sarif::render(&report(sources, vec![one], false), &Look::default()));
    let steps = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let texts: Vec<_> = (0..2).map(|at| steps[at]["location"]["message"]["text"].clone()).collect();
    assert_eq!(texts, ["set", "used"]);
}

#[test]
fn sarif_paths_are_relative_and_lead_back_to_the_file() {
    let log = json(&sarif::render(&hostile(), &Look { below: "a b", ..Look::default() }));
    let mut read = BTreeSet::new();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && !uri.contains(':'), "{uri}");
        read.insert(percent_decoded(uri).strip_prefix("a b/").unwrap().to_owned());
    }
    assert_eq!(read, PATHS.iter().map(|path| (*path).to_owned()).collect());
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

/// A workflow command as the runner reads it.
#[derive(Debug, PartialEq)]
struct WorkflowCommand {
    name: String,
    properties: Vec<(String, String)>,
    data: String,
}

/// Reads one line as the runner does: `::name key=value,key=value::data` where the line begins, else `##[…]` anywhere
/// in it. Escapes are undone one after the other, the percent sign last.
fn command(line: &str) -> Option<WorkflowCommand> {
    let undo = |text: &str, escapes: &[(&str, &str)]| {
        escapes.iter().fold(text.to_owned(), |text, (escape, char)| text.replace(escape, char))
    };
    let Some(rest) = line.trim_start().strip_prefix("::") else {
        let inside = line.split_once("##[")?.1.split_once(']')?;
        return Some(WorkflowCommand { name: inside.0.to_owned(), properties: Vec::new(), data: inside.1.to_owned() });
    };
    let (info, data) = rest.split_once("::")?;
    let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
    let value = |text| undo(text, &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]);
    let properties = properties.trim().split(',').filter_map(|pair| pair.split_once('='));
    Some(WorkflowCommand {
        name: name.to_owned(),
        properties: properties.map(|(key, text)| (key.to_owned(), value(text))).collect(),
        data: undo(data, &[("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]),
    })
}

#[test]
fn annotations_say_what_was_found_and_nothing_else() {
    let report = hostile();
    let out = github::render(&report, &Look { below: "shop", ..Look::default() });
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), report.findings.len(), "{out}");
    for (line, finding) in lines.iter().zip(&report.findings) {
        let read = command(line).unwrap();
        assert_eq!(read.name, "error");
        let path = format!("shop/{}", clean(report.sources.get(finding.primary.span.file).path()));
        let expected = [
            ("file", path.as_str()),
            ("line", "1"),
            ("endLine", "1"),
            ("col", "4"),
            ("endColumn", "13"),
            ("title", "published-port"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(read.properties, expected);
        let mut said = read.data.lines();
        assert_eq!(said.next(), Some(clean(&finding.message).as_str()));
        assert!(said.next().unwrap().ends_with(&clean(&finding.message)));
        assert_eq!(said.next().unwrap(), format!("help: {}", clean(&finding.message)));
        assert_eq!(said.next(), None);
    }
}

#[test]
fn annotations_of_several_lines_have_no_columns() {
    let mut sources = Sources::default();
    let file = sources.add("a", b"ab\ncd\n", None);
    let mut one = finding("published-port", Label::new(Span::new(file, 1..4), ""));
    one.severity = Severity::Note;
    let out = github::render(&report(sources, vec![one], false), &Look::default());
    assert!(out.starts_with("::notice file=a,line=1,endLine=2,title=published-port::"), "{out}");
}

#[test]
fn the_runner_sees_no_command_in_any_form() {
    let report = hostile();
    let tamed = [
        github::disarm(&text::render(&report, text::Style::default())),
        github::disarm(&concise::render(&report)),
        github::disarm(&text::notices(&report)),
    ];
    let programs = [Format::Json, Format::Sarif, Format::Gitlab, Format::Junit, Format::Markdown];
    for shown in tamed.into_iter().chain(programs.map(|form| form.render(&report, &Look::default()))) {
        for line in shown.split(['\n', '\r']) {
            assert_eq!(command(line), None, "{line}");
        }
    }
    assert!(concise::render(&report).lines().any(|line| command(line).is_some()), "nothing was hostile");
    assert_eq!(github::disarm("a\n  b: c::d ## [e]\n"), "a\n  b: c::d ## [e]\n");
}

#[test]
fn gitlab_tells_issues_apart() {
    let issues = json(&gitlab::render(&two_files(false), &Look::default()));
    insta::assert_snapshot!(format!("{issues:#}"), @r#"
[
  {
    "check_name": "wrong-password",
    "description": "the server answers WRONGPASS",
    "fingerprint": "9042b2825e999438",
    "location": {
      "path": "app/settings.py",
      "positions": {
        "begin": {
          "column": 23,
          "line": 1
        },
        "end": {
          "column": 32,
          "line": 1
        }
      }
    },
    "severity": "critical"
  }
]
"#);
    let issues = json(&gitlab::render(&hostile(), &Look { below: "shop", ..Look::default() }));
    for (issue, path) in issues.as_array().unwrap().iter().step_by(MESSAGES.len()).zip(PATHS) {
        assert_eq!(issue["location"]["path"], format!("shop/{path}"));
    }
}

#[test]
fn junit_is_xml_that_holds_every_finding() {
    let report = hostile();
    let out = junit::render(&report, &Look::default());
    let document = roxmltree::Document::parse(&out).unwrap();
    let suites: Vec<_> = document.root_element().children().filter(|node| node.has_tag_name("testsuite")).collect();
    assert_eq!(suites.len(), PATHS.len());
    for (suite, path) in suites.iter().zip(PATHS) {
        let path = clean(path).replace('\u{FFFF}', "\u{FFFD}");
        assert_eq!(suite.attribute("name"), Some(path.as_str()));
        assert_eq!(suite.attribute("failures"), Some("6"));
        let failures: Vec<_> = suite.descendants().filter(|node| node.has_tag_name("failure")).collect();
        for (failure, message) in failures.iter().zip(MESSAGES) {
            let message = clean(message).replace('\u{FFFE}', "\u{FFFD}");
            assert_eq!(failure.attribute("message"), Some(message.as_str()));
            assert!(failure.text().unwrap().ends_with(&format!("\nhelp: {message}\n")));
        }
    }
}

#[test]
fn junit_of_nothing_is_a_passed_test_and_notes_pass() {
    let empty = junit::render(&report(Sources::default(), Vec::new(), false), &Look::default());
    let document = roxmltree::Document::parse(&empty).unwrap();
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("testcase")).count(), 1);
    let mut sources = Sources::default();
    let file = sources.add("a", b"x", None);
    let mut note = finding("published-port", Label::new(Span::new(file, 0..1), "here"));
    note.severity = Severity::Note;
    let out = junit::render(&report(sources, vec![note], false), &Look::default());
    assert!(out.contains("tests=\"1\" failures=\"0\"") && !out.contains("<failure"), "{out}");
}

#[test]
fn markdown_is_a_table_of_harmless_text() {
    let report = hostile();
    let out = markdown::render(&report, &Look::default());
    let options = pulldown_cmark::Options::all() - pulldown_cmark::Options::ENABLE_SMART_PUNCTUATION;
    let mut text = String::new();
    let mut rows = 0;
    for (event, range) in Parser::new_ext(&out, options).into_offset_iter() {
        match event {
            Event::Code(part) => text.push_str(&part),
            Event::Text(part) => {
                text.push_str(&part);
                // GitHub makes links of these in what is mere text to Markdown itself.
                let written = &out[range];
                assert!(
                    !["http://", "www.", "WWW.", "@user", "@e."].iter().any(|link| written.contains(link)),
                    "{written}"
                );
            }
            Event::Start(Tag::TableRow) => rows += 1,
            Event::Start(Tag::TableCell) => text.push('\n'),
            Event::InlineHtml(tag) => {
                let ours = ["<br>", "<code>", "</code>", "<span>", "</span>"];
                assert!(ours.contains(&tag.as_ref()), "{tag}");
            }
            Event::Html(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::List(_)) => {
                panic!("{event:?}")
            }
            _ => {}
        }
    }
    assert_eq!(rows, report.findings.len(), "{out}");
    for finding in &report.findings {
        let message = clean(&finding.message);
        // The backquotes of our messages become code.
        let said: Vec<&str> = message.split('`').collect();
        assert!(said.iter().all(|part| text.contains(part.trim())), "{message}\n{text}");
    }
}

#[test]
fn markdown_says_what_it_leaves_out() {
    let report = hostile();
    let all = markdown::render(&report, &Look::default());
    let some = markdown::render_within(&report, &Look::default(), all.len() / 2);
    assert!(some.len() < all.len() * 3 / 4 && some.contains(" more are not shown."), "{some}");
    assert!(!all.contains("not shown"));
}

#[test]
fn rules_link_to_their_pages_only_where_asked() {
    let plain = text::render(&two_files(false), text::Style::default());
    let linked = text::render(&two_files(false), text::Style { links: true, ..text::Style::default() });
    assert!(!plain.contains("\u{1B}]8;;"));
    // A build that does not know its repository has no page to point to.
    let page = crate::rule::page("wrong-password").map(|page| format!("\u{1B}]8;;{page}\u{1B}\\"));
    match page {
        Some(link) => assert!(linked.contains(&link), "{linked}"),
        None => assert_eq!(linked, plain),
    }
}
