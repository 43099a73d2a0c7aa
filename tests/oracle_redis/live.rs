//! The real side of the comparison: servers started on the loopback interface, and a connection that speaks RESP.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::catalogue::{Setting, Setup};
use crate::ours::Scene;

pub fn argv(setup: &Setup, port: &str, folder: &str) -> Vec<String> {
    let mut argv = Vec::new();
    if setup.conf.is_some() {
        argv.push("@/redis.conf");
    }
    argv.extend(["--port", port, "--save", ""]);
    if setup.acl.is_some() {
        argv.extend(["--aclfile", "@/users.acl"]);
    }
    argv.extend(setup.arguments.iter().map(String::as_str));
    argv.iter().map(|word| word.replace('@', if word.starts_with("@/") { folder } else { "@" })).collect()
}

/// A server of ours, ended with this value together with all that it started.
pub struct Live {
    child: Child,
    pub port: u16,
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ =
            Command::new("kill").args(["-9", "--", &format!("-{}", self.child.id())]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// Starts a server; `None`: it refuses.
pub fn start(program: &Path, setup: &Setup, folder: &Path) -> Option<Live> {
    let write = |name: &str, body: Option<&str>| {
        if let Some(body) = body {
            std::fs::write(folder.join(name), body).expect("a temporary folder");
        }
    };
    write("redis.conf", setup.conf.as_deref());
    write("users.acl", setup.acl.as_deref());
    let launch = Launch::new(program, folder);
    let mut command = Command::new(program);
    command.args(argv(setup, &launch.port.to_string(), &folder.display().to_string()));
    launch.start(&mut command)
}

/// A port that nobody uses: below those that the system gives to outgoing connections, and elsewhere in each process.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    loop {
        let nth = std::process::id().wrapping_mul(331).wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(nth % 20_000).expect("a small number");
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
}

/// How a server is started: in which folder, and on which port.
pub struct Launch<'a> {
    program: &'a Path,
    folder: &'a Path,
    port: u16,
}

impl<'a> Launch<'a> {
    pub fn new(program: &'a Path, folder: &'a Path) -> Self {
        Self { program, folder, port: free_port() }
    }

    /// Runs a command in which `@` stands for the folder and `6379` for the port, and `redis-server` is the program.
    pub fn scene(&self, scene: &Scene) -> Option<Live> {
        let bin = self.folder.join(".bin");
        std::fs::create_dir(&bin).expect("a temporary folder");
        let program = std::fs::canonicalize(which(self.program)).expect("a server program");
        std::os::unix::fs::symlink(program, bin.join("redis-server")).expect("a link");
        let real = |text: &str| {
            text.replace("@/", &format!("{}/", self.folder.display())).replace("6379", &self.port.to_string())
        };
        for (name, body) in scene.files {
            let path = self.folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a temporary folder");
            std::fs::write(path, real(body)).expect("a temporary folder");
        }
        let words: Vec<String> = scene.command.iter().map(|word| real(word)).collect();
        let path = format!("{}:/usr/bin:/bin", bin.display());
        // The name is looked up in the path of the new process.
        let mut command = Command::new("/usr/bin/env");
        command.args(["-i", &format!("PATH={path}")]);
        command.args(scene.environment.iter().map(|(name, value)| format!("{name}={value}"))).args(words);
        self.start(&mut command)
    }

    fn start(&self, command: &mut Command) -> Option<Live> {
        let child = command
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a server program");
        let mut live = Live { child, port: self.port };
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            // A server that will refuse its ACL file listens before it says so: only a reply counts.
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok_and(|stream| Resp::over(stream).replies()) {
                return Some(live);
            }
            if live.child.try_wait().expect("a child").is_some() {
                return None;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} neither starts nor refuses: {command:?}", self.program.display());
    }
}

/// A program by its name alone, as the path has it.
fn which(program: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.exists());
    found.unwrap_or_else(|| program.to_owned())
}

/// A connection that speaks RESP as far as this test needs it.
pub struct Resp(BufReader<TcpStream>);

