//! MD5 (RFC 1321), for `md5` and `hash_bucket`.

pub(super) fn hexadecimal(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let bits = bytes.len() as u64 * 8;
    bytes.push(0x80);
    while bytes.len() % 64 != 56 {
        bytes.push(0);
    }
    bytes.extend(bits.to_le_bytes());
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in bytes.chunks(64) {
        let words: Vec<u32> = block
            .chunks(4)
            .map(|w| u32::from_le_bytes(w.try_into().unwrap()))
            .collect();
        round(&mut state, &words);
    }
    let bytes = state.iter().flat_map(|word| word.to_le_bytes());
    bytes.map(|b| format!("{b:02x}")).collect()
}

fn round(state: &mut [u32; 4], words: &[u32]) {
    const SHIFTS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let [mut a, mut b, mut c, mut d] = *state;
    for i in 0..64 {
        let (mixed, word) = match i / 16 {
            0 => ((b & c) | (!b & d), i),
            1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
            2 => (b ^ c ^ d, (3 * i + 5) % 16),
            _ => (c ^ (b | !d), 7 * i % 16),
        };
        let constant = (f64::sin(i as f64 + 1.0).abs() * 4_294_967_296.0) as u32;
        let sum = mixed
            .wrapping_add(a)
            .wrapping_add(constant)
            .wrapping_add(words[word]);
        let turned = b.wrapping_add(sum.rotate_left(SHIFTS[i / 16][i % 4]));
        (a, d, c, b) = (d, c, b, turned);
    }
    for (s, x) in state.iter_mut().zip([a, b, c, d]) {
        *s = s.wrapping_add(x);
    }
}

#[test]
fn the_vectors_of_the_language() {
    assert_eq!(hexadecimal(""), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(super::functions::bucket("1001", 10_000, "exp_a"), 6872);
    assert_eq!(
        super::functions::bucket("cust_00042", 10_000, "exp_a"),
        1643
    );
    assert_eq!(super::functions::bucket("Ünïcode", 10_000, "exp_a"), 9967);
}
