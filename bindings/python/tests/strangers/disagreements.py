"""What `websockets` and `wsproto` do differently, by the vectors that show it."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Disagreement:
    """One difference. `vectors` has a pattern of ids for each implementation that differs."""

    name: str
    vectors: dict[str, str]
    theirs: str
    ours: str
    why: str
    # Whether the connection fails in both, and only with a later byte.
    late: bool = False

    def names(self, peer, vector_id):
        pattern = self.vectors.get(peer)
        return pattern is not None and re.fullmatch(pattern, vector_id) is not None


def both(pattern):
    return {"websockets": pattern, "wsproto": pattern}


HEADS = [
    Disagreement(
        "bad-request-not-answered",
        {
            "websockets": r"H13c-\d|H14b|H16a-6|H18-\d|H18b|H19-\d|H19b|H20a-\d|H21-\d|H23[bc]"
            r"|H29b-([1-7]|9|10)|H34-2|H38b"
        },
        "Closes without an answer when a request cannot be parsed.",
        "Answers 400.",
        "§4.2.1: a server returns an HTTP response with an appropriate code, such as 400.",
    ),
    Disagreement(
        "line-checked-at-its-end",
        {"websockets": r"H16b-\d|H34-[134]", "wsproto": r"H16b-\d|H34-[24]"},
        "Checks a line when all of it has arrived, or a head when it is complete.",
        "Fails at the byte that breaks the rule.",
        "No document says when. What is not HTTP may never have an end of a line.",
        late=True,
    ),
    Disagreement(
        "host-not-checked",
        {"websockets": r"H17a-\d+|H17b", "wsproto": r"H17a-([3-9]|1\d)"},
        "Leaves the Host header to the caller: websockets takes a request with none or two, and "
        "both take values that are no host.",
        "Answers 400.",
        "§4.2.1 and RFC 9112 §3.2: a request without a valid Host header, or with two, is answered "
        "with 400.",
    ),
    Disagreement(
        "target-not-checked",
        {"websockets": r"H16a-([1-5]|[7-9]|10)", "wsproto": r"H16a-([2-5]|[7-9]|10)"},
        "Shows the application a target that is neither a path nor an HTTP URL, or has a fragment.",
        "Answers 400.",
        "§3 and RFC 9112 §3.2: the target is a path or an absolute URL, and has no fragment.",
    ),
    Disagreement(
        "other-upgrades",
        {"websockets": r"H09-[13]", "wsproto": r"H09-[12]"},
        "Refuses a request that names websocket among other protocols to upgrade to.",
        "Accepts it.",
        "§4.2.1 asks for a header that contains the value; RFC 9110 §7.8 makes it a list.",
    ),
    Disagreement(
        "key-not-checked",
        {"wsproto": r"H03-\d|H04-[23]|H05a-\d+|H05b", "websockets": r"H05b"},
        "wsproto accepts a key that is empty, no base64, of another length, or there twice. Both "
        "accept one whose unused bits are set.",
        "Answers 400.",
        "§4.2.1: the key decodes to 16 bytes; §11.3.1: it is there once. RFC 4648 §3.5 leaves it "
        "to the decoder whether unused bits count.",
    ),
    Disagreement(
        "status-of-refusal",
        {
            "websockets": r"H07a-\d|H10-[456]|H12-[45]",
            "wsproto": r"H07a-\d|H07b-[345679]|H10-\d|H12-\d|H14a-\d|H42e-\d",
        },
        "Refuses a request for its version, method or upgrade with 400, where this crate says 426 "
        "or 405. wsproto sends 426 without Upgrade, and also for a version that is malformed.",
        "Says 426 with the version and Upgrade, 405 with Allow, or 400 for what is malformed.",
        "§4.2.2 and §4.4: for another version 426, with the one that is spoken; RFC 9110 §15.5.22 "
        "and §15.5.6: 426 has Upgrade, and 405 has Allow. For other faults §4.2.1 leaves the code "
        "to the server.",
    ),
    Disagreement(
        "body-after-head",
        {"websockets": r"H14a-2|H42e-2"},
        "Answers HEAD with a body.",
        "Answers without one.",
        "RFC 9110 §9.3.2: a server must not send content in the response to HEAD.",
    ),
    Disagreement(
        "version-twice",
        {"wsproto": r"H07b-8"},
        "Takes the last of two versions.",
        "Answers 400.",
        "§11.3.5: the header must not appear more than once in a request.",
    ),
    Disagreement(
        "versions-of-http",
        {"websockets": r"H13b|R05a-6", "wsproto": r"H13a|H13c-[23]|R05d|R09a-7"},
        "wsproto upgrades from any version of HTTP; websockets knows 1.1 alone, also in a refusal.",
        "Takes 1.1 and later minor versions, and reports a refusal by 1.0.",
        "§4.2.1 asks for 1.1 or higher, and RFC 9110 §7.8 has Upgrade ignored in 1.0; "
        "§2.5: a later minor version is treated as the one that is known.",
    ),
    Disagreement(
        "empty-line-first",
        both(r"H23a"),
        "Fails for an empty line before the request.",
        "Ignores one.",
        "RFC 9112 §2.2: a server should ignore at least one.",
    ),
    Disagreement(
        "lax-lines",
        {"wsproto": r"H19-\d|H19b|H20a-\d|H21-[235]|R09b|R10a-[125]"},
        "h11 joins continued lines, takes LF for CR LF, and control characters in values.",
        "Answers 400; a client fails.",
        "RFC 9112 §5.2: a server rejects continued lines, or joins them, outside of media types; "
        "§2.2 allows LF alone; RFC 9110 §5.5: control characters are invalid and may be kept only "
        "in safe contexts.",
    ),
    Disagreement(
        "subprotocols-not-checked",
        {"websockets": r"H26b-5", "wsproto": r"H26a-[12]|H26b-[1-7]|H26e-\d"},
        "Both take a subprotocol that is offered twice; wsproto also takes what is no token, and "
        "lists empty elements.",
        "Answers 400; empty elements do not count.",
        "§4.1: the elements are tokens and unique; RFC 9110 §5.6.1: empty ones are ignored.",
    ),
    Disagreement(
        "subprotocol-not-ascii",
        {"wsproto": r"H26b-8"},
        "Raises UnicodeDecodeError out of `receive_data`.",
        "Answers 400.",
        "§4.2.1: a request that does not match is answered with an HTTP error.",
    ),
    Disagreement(
        "body-of-request",
        {"websockets": r"H29b-8", "wsproto": r"H29b-[1245678]"},
        "wsproto accepts a request with a body, which it loses with the frames that follow it; "
        "websockets accepts two headers that say that there is none.",
        "Answers 400.",
        "RFC 9112 §6.3: otherwise the body would be read as frames. RFC 9110 §8.6 allows a "
        "repeated length to be taken for one.",
    ),
    Disagreement(
        "input-before-the-answer",
        {"websockets": r"H31[abc]|H32[ab]", "wsproto": r"H31[ab]"},
        "websockets reads what follows a request as frames before the application has answered: "
        "messages of a client that is not accepted are delivered, and after a violation "
        "`send_response` raises AssertionError. wsproto loses these bytes when it accepts.",
        "Holds them, within a limit, and reads them as frames once the request is accepted.",
        "§4.1: a client waits for the answer. §4.2.2: the connection is open from then on.",
    ),
    Disagreement(
        "client-has-gone",
        {"wsproto": r"H36b"},
        "Accepts a request after the end of the stream.",
        "Refuses the call: the connection has ended.",
        "§7.1.4: the connection is closed.",
    ),
    Disagreement(
        "two-origins",
        {"websockets": r"H37b-9"},
        "Refuses a request with two Origin headers.",
        "Shows it to the application, whose policy rejects it.",
        "RFC 6454 §7.3: a client must not send two. §10.2 leaves the check to the server.",
    ),
    Disagreement(
        "status-of-rejection",
        {"websockets": r"H39b-\d", "wsproto": r"H39b-[34]"},
        "Lets the application reject with any status; wsproto with one of 2xx.",
        "Refuses the call for one of 1xx or 2xx.",
        "§4.2.2: a rejection has an appropriate HTTP error code.",
    ),
    Disagreement(
        "reserved-headers",
        both(r"H40-[123]"),
        "Lets the application add a second Sec-WebSocket-Accept, Upgrade or Connection.",
        "Refuses the call.",
        "§4.2.2 says what these headers are; a client fails for two accept values (§11.3.3).",
    ),
    Disagreement(
        "names-of-headers",
        {"websockets": r"H40-6"},
        "Sends a header whose name has a line break in it.",
        "Refuses the call.",
        "RFC 9110 §5.1: a name is a token. The line after the break is a header of its own.",
    ),
]

RESPONSES = [
    Disagreement(
        "interim-responses",
        both(r"R05[efgh](-\d)?"),
        "Takes the first response of 1xx for a refusal; wsproto then opens the connection after all.",
        "Reads past as many as are reasonable.",
        "RFC 9110 §15.2: a client must be able to parse them before the final response.",
    ),
    Disagreement(
        "cut-refusal",
        both(r"R05b-[23]"),
        "Has no response to show when the stream ends inside the body of a refusal.",
        "Shows it with what has arrived.",
        "RFC 9112 §8: a response that is cut is incomplete; its status and headers are known.",
    ),
    Disagreement(
        "response-headers-twice",
        {"wsproto": r"R02a-4|R08a-[56]"},
        "Takes the last of two Sec-WebSocket-Accept or Sec-WebSocket-Protocol headers.",
        "Fails.",
        "§11.3.3 and §11.3.4: neither may appear more than once in a response.",
    ),
    Disagreement(
        "zones-and-http-urls",
        {"websockets": r"R14a-(9|1[0-3])"},
        "Sends the zone of an IPv6 address in Host, and refuses URLs of http and https.",
        "Leaves the zone out, and takes http for ws.",
        "RFC 6874 §1: a zone means nothing to others, and should not be sent. RFC 6455 §3 has ws "
        "and wss; the URL Standard takes the others, as browsers do.",
    ),
    Disagreement(
        "lax-urls",
        {"websockets": r"R14b-(9|1[0-3]|18|19|21|22)"},
        "Connects to a URL with a space or backslash in its host or path, port 0, an empty "
        "fragment, or a control character in the user's name.",
        "Refuses it.",
        "§3 and RFC 3986: these are no URLs, or have a fragment. What reads them differently can "
        "be made to talk to another host.",
    ),
    Disagreement(
        "user-without-password",
        {"websockets": r"R14c-3"},
        "Refuses a URL with a user and no password.",
        "Sends the user with an empty password.",
        "RFC 7617 §2 allows either to be empty.",
    ),
    Disagreement(
        "path-as-it-is",
        {"websockets": r"R14d-[345]"},
        "Sends a path with a space, or other characters that must be escaped, as it is.",
        "Escapes them.",
        "RFC 9112 §3.2: a target contains no spaces; a server sees a request line of four parts.",
    ),
]

NEGOTIATION = [
    Disagreement(
        "space-beside-equals",
        {
            "websockets": r"E03-(7|8|25|26)|A04a-(6|14)",
            "wsproto": r"E03-(7|8|25|26)|A04a-(6|14)",
        },
        "Takes a space before the value of a parameter.",
        "Declines the offer; a client fails.",
        "§4.3 and §9.1 have the grammar of RFC 2616, with the rule that white space may stand "
        "between any two words: they are right, and this crate is stricter.",
    ),
    Disagreement(
        "values-that-are-no-tokens",
        {"websockets": r"E03-(10|15|16|17|28|33|34|35)|E05[cd]|E06-[3478]|E08-3|E10a-5|E12a-4"},
        "Answers 400 if any parameter of any extension has a value that is empty, or that is no "
        "token between its quotes.",
        "Declines the offer, and goes on.",
        "§9.1: a value that does not match the grammar fails the connection, so 400 is right. RFC "
        "7692 §5.1 has a server decline what it does not accept; this crate does so for values.",
    ),
    Disagreement(
        "empty-elements",
        {"websockets": r"E11-5"},
        "Answers 400 if one of several lines of extensions has only empty elements.",
        "Reads all lines as one list.",
        "§11.3.2: lines are one list; RFC 2616 §2.1: empty elements do not count.",
    ),
    Disagreement(
        "extensions-unread",
        {"websockets": r"E13b", "wsproto": r"E13b|E13-\d+|E05b-\d|E13c-[15]"},
        "Does not check the grammar of extensions: websockets where it has none to agree to, "
        "wsproto never.",
        "Answers 400; a client fails.",
        "§9.1: a value that does not match the grammar fails the connection.",
    ),
    Disagreement(
        "parameters-by-prefix",
        {
            "wsproto": r"E03-([569]|10|15|16|17|18|23|24|27|28|33|34|35|36)|E04|E06-\d|E07-\d"
            r"|A04a-(7|15)|A04b-\d|A04c|A05-[1-6]|A06a-\d"
        },
        "Looks only at how a parameter begins: takes unknown and repeated ones, flags with a "
        "value, numbers as Python reads them, and windows larger than were offered.",
        "Declines the offer; a client fails.",
        "RFC 7692 §7.1: an offer or a response with an unknown or repeated parameter, or an "
        "invalid value, is declined or fails.",
    ),
    Disagreement(
        "window-larger-than-answered",
        {"wsproto": r"E02a-[124]", "websockets": r"E02a-4"},
        "Names a window of 15 bits for the client in its answer.",
        "Leaves it out, which means the same.",
        "RFC 7692 §7.1.2.2 allows both.",
    ),
    Disagreement(
        "first-offer",
        {"wsproto": r"E09-[2-9]|E11-3"},
        "Answers with the parameters of all offers of permessage-deflate, or of the last.",
        "Takes the first that is acceptable.",
        "RFC 7692 §5.1: a server accepts one of the offers, in the order of the client's preference.",
    ),
    Disagreement(
        "quoted-values",
        {"wsproto": r"E05a-\d|E05c"},
        "Raises ValueError for a value in quotes.",
        "Reads it.",
        "§9.1: the value of a parameter may be quoted.",
    ),
    Disagreement(
        "windows-that-raise",
        {"wsproto": r"A04a-([1-5]|[89]|1[0-3]|16)|A04d-[23]|A05-[78]"},
        "Raises ValueError or IndexError out of `receive_data`, also for a window of 8 bits.",
        "Fails the handshake; a window of 8 bits is agreed to.",
        "RFC 7692 §7.1.2: windows are 8 to 15 bits; anything else fails the connection.",
    ),
    Disagreement(
        "response-twice",
        {"wsproto": r"A02-[12]"},
        "Takes a response that names permessage-deflate twice.",
        "Fails.",
        "RFC 7692 §5.1: a response must not name the extension more than once.",
    ),
]

FRAMES = [
    Disagreement(
        "checked-with-the-frame",
        {
            "websockets": r"F01[a-h]-\d+|F02-\d+|F05a-\d+|U06[ab]-\d+",
            "wsproto": r"F01[a-h]-\d+|F06c-[34]|U06[ab]-([7-9]|1[012])",
        },
        "websockets checks a header and text when the whole frame has arrived, wsproto a header "
        "with its second byte or its length, and text with the byte after one that fails.",
        "Fails at the byte that breaks the rule.",
        "§5.2 to §5.5 and §8.1 say that the connection fails, and not when. Waiting holds a "
        "payload that is never delivered.",
        late=True,
    ),
    Disagreement(
        "longer-form-taken",
        {"websockets": r"F06[ac]-\d"},
        "Accepts a payload length in more bytes than it needs.",
        "Fails.",
        "§5.2: the minimal number of bytes must be used.",
    ),
    Disagreement(
        "top-bit-of-length",
        {"websockets": r"F07a-\d"},
        "Closes with 1009 for a length with its top bit set.",
        "Closes with 1002.",
        "§5.2: the top bit must be 0, so it is no length.",
    ),
    Disagreement(
        "no-limits",
        {"websockets": r"F19[ab]", "wsproto": r"F19[ab]|F07b-\d"},
        "Neither has a limit on the fragments of a message, and wsproto none on frames: it "
        "delivers parts.",
        "Fails at the limit.",
        "§10.4 leaves limits to the implementation.",
    ),
    Disagreement(
        "limit-for-what-is-sent",
        {"websockets": r"F08f|D12a-([1-579]|1[135])|D12b-[13]|D12[cd]|D13a-\d"},
        "Applies the limit on messages to the payloads of control frames, and to payloads before "
        "they are inflated.",
        "Applies it to messages, inflated.",
        "§10.4 leaves limits to the implementation; RFC 7692 §8 is about what is inflated. A ping "
        "has to be answered (§5.5.2).",
    ),
    Disagreement(
        "close-between-fragments",
        {"websockets": r"F17|D10c"},
        "Fails with 1002 for a Close frame between the fragments of a message.",
        "Reports and answers it.",
        "§5.4: control frames may come in the middle of a fragmented message, and Close is one "
        "(§5.5).",
    ),
    Disagreement(
        "reads-ahead",
        {"websockets": r"F29a|T12"},
        "Parses all of a read before the application sees its first event, so that a message "
        "cannot be answered if the same read ends in a violation.",
        "Shows one event after the other, and the answer goes out first.",
        "§7.1.7 does not say when the connection fails.",
    ),
    Disagreement(
        "control-after-close",
        {"websockets": r"F25|C11e"},
        "Sends pings, and answers them, after its own Close frame.",
        "Sends nothing after it.",
        "§5.5.1 forbids only data frames after it. The peer need not read any more (§1.4).",
    ),
    Disagreement(
        "answer-to-close-checked",
        both(r"C02b-\d|C05b-\d"),
        "Fails for an answer to its Close frame with a code or payload that must not be sent.",
        "Has completed the exchange, and notes the fault.",
        "§7.1.4 asks only for both frames; §7.1.7 allows failing.",
    ),
    Disagreement(
        "code-that-nobody-may-send",
        {"websockets": r"C05-[1-57]|C06a-\d|C08-\d"},
        "Ends with 1006 after a Close frame with a code that must not be sent.",
        "Ends with the code of that frame.",
        "§7.1.5: the code of the connection is the one in the first Close frame that arrived.",
    ),
    Disagreement(
        "code-1014",
        {"wsproto": r"C04-3"},
        "Fails for a Close frame with 1014.",
        "Reports it.",
        "§11.7: 1014 is in the registry, for gateways that received an invalid response.",
    ),
    Disagreement(
        "close-not-checked",
        {"wsproto": r"C11[ab]-\d"},
        "Sends a Close frame with any code, and cuts a reason that is too long.",
        "Refuses the call.",
        "§7.4: some codes must not be sent; §5.5: a control frame has at most 125 bytes.",
    ),
]

DEFLATE = [
    Disagreement(
        "bad-data-as-1002",
        {"websockets": r"D02|D03b|D08-([4-9]|1\d)|D14b|D18b|U09c-\d"},
        "Closes with 1002 for data that cannot be inflated.",
        "Closes with 1007.",
        "RFC 7692 has no code for it. §7.4.1 of RFC 6455: 1007 is for data that is not what the "
        "type of the message says.",
    ),
    Disagreement(
        "final-block",
        both(r"D03a|D04[ac]|D20b"),
        "Has stopped inflating after a block that is marked as the last: what follows in the "
        "message is lost, and later messages are empty in websockets and fail in wsproto.",
        "Inflates on.",
        "RFC 7692 §7.2.3.4: a compressor may mark blocks so, and the message and connection go on.",
    ),
    Disagreement(
        "unfinished-data",
        both(r"D04b-\d|D06[abcd]|D08-[123]|D20a"),
        "Delivers what could be inflated of a payload that ends inside a block, or goes on after "
        "the last one with what is none.",
        "Fails.",
        "RFC 7692 §7.2.2: the payload with the tail is inflated, and that is no valid data "
        "(RFC 1951 §3.2).",
    ),
    Disagreement(
        "empty-blocks",
        both(r"D13c"),
        "Has no limit on empty blocks that are marked as the last.",
        "Fails at a limit.",
        "RFC 7692 §7.2.3.4 allows them; each costs a restart of the inflater.",
    ),
    Disagreement(
        "ping-in-compressed-message",
        {"wsproto": r"D10[ab]|D19-\d+"},
        "Takes the fragments of a compressed message after a ping for uncompressed ones.",
        "Inflates them.",
        "§5.4: control frames may come between fragments; RFC 7692 §6.1: only the first one of a "
        "message has RSV1.",
    ),
    Disagreement(
        "distance-in-window",
        {"wsproto": r"D14a"},
        "Whether a distance beyond the window that was agreed on fails depends on the reads.",
        "Inflates it within a message.",
        "RFC 7692 §7.1.2: a compressor must not send it; nobody has to check.",
    ),
]

DISAGREEMENTS = [*HEADS, *RESPONSES, *NEGOTIATION, *FRAMES, *DEFLATE]
