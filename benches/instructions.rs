//! How many instructions a run takes, which no busy machine changes: `cargo bench --bench instructions` compares with the
//! recorded figure, `UPDATE=1` records it anew. Needs valgrind; the figure holds for x86-64.

#[allow(dead_code, reason = "the other trees are for the ratios")]
mod trees;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

const RECORD: &str = "benches/instructions.txt";
/// Compilers differ by some percent; a loop in a loop by far more.
const TOLERANCE: f64 = 0.15;

fn main() -> Result<(), Box<dyn Error>> {
    let tree = tempfile::tempdir()?;
    trees::monorepo(tree.path(), 2_000, 100, 7)?;
    let now = count(tree.path())?;
    let record = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORD);
    if std::env::var_os("UPDATE").is_some() {
        return Ok(fs::write(record, format!("{now:.0}\n"))?);
    }
    let recorded: f64 = fs::read_to_string(record)?.trim().parse()?;
    println!("{now:.0} instructions, recorded {recorded:.0}: {:+.1} %", (now / recorded - 1.0) * 100.0);
    if (now / recorded - 1.0).abs() > TOLERANCE {
        return Err(format!("more than {:.0} % off; UPDATE=1 records the new figure", TOLERANCE * 100.0).into());
    }
    Ok(())
}

/// One thread, so that no waiting is counted.
fn count(tree: &Path) -> Result<f64, Box<dyn Error>> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_redislint")])
        .args([".", "--fail-on", "never", "--format", "concise"])
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(tree)
        .output()?;
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected :").nth(1));
    Ok(collected.ok_or_else(|| format!("no figure of callgrind: {said}"))?.trim().parse()?)
}
