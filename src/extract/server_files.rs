//! Files that a server's own files name: `include` and `aclfile` in redis.conf, `COPY` in a Dockerfile. The paths in
//! them are those of the container, so the file is looked for beside the one that names it.

use crate::facts::{FileKind, Request};
use crate::source::Span;
use crate::syntax::{dockerfile::Instruction, redis_conf::Line};
use crate::text::Text;
use crate::tree::{Index, join};

/// What a conf file includes, where a file of that name lies beside it.
pub(super) fn named_by_conf(path: &str, lines: &[Line], index: &Index) -> Vec<Request> {
    let mut requests = Vec::new();
    for line in lines {
        if !["include", "aclfile"].contains(&line.name.value.to_ascii_lowercase().as_str()) {
            continue;
        }
        for argument in &line.arguments {
            let name = argument.as_str().rsplit('/').next().unwrap_or_default();
            requests
                .extend([argument.as_str(), name].into_iter().find_map(|name| beside(path, name, line.span, index)));
        }
    }
    requests
}

/// What a Dockerfile copies that looks like a server's configuration.
pub(super) fn copied_by_dockerfile(path: &str, instructions: &[Instruction], index: &Index) -> Vec<Request> {
    let mut requests = Vec::new();
    for instruction in instructions {
        if !matches!(instruction.name.value.as_str(), "COPY" | "ADD") {
            continue;
        }
        let words: Vec<&str> = match &instruction.exec {
            Some(words) => words.iter().map(Text::as_str).collect(),
            None => instruction.arguments.as_str().split_whitespace().filter(|word| !word.starts_with("--")).collect(),
        };
        let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
        for source in sources.iter().filter(|source| source.ends_with(".conf") || source.ends_with(".acl")) {
            // The build context is the Dockerfile's folder or one above it.
            let mut folder = path;
            while let Some((parent, _)) = folder.rsplit_once('/').or((!folder.is_empty()).then_some(("", ""))) {
                if let Some(request) = in_folder(parent, source.trim_start_matches('/'), instruction.span, index) {
                    requests.push(request);
                    break;
                }
                folder = parent;
            }
        }
    }
    requests
}

fn beside(path: &str, name: &str, from: Span, index: &Index) -> Option<Request> {
    in_folder(path.rsplit_once('/').map_or("", |(folder, _)| folder), name, from, index)
}

fn in_folder(folder: &str, name: &str, from: Span, index: &Index) -> Option<Request> {
    let path = join(folder, name)?;
    (index.is_file(&path)).then_some(Request { path, kind: FileKind::RedisConf, from })
}
