//! SHA-256 in hexadecimal, for comparing a client's password with `user app #<digest>`.
//!
//! Bytes in, 64 hexadecimal digits out (FIPS 180-4); not meant for anything that has to run in constant time.

/// The digest as Redis writes it: lower-case hexadecimal.
#[must_use]
pub fn hex_digest(message: &[u8]) -> String {
    let mut bytes = message.to_vec();
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend((message.len() as u64 * 8).to_be_bytes());

    let mut state: [u32; 8] = std::array::from_fn(|at| fraction(PRIMES[at].sqrt()));
    for block in bytes.chunks_exact(64) {
        compress(&mut state, block);
    }
    state.map(|word| format!("{word:08x}")).concat()
}

#[allow(clippy::many_single_char_names, reason = "the names of FIPS 180-4")]
fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut words = [0u32; 64];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    for at in 16..64 {
        let (early, late) = (words[at - 15], words[at - 2]);
        let one = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
        let two = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
        words[at] = words[at - 16].wrapping_add(one).wrapping_add(words[at - 7]).wrapping_add(two);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for at in 0..64 {
        let sum = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let one =
            h.wrapping_add(sum).wrapping_add(choice).wrapping_add(fraction(PRIMES[at].cbrt())).wrapping_add(words[at]);
        let sum = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let two = sum.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(add);
    }
}

/// The constants of SHA-256 are the first 32 bits behind the point of the roots of these primes; a double holds
/// them exactly (the integer part needs at most five bits of the 53).
const PRIMES: [f64; 64] = [
    2., 3., 5., 7., 11., 13., 17., 19., 23., 29., 31., 37., 41., 43., 47., 53., 59., 61., 67., 71., 73., 79., 83., 89.,
    97., 101., 103., 107., 109., 113., 127., 131., 137., 139., 149., 151., 157., 163., 167., 173., 179., 181., 191.,
    193., 197., 199., 211., 223., 227., 229., 233., 239., 241., 251., 257., 263., 269., 271., 277., 281., 283., 293.,
    307., 311.,
];

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the fraction times 2^32 fits a u32")]
fn fraction(root: f64) -> u32 {
    (root.fract() * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::hex_digest;

    #[test]
    fn published_vectors() {
        assert_eq!(hex_digest(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex_digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(
            hex_digest(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
    }
}
