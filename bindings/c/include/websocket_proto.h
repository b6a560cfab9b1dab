/* websocket_proto.h: the WebSocket protocol (RFC 6455) as a value.
 *
 * Received bytes go in; events, bytes to send and the next deadline come out. The library opens
 * no sockets, reads no clock, starts no threads and calls nothing of yours, unless you give it a
 * source of random bytes. It fits any loop and any TLS library. A whole connection is this:
 *
 *     wsp_connection *c = wsp_server_new(NULL, now());
 *     for (;;) {
 *         while (wsp_receive(c, now(), &event) == WSP_EVENT) {
 *             switch (event.kind) {
 *             case WSP_REQUEST: wsp_accept(c, now(), NULL); break;
 *             case WSP_TEXT: wsp_send_text(c, wsp_of(event.data, event.len)); break;
 *             }
 *         }
 *         // write what wsp_pending shows, and say how much it was by wsp_advance
 *         // do with the socket what wsp_transport says
 *         // wait for the socket, but no longer than to wsp_timeout
 *         // read into wsp_space and call wsp_filled, or call wsp_eof or wsp_handle_timeout
 *     }
 *
 * The README begins with that as a program. What holds for all calls:
 *
 * OWNERSHIP. What a `_new` gives is freed by the `_free` of the same name, which takes NULL too.
 * What a call is given it copies or has done with when it returns: bytes, configurations,
 * requests and answers can be freed or used again at once. What a call shows (wsp_bytes, the data
 * of an event) belongs to the library, and its comment says until when it is good.
 *
 * EVENTS. The bytes of an event, and what is asked of it, are good until the next *input* call on
 * the same connection: wsp_receive, wsp_space, wsp_filled, wsp_push, wsp_lend, wsp_take_back,
 * wsp_take_payload, wsp_connection_free. Sending, writing and everything else leaves them alone,
 * so an event can be answered with its own bytes.
 *
 * ANSWERS. int32_t is 0 if all is well, positive if a call has more to say, and negative for an
 * error, after which nothing has changed. Errors are in ranges, by whose mistake it is; part 10
 * has all:
 *     -1xx this call to send
 *     -2xx an answer to a request
 *     -3xx a client's request
 *     -4xx the peer's, in events and endings
 *     -9xx the use of the library, or a fault in it (WSP_ERR_PANIC)
 * Numbers are never used for anything else. wsp_name, wsp_explain and wsp_section put them in
 * words.
 *
 * NULL. A NULL that must not be is WSP_ERR_NULL. Calls that do not answer an int32_t answer with
 * 0, false, no bytes, WSP_NEVER or WSP_CLOSE_TRANSPORT then, and also for every other misuse.
 *
 * THREADS. A connection, a request, an answer and a pool are used by one thread at a time, and
 * may move to another between calls. A configuration and a prepared message are used by any
 * threads at once.
 *
 * FAULTS. A fault in the library does not end the program. The call answers WSP_ERR_PANIC, and so
 * does every later one on the same connection; wsp_transport then says to close, and
 * wsp_connection_free works.
 *
 * MEMORY. If the system has none for a `_new`, this answers NULL or an error, and there is nothing
 * to free. If there is none to send with, the message is refused, or the connection ends: see
 * WSP_SEND_OUT_OF_MEMORY. If there is none for another call on a connection, this ends with
 * WSP_OUT_OF_MEMORY: the peer is told if it can be, or the call answers WSP_ERR_OUT_OF_MEMORY and
 * so does every other that answers errors, output that waits is dropped, and WSP_ENDED is the next
 * event. A request or an answer that a call was to change answers WSP_ERR_OUT_OF_MEMORY from then
 * on: free it. A configuration and a pool stay as they were. To get that far, the library has a
 * reserve of 128 KiB for all threads, which holds what is small until it is freed. Only if even
 * that has no room for it, or a header, URL, body or head of more than 16 KiB finds no memory, the
 * program is aborted.
 *
 * TIME is in nanoseconds, of any clock that does not run backwards, from an origin of your
 * choice.
 *
 * GROWTH. Structs have room for more members: set `reserved` to 0 in those that you fill. Events
 * of kinds that you do not know can be ignored.
 *
 * C99 and C++11, and no headers but these three. */
#ifndef WEBSOCKET_PROTO_H
#define WEBSOCKET_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32) && !defined(WSP_STATIC)
#define WSP_API __declspec(dllimport)
#elif defined(__GNUC__)
#define WSP_API __attribute__((visibility("default")))
#else
#define WSP_API
#endif

#if defined(__GNUC__)
#define WSP_MUST_USE __attribute__((warn_unused_result))
#else
#define WSP_MUST_USE
#endif

/* ---- 1. Basics ------------------------------------------------------------------------------ */

/* The version of this header; wsp_version is that of the library. */
#define WSP_VERSION "0.1.0"
#define WSP_VERSION_MAJOR 0
#define WSP_VERSION_MINOR 1
#define WSP_VERSION_PATCH 0

