//! Bugs planted into our side, each of which the comparison must catch: proof that it can fail.

use redislint::model::{Auth, Password, Product, Server, User};

/// One bug: what it does to the server as we see it, to the client's URL and to its version.
pub struct Plant {
    pub name: &'static str,
    pub server: fn(&mut Server),
    pub url: fn(&str) -> String,
    pub version: fn((u32, u32)) -> (u32, u32),
}

pub const NONE: Plant = Plant { name: "none", server: |_| {}, url: str::to_owned, version: |version| version };

pub const ALL: &[Plant] = &[
    Plant { name: "RESP3 is forgotten", version: |_| (7, 4), ..NONE },
    Plant { name: "RESP3 from the start", version: |_| (8, 0), ..NONE },
    Plant { name: "escapes are not decoded", url: |url| url.replace('%', "%25"), ..NONE },
    Plant { name: "the query is ignored", url: |url| url.split('?').next().unwrap_or(url).to_owned(), ..NONE },
    Plant { name: "user names are ignored", url: |url| url.replace("app:", ":"), ..NONE },
    Plant { name: "databases have no end", server: |server| server.databases = Some(u32::MAX), ..NONE },
    Plant { name: "directives are ignored", server: |server| server.directives.clear(), ..NONE },
    Plant { name: "Valkey is Redis", server: |server| server.product = Product::Redis, ..NONE },
    Plant { name: "`off` is ignored", server: |server| users(server, |user| user.on = true), ..NONE },
    Plant { name: "`nopass` is ignored", server: |server| users(server, |user| user.nopass = false), ..NONE },
    Plant { name: "one password a user", server: |server| users(server, |user| user.passwords.truncate(1)), ..NONE },
    Plant { name: "digests are passwords", server: |server| users(server, undigested), ..NONE },
    Plant { name: "only the default user", server: only_default, ..NONE },
];

fn users(server: &mut Server, change: fn(&mut User)) {
    for case in &mut server.auth {
        if let Auth::Users(users) = &mut case.auth {
            users.iter_mut().for_each(change);
        }
    }
}

fn undigested(user: &mut User) {
    for password in &mut user.passwords {
        if let Password::Sha256(digest) = password {
            *password = Password::Plain(digest.clone());
        }
    }
}

fn only_default(server: &mut Server) {
    for case in &mut server.auth {
        if let Auth::Users(users) = &mut case.auth {
            users.retain(|user| user.name.as_str() == "default");
        }
    }
}
