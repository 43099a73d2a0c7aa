//! The stages of a run, one by one, on a tree of 2,000 files of which 200 speak of Redis: `cargo bench --bench stages`.

#![allow(clippy::expect_used, reason = "a benchmark without its tree has nothing to measure")]

#[allow(dead_code, reason = "the other trees are for the ratios")]
mod trees;

use divan::{Bencher, black_box};
use redislint::config::Config;
use redislint::source::Sources;
use redislint::symbol::Symbols;
use redislint::tree::Tree;
use redislint::{Options, extract, resolve};

fn main() {
    divan::main();
}

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    trees::monorepo(folder.path(), 2_000, 200, 7).expect("a tree");
    folder
}

#[divan::bench(sample_count = 20)]
fn list(bencher: Bencher<'_, '_>) {
    let folder = tree();
    bencher.bench_local(|| Tree::open(black_box(folder.path())));
}

#[divan::bench(sample_count = 20)]
fn read_and_extract(bencher: Bencher<'_, '_>) {
    let folder = tree();
    let tree = Tree::open(folder.path()).expect("a tree");
    bencher.bench_local(|| extract::run(black_box(&tree), &mut Sources::default()));
}

#[divan::bench(sample_count = 20)]
fn resolve_all(bencher: Bencher<'_, '_>) {
    let folder = tree();
    let tree = Tree::open(folder.path()).expect("a tree");
    bencher
        .with_inputs(|| {
            let mut sources = Sources::default();
            (extract::run(&tree, &mut sources), sources, Symbols::default(), Config::default())
        })
        .bench_local_refs(|(read, sources, symbols, config)| {
            resolve::resolve(&read.facts, &read.index, sources, symbols, config)
        });
}

#[divan::bench(sample_count = 20)]
fn whole(bencher: Bencher<'_, '_>) {
    let folder = tree();
    let tree = Tree::open(folder.path()).expect("a tree");
    bencher.bench_local(|| redislint::lint(black_box(&tree), &Options::default()));
}