/* A time that never comes, or a limit that there is none of. */
#define WSP_NEVER UINT64_MAX

/* Bytes or text, without a NUL at the end. `data` may be NULL if `len` is 0. What the library
 * shows has NULL if there is nothing, say no such header, which is something else than an empty
 * one. On POSIX this has the layout of struct iovec. */
typedef struct wsp_bytes {
    const uint8_t *data;
    size_t len;
} wsp_bytes;

/* These bytes. */
static inline wsp_bytes wsp_of(const void *data, size_t len) {
    wsp_bytes bytes;
    bytes.data = (const uint8_t *)data;
    bytes.len = len;
    return bytes;
}

/* The text of a C string. */
static inline wsp_bytes wsp_str(const char *text) {
    size_t len = 0;
    while (text && text[len]) len++;
    return wsp_of(text, len);
}

typedef struct wsp_config wsp_config;
typedef struct wsp_connection wsp_connection;
typedef struct wsp_request wsp_request;
typedef struct wsp_answer wsp_answer;
typedef struct wsp_prepared wsp_prepared;
typedef struct wsp_pool wsp_pool;

/* The parameters of compression (RFC 7692 section 7.1). Flags are 0 or 1, windows 8 to 15. A
 * window of 0 is 15, but in an offer: there it is left out, so 0 for the client's does not let
 * the server ask for a smaller one, and 15 does. */
typedef struct wsp_deflate {
    uint8_t server_no_context_takeover;
    uint8_t client_no_context_takeover;
    uint8_t server_max_window_bits;
    uint8_t client_max_window_bits;
    uint8_t requires_client_max_window_bits; /* a policy's: declines offers without it */
    uint8_t reserved[3];
} wsp_deflate;

/* ---- 2. Configuration ----------------------------------------------------------------------- */

/* All options at their defaults. NULL can be given wherever these are wanted. A connection takes
 * a copy of the configuration, so later changes are for later connections. */
WSP_API WSP_MUST_USE wsp_config *wsp_config_new(void);
WSP_API void wsp_config_free(wsp_config *config);

/* Sets one of these options. WSP_ERR_UNKNOWN_OPTION, WSP_ERR_BAD_VALUE, WSP_ERR_NOT_BUILT. */
WSP_API int32_t wsp_config_set(wsp_config *config, uint32_t option, uint64_t value);

/* Limits, in bytes unless something else is said. What exceeds the first five fails the
 * connection. */
#define WSP_MAX_MESSAGE 1       /* of a message, inflated: 64 MiB */
#define WSP_MAX_FRAME 2         /* of a frame: 64 MiB */
#define WSP_MAX_FRAGMENTS 3     /* fragments of a message beyond one for 16 bytes of it: 1024 */
#define WSP_MAX_HEAD 4          /* of an HTTP head: 16 KiB */
#define WSP_MAX_HEADERS 5       /* headers of an HTTP head: 128 */
#define WSP_MAX_REFUSAL_BODY 6  /* what a client keeps of the body of a refusal: 16 KiB */
#define WSP_MAX_OUTPUT 7        /* waiting output above which sending is WSP_SEND_FULL: 1 MiB */
#define WSP_FRAGMENT_SIZE 8     /* longer messages leave in fragments of this: WSP_NEVER */
#define WSP_WINDOW 9            /* what a connection makes to receive into if none is lent, and what
                                 * a smaller one grows to when it is full, below 4 GiB: 64 KiB */

/* Times, in nanoseconds. WSP_NEVER for no limit. */
#define WSP_HANDSHAKE_TIMEOUT 20 /* for the opening handshake, your decision included: 10 s */
#define WSP_CLOSE_TIMEOUT 21     /* for the closing handshake: 5 s */
#define WSP_WRITE_TIMEOUT 22     /* in which output waits and none of it is written: 120 s */
#define WSP_MESSAGE_TIMEOUT 23   /* from the first byte of a message to its last: WSP_NEVER */

/* Pings to a silent peer. All but the first turn them on. */
#define WSP_KEEPALIVE 40            /* 0 for none, 1 for the values set: 1 */
#define WSP_KEEPALIVE_INTERVAL 41   /* the silence before a ping: 30 s */
#define WSP_KEEPALIVE_TIMEOUT 42    /* the silence after it that ends the connection: 20 s */
#define WSP_KEEPALIVE_CLOSE_CODE 43 /* the code of the Close frame then: 1011 */
#define WSP_KEEPALIVE_WHEN_BUSY 44  /* 1 for a ping every interval, to measure round trips: 0 */

/* Behaviour. */
#define WSP_AUTOMATIC_PONG 60 /* 0 if you answer pings by wsp_pong: 1 */
#define WSP_STREAMING 61      /* 1 for messages in chunks: WSP_START, WSP_CHUNK ..., WSP_END: 0 */
#define WSP_LENIENCY 62       /* violations to tolerate, a sum of WSP_LENIENT_...: 0 */
#define WSP_OTHER_REQUESTS 63 /* 1 for a WSP_REQUEST also if a GET asks for no WebSocket, such as a
                               * browser's for a page; 0 to have it answered by 426: 0 */

