//! A container's command → the server program and its arguments, as the kernel gets them.
//!
//! Follows the image's entrypoint script and wrappers such as `env`, and hands scripts to [`script()`]. Knows nothing of
//! what the arguments mean.

use super::expand::Shell;
use super::script::script;
use crate::model::{Distribution, Product};
use crate::resolve::conditions::always;
use crate::resolve::images::Image;
use crate::resolve::project::Case;
use crate::source::Span;
use crate::text::Text;

/// What a container runs.
#[derive(Clone)]
pub(super) enum Run {
    /// A server program with its arguments.
    Server { product: Product, arguments: Vec<Text>, scripted: Option<Text>, input: Input },
    /// The image's own start script with further arguments: it configures the server from variables.
    OwnScript(Vec<Text>),
    /// Nothing that serves.
    Other,
    /// A script that was not read.
    Unknown,
    /// A program that does not exist.
    Broken { error: String, span: Span },
}

/// What comes in on the standard input, which `-` reads.
#[derive(Clone)]
pub(super) enum Input {
    /// A container's is closed.
    Nothing,
    Text(Text),
    /// The content of the file at this path.
    File(Text),
    Unknown,
}

/// Programs that run the rest of their arguments.
pub(super) const WRAPPERS: &[&str] = &[
    "exec",
    "env",
    "nohup",
    "nice",
    "tini",
    "dumb-init",
    "gosu",
    "su-exec",
    "setpriv",
    "chroot",
    "sudo",
    "stdbuf",
    "catatonit",
    "docker-init",
];

/// More wrappers or nested scripts than this are not followed.
const MAX_DEPTH: usize = 8;

/// The program a name stands for.
pub(super) fn product(program: &str) -> Option<Product> {
    match program.rsplit('/').next().unwrap_or(program) {
        "redis-server" | "redis-stack-server" | "redis-server.exe" => Some(Product::Redis),
        "valkey-server" => Some(Product::Valkey),
        "keydb-server" | "keydb-pro-server" => Some(Product::Keydb),
        "dragonfly" => Some(Product::Dragonfly),
        "redis-sentinel" | "valkey-sentinel" | "keydb-sentinel" => Some(Product::Sentinel),
        _ => None,
    }
}

/// What an argument vector runs, behind the entrypoint script of the image where it has one.
pub(super) fn run(argv: &[Text], scripted_entry: bool, image: &Image, shell: &Shell<'_>) -> Vec<Case<Run>> {
    let mut argv = argv.to_vec();
    if scripted_entry {
        argv = through_entrypoint(argv, image);
    }
    follow(&argv, image, shell, 0)
}

/// `docker-entrypoint.sh` puts the server's name before arguments that look like its own.
fn through_entrypoint(mut argv: Vec<Text>, image: &Image) -> Vec<Text> {
    let prepends = !matches!(image.distribution, Distribution::Bitnami | Distribution::Stack);
    if prepends
        && let Some(first) = argv.first()
        && (first.as_str().starts_with('-') || first.as_str().ends_with(".conf"))
    {
        let program = Text::mapped(image.traits.program, first.anchor());
        argv.insert(0, program);
    }
    argv
}

/// Whether a server says something about itself and ends.
pub(super) fn informs(arguments: &[Text]) -> bool {
    arguments.iter().any(|word| matches!(word.as_str(), "--version" | "-v" | "--help" | "-h" | "--test-memory"))
}

pub(super) fn follow(argv: &[Text], image: &Image, shell: &Shell<'_>, depth: usize) -> Vec<Case<Run>> {
    let Some(program) = argv.first().cloned() else { return always(Run::Unknown) };
    if depth > MAX_DEPTH {
        return always(Run::Unknown);
    }
    if let Some(product) = product(program.as_str()) {
        let arguments = argv[1..].to_vec();
        return always(Run::Server { product, arguments, scripted: None, input: Input::Nothing });
    }
    let name = program.as_str().rsplit('/').next().unwrap_or_default();
    let own = image.traits.command.first().is_some_and(|own| own.ends_with(".sh"));
    match name {
        "docker-entrypoint.sh" => follow(&through_entrypoint(argv[1..].to_vec(), image), image, shell, depth + 1),
        // Bitnami's entrypoint script only prepares; the run script follows as its argument.
        "entrypoint.sh" if image.distribution == Distribution::Bitnami => follow(&argv[1..], image, shell, depth + 1),
        "entrypoint.sh" | "run.sh" if own => always(Run::OwnScript(argv[1..].to_vec())),
        "sh" | "bash" | "ash" | "dash" | "zsh" => script(argv, image, shell, depth),
        "redis-cli" | "valkey-cli" | "redis-benchmark" | "sleep" | "tail" | "python" | "python3" | "celery"
        | "node" | "true" | "echo" => always(Run::Other),
        _ if WRAPPERS.contains(&name) => {
            let server = argv.iter().skip(1).position(|word| {
                product(word.as_str()).is_some() || is_shell(word.as_str()) || word.as_str().ends_with(".sh")
            });
            let Some(at) = server else { return always(Run::Unknown) };
            let mut shell = shell.clone();
            for word in argv[1..=at].iter().filter(|_| name == "env") {
                if let Some((name, _)) = word.as_str().split_once('=') {
                    let value = word.slice(name.len() + 1..word.len());
                    shell.set.insert(name.to_owned(), always(Some(value)));
                }
            }
            follow(&argv[at + 1..], image, &shell, depth + 1)
        }
        // One string in a list is the name of a program, blanks and all.
        _ if program.as_str().contains("-server ") => always(Run::Broken {
            error: format!("exec: \"{}\": executable file not found in $PATH", shown(&program)),
            span: program.span(),
        }),
        _ if program.as_str().starts_with('-') && image.distribution != Distribution::Unknown => always(Run::Broken {
            error: format!("exec: \"{}\": executable file not found in $PATH", shown(&program)),
            span: program.span(),
        }),
        _ => always(Run::Unknown),
    }
}

/// The program of a command string without what may be a password.
fn shown(program: &Text) -> String {
    let word = program.as_str().split(' ').next().unwrap_or_default();
    if word.len() == program.len() { word.to_owned() } else { format!("{word} …") }
}

pub(super) fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}
