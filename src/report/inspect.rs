//! The resolved picture: environments with their servers, clients, links and outcomes; as text and as JSON
//! (schema `redislint-inspect/1`). Passwords are masked wherever [`crate::secrets`] marked them.
