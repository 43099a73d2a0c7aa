//! A server as those see it who are outside its network: by the port that is published.

use crate::model::{Published, Server};

/// The server behind a published port, for whoever connects to `name` on the machine that publishes it; `None`: the port
/// leads to something else in the container, or its number is not known.
#[must_use]
pub fn behind(server: &Server, port: &Published, name: &str) -> Option<Server> {
    let number: u16 = port.host_port.as_ref()?.as_str().parse().ok()?;
    let plain = server.port.is_some() && port.container_port == server.port;
    let tls = server.tls_port.is_some() && port.container_port == server.tls_port;
    (plain || tls).then(|| Server {
        port: plain.then_some(number),
        tls_port: tls.then_some(number),
        ..by_name(server, name)
    })
}

/// The server under another name. Its health check, its mounts and what it publishes are judged where it runs.
#[must_use]
pub fn by_name(server: &Server, name: &str) -> Server {
    Server {
        names: vec![name.to_owned()],
        published: Vec::new(),
        healthcheck: None,
        mounts: Vec::new(),
        variables: Vec::new(),
        ..server.clone()
    }
}