/* Compression (RFC 7692), used if the peer agrees. All but the first turn it on. */
#define WSP_DEFLATE 80               /* 0 for none, 1 for the values set: 0 */
#define WSP_DEFLATE_LEVEL 81         /* 0 (stores) and 1 (fast) to 9 (small): 6 */
#define WSP_DEFLATE_MEMORY_LEVEL 82  /* memory to compress with, 1 to 9: 5 */
#define WSP_DEFLATE_MINIMUM 83       /* bytes of the shortest message that is compressed: 128 */
#define WSP_DEFLATE_KEEP_CONTEXTS 84 /* 1 to keep all memory between messages: 0 */

#define WSP_LENIENT_UNMASKED_FRAMES 1u        /* from a client */
#define WSP_LENIENT_MASKED_FRAMES 2u          /* from a server */
#define WSP_LENIENT_UNASSIGNED_CLOSE_CODES 4u /* 1016 to 2999 */
#define WSP_LENIENT_BARE_LF 8u                /* lines of a head without CR */
#define WSP_LENIENT_MISSING_REASON 16u        /* a status line that ends after the status */
#define WSP_LENIENT_ANY_KEY_LENGTH 32u        /* of Sec-WebSocket-Key */
#define WSP_LENIENT_ANY_SUBPROTOCOL 64u       /* names that are no tokens */
#define WSP_LENIENT_EMPTY_LISTS 128u          /* of extensions and subprotocols */
#define WSP_LENIENT_UNCONFIRMED_DEFLATE 256u  /* a server that does not confirm what was offered */
#define WSP_LENIENT_UNCHECKED_TEXT 512u       /* texts come as WSP_BINARY, and may be none */

/* Sets an option that is text. Empty sets the default. */
WSP_API int32_t wsp_config_set_text(wsp_config *config, uint32_t option, wsp_bytes value);

#define WSP_HEALTH_CHECK 1 /* the path at which a server answers a plain GET or HEAD by 200: none */

/* Sets what a client offers first and second, or what a server agrees to, and turns compression
 * on. NULL sets the default: an offer of {0, 0, 0, 15}, no fallback, a policy that agrees to all.
 */
WSP_API int32_t wsp_config_set_deflate(wsp_config *config, uint32_t of,
                                       const wsp_deflate *parameters);

#define WSP_OFFER 1
#define WSP_FALLBACK 2
#define WSP_POLICY 3

/* Sets where a client's random bytes come from, for masking keys that nobody can guess (section
 * 10.3). NULL is the default: the operating system. `fill` fills all of `len` bytes, or answers
 * false, and what needs them is not sent. It runs inside of calls on connections, maybe of
 * several threads at once. It must not leave but by returning, and a call on the same connection
 * answers WSP_ERR_BUSY there. `drop`, if it is not NULL, is called once neither the configuration
 * nor a connection needs `user` any more, and not if this answers an error. */
typedef bool (*wsp_fill)(void *user, uint8_t *to, size_t len);
typedef void (*wsp_drop)(void *user);
WSP_API int32_t wsp_config_set_entropy(wsp_config *config, wsp_fill fill, void *user,
                                       wsp_drop drop);

/* ---- 3. A client's request ------------------------------------------------------------------ */

/* A request to a URL of ws or wss, or http or https, which mean the same. User and password in it
 * become Basic credentials. *out is NULL if there is an error. */
WSP_API WSP_MUST_USE int32_t wsp_request_new(wsp_bytes url, wsp_request **out);
WSP_API void wsp_request_free(wsp_request *request);

/* Adds to the request. The headers of the handshake itself are written for you. */
WSP_API int32_t wsp_request_header(wsp_request *request, wsp_bytes name, wsp_bytes value);
WSP_API int32_t wsp_request_subprotocol(wsp_request *request, wsp_bytes name); /* preferred first */
WSP_API int32_t wsp_request_any_subprotocol(wsp_request *request, wsp_bytes name); /* no token */
WSP_API int32_t wsp_request_origin(wsp_request *request, wsp_bytes origin);
WSP_API int32_t wsp_request_basic(wsp_request *request, wsp_bytes user, wsp_bytes password);
WSP_API int32_t wsp_request_bearer(wsp_request *request, wsp_bytes token);
WSP_API int32_t wsp_request_cookie(wsp_request *request, wsp_bytes name, wsp_bytes value);

/* Where to connect, and whether by TLS. The host is good until the request is freed. */
WSP_API wsp_bytes wsp_request_host(const wsp_request *request);
WSP_API uint16_t wsp_request_port(const wsp_request *request);
WSP_API bool wsp_request_is_secure(const wsp_request *request);

/* ---- 4. Beginnings -------------------------------------------------------------------------- */

/* A server's side, before the first byte of the request. */
WSP_API WSP_MUST_USE wsp_connection *wsp_server_new(const wsp_config *config, uint64_t now);

