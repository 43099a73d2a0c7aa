//! Compose facts → [`super::project::Project`]s.
