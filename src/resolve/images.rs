//! What each image does with its variables, command and mounted files (facts.md §4), as a readable table.