/* A client's side, whose request waits to be written. *out is NULL if there is an error. */
WSP_API WSP_MUST_USE int32_t wsp_client_new(const wsp_config *config, const wsp_request *request,
                                            uint64_t now, wsp_connection **out);

/* Either side of a connection whose opening handshake an HTTP library did. `agreed` is the
 * compression that it agreed to, NULL for none. Bytes that were read after the handshake go to
 * wsp_push. *out is NULL if there is an error. */
WSP_API WSP_MUST_USE int32_t wsp_established_new(const wsp_config *config, uint32_t role,
                                                 const wsp_deflate *agreed, uint64_t now,
                                                 wsp_connection **out);

#define WSP_SERVER 1
#define WSP_CLIENT 2

/* Frees the connection at any time; nothing more is sent. Inside of a callback of the same
 * connection it does nothing. */
WSP_API void wsp_connection_free(wsp_connection *connection);

/* ---- 5. Bytes in, and the events that they make --------------------------------------------- */

/* Where to read to, good until the next input call: *len bytes, more than none unless there is
 * something for wsp_receive first. Then say how many bytes were read there. */
WSP_API uint8_t *wsp_space(wsp_connection *connection, size_t *len);
WSP_API int32_t wsp_filled(wsp_connection *connection, size_t len);

/* Takes a copy of bytes that were read elsewhere. */
WSP_API int32_t wsp_push(wsp_connection *connection, wsp_bytes bytes);

/* How many bytes were read and wait for wsp_receive. */
WSP_API size_t wsp_unread(const wsp_connection *connection);

/* The stream has ended: nothing follows what was read. Or reading or writing has failed for good:
 * output that waits is dropped. Either way, what was read before still makes events. */
WSP_API int32_t wsp_eof(wsp_connection *connection);
WSP_API int32_t wsp_transport_failed(wsp_connection *connection);

typedef struct wsp_event {
    uint32_t kind;       /* WSP_TEXT and so on, or WSP_NOTHING */
    int32_t error;       /* WSP_FAILS: what the peer did, -4xx */
    uint16_t code;       /* the peer's close code; for WSP_OPEN and WSP_REFUSED the status */
    uint16_t flags;      /* WSP_IS_TEXT and so on */
    uint32_t reserved;
    uint8_t *data;       /* the payload, the reason of a Close frame, the body of a refusal */
    size_t len;
    uint64_t round_trip; /* with WSP_HAS_ROUND_TRIP: nanoseconds since the keepalive's ping */
    uint64_t reserved_too;
} wsp_event;

/* The next event in what was read. The one before is over. `now` is when the bytes were read; the
 * clock need not be read for each event. */
WSP_API WSP_MUST_USE int32_t wsp_receive(wsp_connection *connection, uint64_t now,
                                         wsp_event *event);

#define WSP_WAIT 0  /* nothing more: write, then wait for bytes or for wsp_timeout */
#define WSP_EVENT 1 /* look at the event */
#define WSP_OVER 2  /* WSP_ENDED was the last one */

#define WSP_NOTHING 0
#define WSP_REQUEST 1 /* a server is asked for a WebSocket, or with WSP_IS_OTHER not: part 8 */
#define WSP_OPEN 2    /* a client's request was accepted */
#define WSP_REFUSED 3 /* a client's request was refused: WSP_ENDED follows */
#define WSP_TEXT 4    /* a message of UTF-8; do not change it */
#define WSP_BINARY 5  /* a message, which you may change where it is */
#define WSP_START 6   /* streaming: a message begins */
#define WSP_CHUNK 7   /* streaming: more of it, which you may change where it is */
#define WSP_END 8     /* streaming: it is complete */
#define WSP_PING 9    /* already answered, unless WSP_AUTOMATIC_PONG is off: by a pong that gives
                       * way to the next one if that comes before it is written (section 5.5.3) */
#define WSP_PONG 10
#define WSP_CLOSE 11  /* the peer's Close frame, already answered; code 1005 if it has none */
#define WSP_ENDED 12  /* the last event: wsp_read_ending */
#define WSP_FAILS 30  /* the peer broke the protocol, and is told so: go on until WSP_ENDED */

#define WSP_IS_TEXT 1u        /* WSP_START: of a text */
#define WSP_HAS_ROUND_TRIP 2u /* WSP_PONG: the first answer to the keepalive's ping */
#define WSP_TRUNCATED 4u      /* WSP_REFUSED: some of the body is missing */
#define WSP_IS_OTHER 8u       /* WSP_REQUEST: asks for no WebSocket; only with WSP_OTHER_REQUESTS */

/* The payload of WSP_TEXT, WSP_BINARY or WSP_CHUNK, to keep: a long one is not copied. The event
 * is over then. WSP_ERR_NO_EVENT if there is no payload. Free it on any thread, also after the
 * connection; freeing it twice does no harm. */
