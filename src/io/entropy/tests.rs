use super::*;

#[test]
fn what_is_taken_is_wiped_and_the_rest_stays() {
    let mut block = Block::EMPTY;
    assert!(block.is_guarded());
    block.bytes = std::array::from_fn(|index| index as u8 | 1);
    block.used = 0;
    let whole = block.bytes;
    let mut used = 0;
    // Keys, nonces, and lengths that nothing asks for.
    for len in [4, 16, 4, 4, 1, 0, 3, 5, 4] {
        let mut target = vec![0; len];
        block.take(&mut target).unwrap();
        assert_eq!(target, whole[used..used + len]);
        used += len;
        assert_eq!(block.used, used);
        assert_eq!(block.bytes[..used], vec![0; used]);
        assert_eq!(block.bytes[used..], whole[used..]);
    }
}

#[test]
fn a_block_is_used_up_and_fetched_anew() {
    let mut block = Block::EMPTY;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 * Block::LEN / 16 {
        let mut nonce = [0; 16];
        block.take(&mut nonce).unwrap();
        assert!(seen.insert(nonce));
    }
    assert_eq!(block.used, Block::LEN);
    assert_eq!(block.bytes, [0; Block::LEN]);
}
