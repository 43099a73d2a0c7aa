//! Writes the corpora to begin with: every fixture as a repository, and each of its files for the parser of its kind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use redislint_fuzz::MARK;

fn main() -> io::Result<()> {
    let corpus = PathBuf::from(env::args_os().nth(1).unwrap_or_else(|| "corpus".into()));
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures");
    for case in folders(&fixtures)? {
        for variant in folders(&case)? {
            let mut files = BTreeMap::new();
            collect(&variant, "", &mut files)?;
            let mut repository = Vec::new();
            for (path, bytes) in &files {
                repository.extend([MARK.as_bytes(), path.as_bytes(), b"\n", bytes, b"\n"].concat());
                if let Some(target) = parser(path) {
                    write(&corpus, target, bytes)?;
                }
                for line in bytes.split(|byte| *byte == b'\n').filter(|line| line.windows(3).any(|part| part == b"://")) {
                    let url = line.rsplit(|byte| b" \"'=".contains(byte)).find(|word| !word.is_empty());
                    write(&corpus, "url", url.unwrap_or(line))?;
                    write(&corpus, "template", line)?;
                    write(&corpus, "shell", line)?;
                }
            }
            write(&corpus, "repository", &repository)?;
        }
    }
    for specifier in ["^5.0", "~=4.1", ">=4.5,<6", "4.x || >=5.1.0-rc.1", "==5.*", "5.0.1", "!=4.2, >4"] {
        write(&corpus, "specifiers", specifier.as_bytes())?;
    }
    Ok(())
}

fn parser(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit('.').next().unwrap_or(name);
    Some(match ending {
        "yml" | "yaml" | "json" => "yaml",
        "py" => "python",
        "conf" => "redis_conf",
        "sh" => "shell",
        "toml" => "configuration",
        _ if name.contains(".env") || ending == "env" => "dotenv",
        _ if name.contains("Dockerfile") => "dockerfile",
        _ => return None,
    })
}

/// Named by its content, so that nothing is there twice.
fn write(corpus: &Path, target: &str, bytes: &[u8]) -> io::Result<()> {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    let name = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    fs::write(folder.join(format!("{name:016x}")), bytes)
}

fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let all = fs::read_dir(of)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    Ok(all.into_iter().filter(|path| path.is_dir()).collect())
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}
