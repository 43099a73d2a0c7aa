//! Text → spanned trees and notices. Never fails, knows nothing of Redis settings or of the files' meaning.

mod builder;
pub mod docker_run;
pub mod dockerfile;
pub mod dotenv;
pub mod go_template;
pub mod makefile;
pub mod programs;
pub mod python;
pub mod redis_conf;
pub mod specifiers;
pub mod template;
pub mod url;
pub mod words;
pub mod yaml;