typedef struct wsp_owned {
    const uint8_t *data; /* not to be changed */
    size_t len;
    void *owner; /* the library's */
} wsp_owned;

WSP_API WSP_MUST_USE int32_t wsp_take_payload(wsp_connection *connection, wsp_owned *out);
WSP_API void wsp_owned_free(wsp_owned *owned);

/* ---- 6. Bytes out, time, and the transport -------------------------------------------------- */

/* The most pieces at once. */
#define WSP_PIECES 16

/* Shows the next bytes to write, in order, as pieces for writev, and answers how many there are;
 * 0 if there is nothing. More may wait than they have. `pieces` has room for WSP_PIECES. They are
 * good until the next call that is not marked const here. */
WSP_API size_t wsp_pending(const wsp_connection *connection, wsp_bytes *pieces);

/* That many bytes were written. */
WSP_API int32_t wsp_advance(wsp_connection *connection, size_t written);

/* Or, for writers that keep what they write until it is written, such as io_uring and libuv: takes
 * the next piece of output, to be freed when it was written or given up. 1, or 0 if there is none
 * now; ask again after wsp_advance. What was taken is in flight: it counts as waiting until
 * wsp_advance says that it was written, in the order in which it was taken, and until then
 * wsp_pending shows nothing. If nothing is in flight any more although pieces are being written,
 * the connection has dropped them: give them up. */
WSP_API WSP_MUST_USE int32_t wsp_take_output(wsp_connection *connection, wsp_owned *out);
WSP_API size_t wsp_in_flight(const wsp_connection *connection);

/* How many bytes wait to be written. */
WSP_API size_t wsp_waiting(const wsp_connection *connection);

/* Gives back memory for output that is not needed now. */
WSP_API int32_t wsp_shrink(wsp_connection *connection);

/* When wsp_handle_timeout is due, or WSP_NEVER. Any call may change it. */
WSP_API uint64_t wsp_timeout(const wsp_connection *connection);

/* Does what is due: a ping, or the end of the connection; nothing before the time. Then call
 * wsp_receive. Give what was read before to wsp_receive first, so that the peer is not blamed for
 * your delay. */
WSP_API int32_t wsp_handle_timeout(wsp_connection *connection, uint64_t now);

/* What to do with the transport, once everything is written. */
WSP_API uint32_t wsp_transport(const wsp_connection *connection);

#define WSP_KEEP 51            /* keep it open, and read */
#define WSP_SHUTDOWN_WRITE 52  /* shut down its writing side, and read on until it ends */
#define WSP_CLOSE_TRANSPORT 53 /* close it; output that cannot be written by wsp_timeout is lost */

/* ---- 7. Sending ----------------------------------------------------------------------------- */

/* Each of these answers 0, or an error of -1xx, and then nothing was sent and the connection goes
 * on. WSP_SEND_OUT_OF_MEMORY is for want of memory that only this call needs. */

/* A whole message. WSP_SEND_FULL if too much waits: write first. */
WSP_API int32_t wsp_send_text(wsp_connection *connection, wsp_bytes text);
WSP_API int32_t wsp_send_binary(wsp_connection *connection, wsp_bytes data);

/* A message in fragments, of unknown length or larger than memory: a start of WSP_TEXT or
 * WSP_BINARY, any number of fragments, a finish. Fragments of a text may end inside a character. */
WSP_API int32_t wsp_start(wsp_connection *connection, uint32_t kind);
WSP_API int32_t wsp_fragment(wsp_connection *connection, wsp_bytes data);
WSP_API int32_t wsp_finish(wsp_connection *connection, wsp_bytes data);

/* Control frames, of at most 125 bytes. */
WSP_API int32_t wsp_ping(wsp_connection *connection, wsp_bytes payload);
WSP_API int32_t wsp_pong(wsp_connection *connection, wsp_bytes payload);

/* Begins the closing handshake; 1000 is the usual code, 1005 without a reason stands for none. Go
 * on until WSP_ENDED. */
WSP_API int32_t wsp_close(wsp_connection *connection, uint64_t now, uint16_t code,
                          wsp_bytes reason);

/* Ends the connection at once and drops what waits. WSP_ENDED is the next event. */
WSP_API int32_t wsp_abort(wsp_connection *connection);

/* Turns the compression of later messages off or on, where it was agreed on: off for a secret
 * beside text of somebody else, as the length would tell of it. */
WSP_API int32_t wsp_set_compression(wsp_connection *connection, bool enabled);

/* A message that is encoded and compressed once for many connections, on any threads. It can be
 * freed as soon as it was sent. *out is NULL if there is an error. */
WSP_API WSP_MUST_USE int32_t wsp_prepared_text(wsp_bytes text, wsp_prepared **out);
WSP_API WSP_MUST_USE int32_t wsp_prepared_binary(wsp_bytes data, wsp_prepared **out);
WSP_API void wsp_prepared_free(wsp_prepared *prepared);
WSP_API int32_t wsp_send_prepared(wsp_connection *connection, const wsp_prepared *message);

