//! Violations of the protocol that can be tolerated.

/// Violations of the protocol that occur in practice and can be tolerated. Default: none is.
///
/// [`Connection::leniency_used`](crate::Connection::leniency_used) returns those that a peer has
/// made use of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leniency {
    /// A server accepts frames that are not masked, for which §5.1 has it close the connection.
    pub unmasked_frames: bool,
    /// A client accepts frames that are masked, for which §5.1 has it close the connection.
    pub masked_frames: bool,
    /// Close codes 1016–2999, which are reserved and unassigned, are accepted (§7.4.2). The answer
    /// repeats the code, which a strict peer would not accept from this side.
    pub unassigned_close_codes: bool,
    /// Lines of an HTTP head may end in LF without CR (RFC 9112 §2.2 lets a recipient do so).
    pub bare_lf: bool,
    /// A status line may end after the status code, without its second space (RFC 9112 §4).
    pub missing_reason: bool,
    /// A server accepts a `Sec-WebSocket-Key` of another length than 16 bytes (§4.1), as some charging
    /// stations and telephones send it. It has to be base64 all the same.
    pub any_key_length: bool,
    /// A server accepts subprotocols whose names are not tokens, such as `name.v1:compact` (§4.1): all
    /// visible ASCII without commas. A client offers them by
    /// [`any_subprotocol`](crate::handshake::ClientRequest::any_subprotocol), whatever this is.
    pub any_subprotocol: bool,
    /// A `Sec-WebSocket-Extensions` or `Sec-WebSocket-Protocol` without an element, such as an empty
    /// one, counts as missing, in requests and in responses. Both are lists of one or more, so §4.1
    /// and §4.2.1 have the handshake fail (RFC 9110 §5.6.1.2).
    pub empty_lists: bool,
    /// A client goes on with a server that agrees to permessage-deflate and does not confirm
    /// `server_no_context_takeover` or `server_max_window_bits` as the offer asked, for which
    /// RFC 7692 §7.1 has the handshake fail. What the server did not promise is not counted on: its
    /// messages may refer to earlier ones, and as far back as the window that it stated, or 32 KiB.
    pub unconfirmed_deflate: bool,
    /// Text messages are not checked for UTF-8, for which §8.1 has the connection fail. They are
    /// delivered as [`Event::Binary`](crate::Event::Binary), so that nothing is taken for text that
    /// may be none; with [`Delivery::Streaming`](crate::Delivery::Streaming) they begin with
    /// `MessageStart(Text)`, and the chunks are unchecked. This is for proxies that leave the check
    /// to somebody else. What this side sends as text, and the reasons of Close frames, are checked
    /// all the same. As nobody looks, it is not known which peer made use of this: it is never in
    /// [`leniency_used`](crate::Connection::leniency_used).
    pub unchecked_text: bool,
}

impl Leniency {
    /// Every violation with its name in all languages, and whether it is tolerated, to be read or
    /// changed. The names are those of the vectors of `conformance/`, and never change.
    ///
    /// ```
    /// # use websocket_proto::Leniency;
    /// let wanted = ["bare-lf", "missing-reason"];
    /// let mut leniency = Leniency::default();
    /// for (name, is_tolerated) in leniency.by_name() {
    ///     *is_tolerated = wanted.contains(&name);
    /// }
    /// # assert!(leniency.bare_lf && leniency.missing_reason && !leniency.masked_frames);
    /// ```
    pub fn by_name(&mut self) -> impl Iterator<Item = (&'static str, &mut bool)> {
        let Self {
            unmasked_frames,
            masked_frames,
            unassigned_close_codes,
            bare_lf,
            missing_reason,
            any_key_length,
            any_subprotocol,
            empty_lists,
            unconfirmed_deflate,
            unchecked_text,
        } = self;
        [
            ("unmasked-frames", unmasked_frames),
            ("masked-frames", masked_frames),
            ("unassigned-close-codes", unassigned_close_codes),
            ("bare-lf", bare_lf),
            ("missing-reason", missing_reason),
            ("any-key-length", any_key_length),
            ("any-subprotocol", any_subprotocol),
            ("empty-lists", empty_lists),
            ("unconfirmed-deflate", unconfirmed_deflate),
            ("unchecked-text", unchecked_text),
        ]
        .into_iter()
    }
}
