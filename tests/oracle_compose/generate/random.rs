//! Random numbers, and texts in a random quoting.

/// Random numbers from a seed (`SplitMix64`).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn coin(&mut self) -> bool {
        self.next().is_multiple_of(2)
    }
}
/// A text as YAML, in a quoting that can hold it; a plain number or keyword is a string all the same.
pub fn yaml(random: &mut Random, text: &str) -> String {
    let simple = |char: char| char.is_alphanumeric() || "$_/.-+=@{}:?!".contains(char);
    let plain = text.chars().all(simple)
        && text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '$' || char == '/')
        && !text.ends_with(':')
        && !["true", "false", "null", "yes", "no", "y", "n", "on", "off"].contains(&text);
    match random.below(3) {
        0 if plain => text.to_owned(),
        1 => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t")),
    }
}
/// A YAML value inside `[…]`: plain texts are quoted there.
pub fn flow(value: &str) -> String {
    if value.starts_with(['"', '\'']) { value.to_owned() } else { format!("\"{value}\"") }
}