/* ---- 8. The opening handshake --------------------------------------------------------------- */

/* While WSP_REQUEST is the event: the target as it was sent, its path and its query (data is NULL
 * if there is none), and the host and port that are asked for. */
WSP_API wsp_bytes wsp_target(const wsp_connection *connection);
WSP_API wsp_bytes wsp_path(const wsp_connection *connection);
WSP_API wsp_bytes wsp_query(const wsp_connection *connection);
WSP_API wsp_bytes wsp_authority(const wsp_connection *connection);

/* The next subprotocol that is offered, after a cursor that begins at 0; false after the last. */
WSP_API bool wsp_next_subprotocol(const wsp_connection *connection, size_t *cursor,
                                  wsp_bytes *name);

/* 1 if a page of this origin may connect, 0 if another one asks. An empty origin is the server's
 * own host. What is no browser has no origin, and may connect. Browsers send cookies along for
 * any page, so check this where cookies count (section 10.2). WSP_ANSWER_BAD_ORIGIN if it is not
 * like https://host[:port]. */
WSP_API int32_t wsp_allows_origin(const wsp_connection *connection, wsp_bytes origin);

/* While WSP_REQUEST, WSP_OPEN or WSP_REFUSED is the event: the first header of this name, and the
 * next header after a cursor that begins at 0; false after the last. */
WSP_API wsp_bytes wsp_header(const wsp_connection *connection, wsp_bytes name);
WSP_API bool wsp_next_header(const wsp_connection *connection, size_t *cursor, wsp_bytes *name,
                             wsp_bytes *value);

/* While WSP_OPEN is the event: the subprotocol that the server chose. */
WSP_API wsp_bytes wsp_subprotocol(const wsp_connection *connection);

/* Answers WSP_REQUEST, now or later, in the time of WSP_HANDSHAKE_TIMEOUT: by a WebSocket, or by
 * a status from 300 to 599. One with WSP_IS_OTHER cannot be accepted (WSP_ANSWER_NOT_ASKED), so
 * reject it, by 200 if the body is what was asked for. NULL is an answer to which nothing is
 * added. */
WSP_API int32_t wsp_accept(wsp_connection *connection, uint64_t now, const wsp_answer *answer);
WSP_API int32_t wsp_reject(wsp_connection *connection, uint64_t now, uint16_t status,
                           const wsp_answer *answer);

/* What is added to an answer, which can be given any number of times. A subprotocol has to be one
 * that the client offered. A body is for wsp_reject, and text brings its Content-Type. */
WSP_API WSP_MUST_USE wsp_answer *wsp_answer_new(void);
WSP_API void wsp_answer_free(wsp_answer *answer);
WSP_API int32_t wsp_answer_header(wsp_answer *answer, wsp_bytes name, wsp_bytes value);
WSP_API int32_t wsp_answer_subprotocol(wsp_answer *answer, wsp_bytes name);
WSP_API int32_t wsp_answer_without_extensions(wsp_answer *answer); /* no compression */
WSP_API int32_t wsp_answer_text(wsp_answer *answer, wsp_bytes text);
WSP_API int32_t wsp_answer_body(wsp_answer *answer, wsp_bytes body);

/* ---- 9. What else can be asked, and lent ---------------------------------------------------- */

WSP_API bool wsp_is_open(const wsp_connection *connection);       /* messages can be sent */
WSP_API uint32_t wsp_lenient(const wsp_connection *connection);   /* WSP_LENIENT_... made use of */
WSP_API uint64_t wsp_round_trip(const wsp_connection *connection); /* the last one, or WSP_NEVER */
WSP_API size_t wsp_heap(const wsp_connection *connection); /* bytes held for input and output */

/* The compression that was agreed on; false and zeros if none was. */
WSP_API bool wsp_agreed(const wsp_connection *connection, wsp_deflate *out);

/* How the connection ended: WSP_ERR_NO_EVENT before WSP_ENDED came. The reasons are good until
 * the connection is freed. */
typedef struct wsp_ending {
    int32_t cause;        /* WSP_CLEAN and so on */
    int32_t deadline;     /* WSP_TIMED_OUT: which one, WSP_DEADLINE_HANDSHAKE and so on */
    int32_t error;        /* WSP_FAILED: the peer's error, -4xx */
    int32_t fault;        /* what was wrong with a Close frame that came after ours, or 0 */
    uint16_t code;        /* the peer's close code, or 1006 */
    uint16_t sent;        /* the code of the Close frame that was sent */
    uint16_t received;    /* the code of the Close frame that came */
    uint8_t initiator;    /* who sent the first Close frame: WSP_LOCAL, WSP_PEER, or 0 */
    uint8_t message_lost; /* 1 if the peer had begun a message and not finished it */
    uint8_t has_sent;     /* 1 if a Close frame was sent */
    uint8_t has_received; /* 1 if a Close frame came */
    uint8_t reserved[6];
    uint64_t stalled;     /* nanoseconds by which you were late for a deadline at most */
    wsp_bytes sent_reason;
    wsp_bytes received_reason;
    uint64_t reserved_too[4];
} wsp_ending;

