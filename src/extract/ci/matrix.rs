//! The runs of a job: what `strategy.matrix` of GitHub gives each of them, by GitHub's own order (products, `exclude`,
//! `include`), and `parallel: matrix:` of GitLab.
//!
//! <https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/run-job-variations>,
//! <https://docs.gitlab.com/ci/yaml/#parallelmatrix>

use crate::syntax::yaml::{NodeId, Yaml};
use crate::text::Text;

/// GitHub refuses a matrix of more jobs.
const MAX_RUNS: usize = 256;

/// The values of one run, by what stands behind `matrix.`.
pub(super) type Run = Vec<(String, Text)>;

/// Every run of the matrix; empty where an expression makes a part of it.
pub(super) fn runs(tree: &Yaml, matrix: NodeId) -> Vec<Run> {
    read(tree, matrix).unwrap_or_default()
}

/// The runs of `parallel: matrix:` of GitLab: the products of each of its entries.
pub(super) fn of_gitlab(tree: &Yaml, matrix: NodeId) -> Vec<Run> {
    let of_entry = |entry: &NodeId| {
        let single = |value: NodeId| if tree.is_sequence(value) { tree.sequence(value).to_vec() } else { vec![value] };
        let mut runs: Vec<Run> = vec![Vec::new()];
        for variable in tree.entries(*entry) {
            let name = tree.as_str(variable.key)?;
            let values = single(variable.value).into_iter().map(|value| value_of(tree, name, value));
            runs = product(&runs, &values.collect::<Option<Vec<Run>>>()?)?;
        }
        Some(runs)
    };
    let runs: Option<Vec<Vec<Run>>> = tree.sequence(matrix).iter().map(of_entry).collect();
    runs.unwrap_or_default().into_iter().flatten().take(MAX_RUNS).collect()
}

fn product(runs: &[Run], values: &[Run]) -> Option<Vec<Run>> {
    let extended =
        |run: &Run| values.iter().map(|value| run.iter().chain(value).cloned().collect()).collect::<Vec<_>>();
    (runs.len() * values.len() <= MAX_RUNS).then(|| runs.iter().flat_map(extended).collect())
}

fn read(tree: &Yaml, matrix: NodeId) -> Option<Vec<Run>> {
    let mut runs: Vec<Run> = vec![Vec::new()];
    let mut named = false;
    for entry in tree.entries(matrix) {
        let name = tree.as_str(entry.key)?;
        if matches!(name, "include" | "exclude") {
            continue;
        }
        named = true;
        let values = tree.is_sequence(entry.value).then(|| tree.sequence(entry.value))?;
        let values: Vec<Run> = values.iter().map(|value| value_of(tree, name, *value)).collect::<Option<_>>()?;
        runs = product(&runs, &values)?;
    }
    if !named {
        runs.clear();
    }
    for excluded in entries(tree, matrix, "exclude")? {
        runs.retain(|run| !excluded.iter().all(|pair| has(run, pair)));
    }
    include(&mut runs, entries(tree, matrix, "include")?);
    Some(runs)
}

/// A value of the matrix: a scalar, or a mapping whose fields are asked for by `matrix.name.field`.
fn value_of(tree: &Yaml, name: &str, value: NodeId) -> Option<Run> {
    if tree.is_mapping(value) {
        let fields = tree.entries(value).into_iter();
        return fields
            .map(|one| Some((format!("{name}.{}", tree.as_str(one.key)?), tree.canonical(one.value)?)))
            .collect();
    }
    Some(vec![(name.to_owned(), tree.canonical(value)?)])
}

fn entries(tree: &Yaml, matrix: NodeId, key: &str) -> Option<Vec<Run>> {
    let Some(list) = tree.get(matrix, key) else { return Some(Vec::new()) };
    let list = tree.is_sequence(list).then(|| tree.sequence(list))?;
    let entry = |node: &NodeId| -> Option<Run> {
        let fields = tree.entries(*node).into_iter().map(|one| value_of(tree, tree.as_str(one.key)?, one.value));
        Some(fields.collect::<Option<Vec<Run>>>()?.into_iter().flatten().collect())
    };
    list.iter().map(entry).collect()
}

/// An entry joins every run that it contradicts in nothing of the matrix itself; where there is none, it is a run.
fn include(runs: &mut Vec<Run>, entries: Vec<Run>) {
    let originals = runs.clone();
    for entry in entries {
        let mut joined = false;
        for (run, original) in runs.iter_mut().zip(&originals) {
            let fits = entry.iter().all(|(name, value)| {
                original.iter().find(|(own, _)| own == name).is_none_or(|(_, own)| own.as_str() == value.as_str())
            });
            if fits {
                joined = true;
                run.retain(|(own, _)| !entry.iter().any(|(name, _)| name == own));
                run.extend(entry.iter().cloned());
            }
        }
        if !joined && runs.len() < MAX_RUNS {
            runs.push(entry);
        }
    }
}

fn has(run: &Run, pair: &(String, Text)) -> bool {
    run.iter().any(|(name, value)| *name == pair.0 && value.as_str() == pair.1.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::yaml;

    fn shown(text: &str) -> Vec<String> {
        let (tree, _) = yaml::parse(FileId(0), text);
        let runs = runs(&tree, tree.documents[0]).into_iter().map(|mut run| {
            run.sort_by(|one, other| one.0.cmp(&other.0));
            run.iter().map(|(name, value)| format!("{name}={}", value.as_str())).collect::<Vec<_>>().join(" ")
        });
        runs.collect()
    }

    #[test]
    fn values_are_combined_left_out_and_added() {
        assert_eq!(shown("a: [1, 2]\nb: [x, y]\nexclude: [{a: 2, b: y}]\n"), ["a=1 b=x", "a=1 b=y", "a=2 b=x"]);
        assert_eq!(shown("include: [{a: 1}, {a: 2, b: x}]\n"), ["a=1", "a=2 b=x"]);
        assert_eq!(shown("server: [{image: redis, port: 1}]\n"), ["server.image=redis server.port=1"]);
        assert!(shown("a: ${{ fromJSON(needs.x.outputs.y) }}\n").is_empty());
    }

    #[test]
    fn entries_of_gitlab_are_products_of_their_own() {
        let (tree, _) = yaml::parse(FileId(0), "- {A: [1, 2], B: x}\n- A: [3]\n");
        let runs = of_gitlab(&tree, tree.documents[0]);
        let shown: Vec<Vec<&str>> =
            runs.iter().map(|run| run.iter().map(|(_, value)| value.as_str()).collect()).collect();
        assert_eq!(shown, [vec!["1", "x"], vec!["2", "x"], vec!["3"]]);
    }

    /// The example of GitHub's own documentation.
    #[test]
    fn include_follows_the_documentation() {
        let text = "fruit: [apple, pear]\nanimal: [cat, dog]\ninclude:\n  - color: green\n  - {color: pink, animal: cat}\n\
                    \x20 - {fruit: apple, shape: circle}\n  - fruit: banana\n  - {fruit: banana, animal: cat}\n";
        assert_eq!(
            shown(text),
            [
                "animal=cat color=pink fruit=apple shape=circle",
                "animal=dog color=green fruit=apple shape=circle",
                "animal=cat color=pink fruit=pear",
                "animal=dog color=green fruit=pear",
                "fruit=banana",
                "animal=cat fruit=banana",
            ]
        );
    }
}
