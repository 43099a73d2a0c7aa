//! A failing project made as small as it stays failing.

use super::Project;

/// The smallest project in reach that still `fails`: whole files go first, then lines.
pub fn shrink(project: &Project, fails: &dyn Fn(&Project) -> bool) -> Project {
    let mut best = project.clone();
    for at in (0..best.files.len()).rev() {
        let mut less = best.clone();
        less.files.remove(at);
        if fails(&less) {
            best = less;
        }
    }
    for size in [8, 3, 1] {
        for file in 0..best.files.len() {
            let mut at = 0;
            while at < best.files[file].1.lines().count() {
                let mut less = best.clone();
                let mut lines: Vec<&str> = best.files[file].1.lines().collect();
                lines.drain(at..(at + size).min(lines.len()));
                less.files[file].1 = lines.iter().flat_map(|line| [*line, "\n"]).collect();
                if fails(&less) {
                    best = less;
                } else {
                    at += size;
                }
            }
        }
    }
    best
}