WSP_API int32_t wsp_read_ending(const wsp_connection *connection, wsp_ending *out);

#define WSP_LOCAL 41
#define WSP_PEER 42

#define WSP_CLEAN 801             /* both sides sent a Close frame */
#define WSP_EOF 802               /* the stream ended without one, between messages */
#define WSP_EOF_IN_MESSAGE 803    /* ... between fragments */
#define WSP_EOF_IN_FRAME 804      /* ... inside a frame */
#define WSP_EOF_AFTER_CLOSE 805   /* the stream ended without an answer to our Close frame */
#define WSP_EOF_IN_HANDSHAKE 806  /* the stream ended inside the opening handshake */
#define WSP_REJECTED 807          /* by wsp_reject */
#define WSP_HEALTH_CHECKED 808    /* a health check was answered */
#define WSP_REFUSED_BY_SERVER 809 /* a client's request */
#define WSP_FAILED 810            /* the peer broke the protocol or exceeded a limit */
#define WSP_TIMED_OUT 811
#define WSP_ABORTED 812           /* by wsp_abort */
#define WSP_TRANSPORT_FAILED 813  /* by wsp_transport_failed */
#define WSP_NO_ENTROPY 814        /* there was nothing to mask a frame with */
#define WSP_OUT_OF_MEMORY 816     /* there was none for a call, or to receive into */

#define WSP_DEADLINE_HANDSHAKE 841
#define WSP_DEADLINE_CLOSE 842
#define WSP_DEADLINE_PONG 843
#define WSP_DEADLINE_WRITE 844
#define WSP_DEADLINE_MESSAGE 845

/* How much was sent and received so far, in messages, frames and bytes: of payloads as you see
 * them, and of all that was on the wire. */
typedef struct wsp_traffic {
    uint64_t messages;
    uint64_t frames;
    uint64_t payload_bytes;
    uint64_t wire_bytes;
} wsp_traffic;

typedef struct wsp_totals {
    wsp_traffic sent;
    wsp_traffic received;
} wsp_totals;

WSP_API int32_t wsp_read_totals(const wsp_connection *connection, wsp_totals *out);

/* Memory that all connections of a thread share, as each needs it only while it has a turn: a
 * window to receive into, of this many bytes or 64 KiB for 0, and what compression needs. Lend it
 * when a connection's turn begins, and take it back when the turn ends: an idle connection then
 * holds next to nothing. What it has left unread stays with it. NULL if there is no memory. */
WSP_API WSP_MUST_USE wsp_pool *wsp_pool_new(size_t window);
WSP_API void wsp_pool_free(wsp_pool *pool);
WSP_API int32_t wsp_lend(wsp_connection *connection, wsp_pool *pool);
WSP_API int32_t wsp_take_back(wsp_connection *connection, wsp_pool *pool);

/* ---- 10. Words and numbers ------------------------------------------------------------------ */

/* The name of a number of this header from WSP_REQUEST on, or of an error: "invalid-utf8". What
 * to say to people. The section whose rule was broken, of RFC 6455 unless it names another
 * document. Never NULL; "" if there is nothing to say. Good for ever. */
WSP_API const char *wsp_name(int32_t number);
WSP_API const char *wsp_explain(int32_t number);
WSP_API const char *wsp_section(int32_t number);

/* The version of the library, and whether it can compress. */
WSP_API const char *wsp_version(void);
WSP_API bool wsp_has_deflate(void);

/* The use of the library. */
#define WSP_ERR_NULL (-901)        /* a pointer is NULL that must not be */
#define WSP_ERR_BUSY (-902)        /* another call uses this: a thread, or a callback's */
#define WSP_ERR_PANIC (-903)       /* a fault in the library, now or earlier: free this */
#define WSP_ERR_FREED (-904)       /* this was freed; only debug builds of the library notice */
#define WSP_ERR_UNKNOWN_OPTION (-905) /* there is no option of this number */
#define WSP_ERR_BAD_VALUE (-906)   /* the option, role or kind cannot be this */
#define WSP_ERR_NOT_UTF8 (-907)    /* the text is not UTF-8 */
#define WSP_ERR_NO_EVENT (-908)    /* there is no event of this kind now */
#define WSP_ERR_NOT_BUILT (-909)   /* the library was built without compression */
#define WSP_ERR_OUT_OF_MEMORY (-910) /* there was no memory, now or earlier: free this */

/* This call to send. */
#define WSP_SEND_NOT_OPEN (-101)
#define WSP_SEND_CLOSED (-103)
#define WSP_SEND_FULL (-104)
#define WSP_SEND_MESSAGE_IN_PROGRESS (-105)
#define WSP_SEND_NO_MESSAGE_IN_PROGRESS (-106)
#define WSP_SEND_NOT_UTF8 (-107)
#define WSP_SEND_PING_TOO_LONG (-108)
#define WSP_SEND_BAD_CLOSE_CODE (-109)
#define WSP_SEND_REASON_TOO_LONG (-110)
#define WSP_SEND_NO_ENTROPY (-111)
#define WSP_SEND_OUT_OF_MEMORY (-112)

