//! Answers on disk, so that they can be compared where no real program is at hand: the distinct texts once, and for each
//! row of questions the numbers of its answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What was answered to each row of questions, in the order asked.
pub type Rows = BTreeMap<String, Vec<String>>;

#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    answers: Vec<String>,
    rows: BTreeMap<String, Vec<usize>>,
}

/// Whether the answers of this run are to be kept.
pub fn recording() -> bool {
    std::env::var_os("REDISLINT_RECORD").is_some()
}

/// Writes `tests/transcripts/NAME.json`.
pub fn keep(name: &str, all: &Rows) {
    let mut answers: Vec<String> = all.values().flatten().cloned().collect();
    answers.sort();
    answers.dedup();
    let number = |answer: &String| answers.binary_search(answer).expect("it was collected");
    let rows = all.iter().map(|(key, row)| (key.clone(), row.iter().map(number).collect())).collect();
    let text = serde_json::to_string(&Kept { answers, rows }).expect("JSON").replace("],\"", "],\n\"");
    std::fs::write(path(name), text + "\n").expect("the transcript file");
}

/// Reads it again.
pub fn replay(name: &str) -> Rows {
    let text = std::fs::read_to_string(path(name)).expect("a recorded transcript");
    let kept: Kept = serde_json::from_str(&text).expect("JSON");
    let row = |numbers: Vec<usize>| numbers.into_iter().map(|at| kept.answers[at].clone()).collect();
    kept.rows.clone().into_iter().map(|(key, numbers)| (key, row(numbers))).collect()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{name}.json"))
}
