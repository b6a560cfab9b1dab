use super::*;

#[test]
fn many_messages_of_every_length_are_counted() {
    let header = |payload| if payload < 126 { 2 } else { 4 };
    for payload in [0, 125, 126, SentTally::SHORT, SentTally::SHORT + 1, 1 << 31] {
        let (mut tally, mut expected) = (SentTally::new(), Traffic::default());
        for _ in 0..20_000 {
            let len = payload + header(payload);
            tally.note_whole(payload, len);
            expected.messages += 1;
            expected.frames += 1;
            expected.payload_bytes += payload as u64;
            expected.wire_bytes += len as u64;
            assert_eq!(tally.traffic(), expected);
        }
    }
}