/* An answer to a request. */
#define WSP_ANSWER_BAD_STATUS (-201)
#define WSP_ANSWER_BAD_HEADER_NAME (-202)
#define WSP_ANSWER_BAD_HEADER_VALUE (-203)
#define WSP_ANSWER_RESERVED_HEADER (-204)
#define WSP_ANSWER_BAD_SUBPROTOCOL (-205)
#define WSP_ANSWER_UNOFFERED_SUBPROTOCOL (-206)
#define WSP_ANSWER_BAD_ORIGIN (-207)
#define WSP_ANSWER_NOT_ASKED (-208)

/* A client's request. */
#define WSP_REQUEST_BAD_SCHEME (-301)
#define WSP_REQUEST_UNIX_SOCKET (-302)
#define WSP_REQUEST_BAD_HOST (-303)
#define WSP_REQUEST_HOST_NOT_ASCII (-304)
#define WSP_REQUEST_BAD_PORT (-305)
#define WSP_REQUEST_FRAGMENT (-306)
#define WSP_REQUEST_BAD_PATH (-307)
#define WSP_REQUEST_BACKSLASH (-308)
#define WSP_REQUEST_BAD_CREDENTIALS (-309)
#define WSP_REQUEST_BAD_BEARER_TOKEN (-310)
#define WSP_REQUEST_BAD_HEADER_NAME (-311)
#define WSP_REQUEST_BAD_HEADER_VALUE (-312)
#define WSP_REQUEST_RESERVED_HEADER (-313)
#define WSP_REQUEST_BAD_SUBPROTOCOL (-314)
#define WSP_REQUEST_BAD_ORIGIN (-315)
#define WSP_REQUEST_BAD_COOKIE (-316)
#define WSP_REQUEST_ENTROPY (-320)

/* The peer's. */
#define WSP_PEER_TLS_RECORD (-401)
#define WSP_PEER_BAD_REQUEST_LINE (-402)
#define WSP_PEER_METHOD_NOT_GET (-403)
#define WSP_PEER_UNSUPPORTED_HTTP_VERSION (-404)
#define WSP_PEER_BAD_TARGET (-405)
#define WSP_PEER_TARGET_TOO_LONG (-406)
#define WSP_PEER_BAD_HEADER (-407)
#define WSP_PEER_HEAD_TOO_LONG (-408)
#define WSP_PEER_TOO_MANY_HEADERS (-409)
#define WSP_PEER_BAD_HOST (-410)
#define WSP_PEER_NOT_AN_UPGRADE (-411)
#define WSP_PEER_BAD_VERSION (-412)
#define WSP_PEER_UNSUPPORTED_VERSION (-413)
#define WSP_PEER_BAD_KEY (-414)
#define WSP_PEER_BAD_KEY_LENGTH (-415)
#define WSP_PEER_BAD_SUBPROTOCOLS (-416)
#define WSP_PEER_BAD_SUBPROTOCOL_NAME (-417)
#define WSP_PEER_BAD_EXTENSIONS (-418)
#define WSP_PEER_UNEXPECTED_BODY (-419)
#define WSP_PEER_BAD_STATUS_LINE (-431)
#define WSP_PEER_TOO_MANY_INTERIM_RESPONSES (-432)
#define WSP_PEER_UPGRADE_NOT_CONFIRMED (-433)
#define WSP_PEER_WRONG_ACCEPT (-434)
#define WSP_PEER_UNOFFERED_EXTENSION (-435)
#define WSP_PEER_BAD_DEFLATE_RESPONSE (-436)
#define WSP_PEER_UNOFFERED_SUBPROTOCOL (-437)
#define WSP_PEER_RESERVED_BITS (-451)
#define WSP_PEER_RESERVED_OPCODE (-452)
#define WSP_PEER_FRAGMENTED_CONTROL (-453)
#define WSP_PEER_CONTROL_TOO_LONG (-454)
#define WSP_PEER_BAD_LENGTH (-455)
#define WSP_PEER_UNMASKED (-456)
#define WSP_PEER_MASKED (-457)
#define WSP_PEER_UNEXPECTED_CONTINUATION (-458)
#define WSP_PEER_UNFINISHED_MESSAGE (-459)
#define WSP_PEER_CLOSE_TOO_SHORT (-460)
#define WSP_PEER_BAD_CLOSE_CODE (-461)
#define WSP_PEER_INVALID_UTF8 (-462)
#define WSP_PEER_BAD_DEFLATE_DATA (-463)
#define WSP_PEER_FRAME_TOO_LONG (-481)
#define WSP_PEER_MESSAGE_TOO_LONG (-482)
#define WSP_PEER_TOO_MANY_FRAGMENTS (-483)

#ifdef __cplusplus
}
#endif

#endif
