//! How long a run takes beside ripgrep searching the same tree for the word, in the same minute on the same machine.
//!
//! `cargo bench --bench ratios` prints the table; `-- --large` adds the tree of 200,000 files. Runs alternate, so that
//! what else the machine does falls on both; figures are medians of the pairs' ratios.

mod trees;

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

const REDISLINT: &str = env!("CARGO_BIN_EXE_redislint");
/// The yardstick and the floor: searching for the word, and listing the files.
const SEARCH: [&str; 8] = ["rg", "-l", "-i", "--hidden", "-g", "!.git", "redis", "."];
const LIST: [&str; 5] = ["rg", "--files", "--hidden", "-g", "!.git"];
/// Other checkers, run where they are installed.
const OTHERS: [&[&str]; 5] = [
    &["ruff", "check", "--no-cache", "--exit-zero", "."],
    &["zizmor", "--offline", "."],
    &["gitleaks", "dir", "."],
    &["typos", "."],
    &["compose-lint", "."],
];
const PAIRS: usize = 11;

fn main() -> Outcome<()> {
    let large = std::env::args().any(|argument| argument == "--large");
    let room = tempfile::tempdir()?;
    println!("{}, {} cores", version(&["rg", "--version"]), std::thread::available_parallelism()?);
    println!("\n| tree | run | beside | ratio |\n|---|---|---|---|");

    let small = room.path().join("small");
    trees::small(&small)?;
    compare("16 files", &small, &SEARCH)?;

    let tree = room.path().join("monorepo");
    let planted = trees::monorepo(&tree, 20_000, 200, 7)?;
    found(&tree, &planted)?;
    compare("20,000 files", &tree, &SEARCH)?;
    compare("20,000 files", &tree, &LIST)?;
    for other in OTHERS {
        if is_installed(other) {
            compare("20,000 files", &tree, other)?;
        }
    }
    same_with_any_number_of_threads(&tree)?;
    trees::ignored(&tree, 40_000)?;
    compare("20,000 files, 40,000 ignored", &tree, &SEARCH)?;
    fs::remove_dir_all(&tree)?;

    if large {
        let tree = room.path().join("large");
        let planted = trees::monorepo(&tree, 200_000, 2_000, 7)?;
        found(&tree, &planted)?;
        compare("200,000 files", &tree, &SEARCH)?;
        println!("\npeak memory on 200,000 files: {} MB", peak_memory(&tree)? / 1024);
        fs::remove_dir_all(&tree)?;
    }
    dense(room.path())
}

/// A row: the median over pairs of runs, one after the other.
fn compare(name: &str, tree: &Path, other: &[&str]) -> Outcome<()> {
    let own = [REDISLINT, ".", "--fail-on", "never", "--format", "concise"];
    let mut ratios = Vec::new();
    for pair in 0..=PAIRS {
        let (ours, theirs) = (time(tree, &own)?, time(tree, other)?);
        // The first pair warms the file cache.
        if pair > 0 {
            ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
        }
    }
    ratios.sort_by(f64::total_cmp);
    let beside = match other[0] {
        "rg" => format!("`{}`", other.join(" ")),
        tool => format!("`{}` ({})", other.join(" "), version(&[tool, "--version"])),
    };
    println!("| {name} | `redislint .` | {beside} | {:.2} |", ratios[ratios.len() / 2]);
    Ok(())
}

/// Every file that was planted is spoken of.
fn found(tree: &Path, planted: &[String]) -> Outcome<()> {
    let run = Command::new(REDISLINT)
        .args(["inspect", "--format", "json"])
        .current_dir(tree)
        .stderr(Stdio::null())
        .output()?;
    let picture = String::from_utf8(run.stdout)?;
    let lost: Vec<&str> = planted.iter().map(String::as_str).filter(|path| !picture.contains(path)).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("not found: {}", lost.join(", ")).into()) }
}

fn same_with_any_number_of_threads(tree: &Path) -> Outcome<()> {
    let run = |threads: &str| {
        let arguments = [".", "--fail-on", "never", "--format", "json"];
        Command::new(REDISLINT).args(arguments).env("RAYON_NUM_THREADS", threads).current_dir(tree).output()
    };
    let same = run("1")?.stdout == run("8")?.stdout;
    if same { Ok(()) } else { Err("one thread and eight threads report differently".into()) }
}

/// Every file matters: how many megabytes a second, and how the time grows with their number.
fn dense(room: &Path) -> Outcome<()> {
    let mut times = Vec::new();
    for projects in [500, 5_000] {
        let tree = room.join(format!("dense{projects}"));
        trees::projects(&tree, projects)?;
        let own = [REDISLINT, ".", "--fail-on", "never", "--format", "concise"];
        let mut runs = (0..3).map(|_| time(&tree, &own)).collect::<Outcome<Vec<Duration>>>()?;
        runs.sort();
        let (seconds, bytes) = (runs[1].as_secs_f64(), size(&tree)?);
        #[expect(clippy::cast_precision_loss, reason = "a few megabytes")]
        let speed = bytes as f64 / 1e6 / seconds;
        println!("{projects} compose projects with clients: {speed:.1} MB/s");
        times.push(seconds);
    }
    println!("exponent from 500 to 5,000 projects: {:.2}", (times[1] / times[0]).log10());
    Ok(())
}

fn time(tree: &Path, command: &[impl AsRef<OsStr>]) -> Outcome<Duration> {
    let start = Instant::now();
    Command::new(&command[0])
        .args(&command[1..])
        .current_dir(tree)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(start.elapsed())
}

/// The high-water mark of the resident set in KiB, as the kernel counts it, looked at until the end.
fn peak_memory(tree: &Path) -> Outcome<u64> {
    let mut child = Command::new(REDISLINT).current_dir(tree).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(peak)
}

fn size(folder: &Path) -> Outcome<u64> {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    Ok(files.filter_map(|entry| entry.metadata().ok()).filter(fs::Metadata::is_file).map(|found| found.len()).sum())
}

fn is_installed(command: &[&str]) -> bool {
    Command::new(command[0]).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn version(command: &[&str]) -> String {
    let run = Command::new(command[0]).args(&command[1..]).output();
    let text = run.map(|run| String::from_utf8_lossy(&run.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown version").to_owned()
}