impl Resp {
    pub fn open(port: u16) -> Self {
        Self::over(TcpStream::connect(("127.0.0.1", port)).expect("a server"))
    }

    /// Whether the other end answers at all.
    fn replies(&mut self) -> bool {
        let mut line = String::new();
        self.0.get_mut().write_all(b"*1\r\n$4\r\nPING\r\n").is_ok()
            && self.0.read_line(&mut line).is_ok_and(|read| read > 0)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        Self(BufReader::new(stream))
    }

    /// Sends a command and returns the reply; replies longer than one line only by their first.
    pub fn call(&mut self, words: &[&str]) -> String {
        let mut out = format!("*{}\r\n", words.len());
        for word in words {
            out.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.get_mut().write_all(out.as_bytes()).expect("a connection");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a reply");
        // HELLO answers with a map of flat values (and an empty list of modules).
        if let Some(pairs) = line.strip_prefix('%') {
            self.skip(2 * pairs.trim().parse::<usize>().expect("a count"));
        }
        line.trim_end().to_owned()
    }

    /// Sends a command and returns all that comes until nothing more does.
    pub fn text(&mut self, words: &[&str]) -> String {
        let mut text = self.call(words);
        self.0.get_mut().set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let mut line = String::new();
        while self.0.read_line(&mut line).is_ok_and(|read| read > 0) {
            text += &std::mem::take(&mut line);
        }
        text
    }

    fn skip(&mut self, values: usize) {
        let mut left = values;
        while left > 0 {
            left -= 1;
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a reply");
            let count = || line[1..].trim().parse::<usize>().unwrap_or(0);
            match line.as_bytes().first() {
                Some(b'$') => {
                    let mut body = String::new();
                    self.0.read_line(&mut body).expect("a reply");
                }
                Some(b'*') => left += count(),
                Some(b'%') => left += 2 * count(),
                _ => {}
            }
        }
    }
}

/// Says what redis-py says (facts.md §1.3) and returns `PONG` or the first error.
pub fn converse(port: u16, setting: &Setting, resp3: bool) -> String {
    let mut resp = Resp::open(port);
    let Setting { user, password, .. } = setting;
    let index = setting.db.to_string();
    let mut commands: Vec<Vec<&str>> = Vec::new();
    match (resp3, user.is_empty(), password.is_empty()) {
        (false, true, true) => {}
        (false, true, false) => commands.push(vec!["AUTH", password]),
        (false, false, _) => commands.push(vec!["AUTH", user, password]),
        (true, true, true) => commands.push(vec!["HELLO", "3"]),
        (true, _, _) => {
            commands.push(vec!["HELLO", "3", "AUTH", if user.is_empty() { "default" } else { user }, password]);
        }
    }
    if setting.db > 0 {
        commands.push(vec!["SELECT", &index]);
    }
    commands.push(vec!["PING"]);
    for command in commands {
        let reply = resp.call(&command);
        // Which commands a user may call is asked after the login.
        if reply.starts_with("-NOPERM") {
            continue;
        }
        if let Some(error) = reply.strip_prefix('-') {
            // The rest of this line holds the password.
            return error.split(", with args").next().unwrap_or(error).to_owned();
        }
    }
    "PONG".to_owned()
}

/// The servers at hand with the image that stands for each.
pub fn servers() -> Vec<(PathBuf, String)> {
    let listed = std::env::var("REDISLINT_REDIS_SERVERS").unwrap_or_default();
    let mut paths: Vec<PathBuf> = listed.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(PathBuf::from("redis-server"));
    }
    let image = |path: &PathBuf| {
        let out = Command::new(path).arg("--version").output().ok()?;
        let out = String::from_utf8_lossy(&out.stdout).into_owned();
        let version = out.split("v=").nth(1)?.split_whitespace().next()?.to_owned();
        let name = if out.contains("Valkey") { "valkey/valkey" } else { "redis" };
        Some((path.clone(), format!("{name}:{version}")))
    };
    paths.iter().filter_map(image).collect()
}
