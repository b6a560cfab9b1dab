//! Ways of playing the same input, which have to come to the same.

/// The ways to play. Replaying plays them all. The fuzzer plays one, drawn by a number that the input
/// has: the next inputs draw the others, and each of them is as likely to find something new as
/// another way of the same input.
pub(crate) fn drawn<W>(draw: usize, mut ways: Vec<W>) -> Vec<W> {
    if cfg!(fuzzing) { vec![ways.swap_remove(draw % ways.len())] } else { ways }
}
