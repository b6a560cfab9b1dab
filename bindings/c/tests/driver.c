/* Plays the conformance vectors: what `conformance/player` asks for line by line, by the calls of
 * the header and nothing else of the library's. The lines are described there. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <websocket_proto.h>

static wsp_config *config;
static wsp_connection *connection;
static wsp_pool *pool;
static uint64_t now;
static bool echoes, held, takes, owns;
static enum { PUSH, SPACE, LENT } reading;

/* ---- Lines ---- */

static char *rest; /* of the line that is being done */

static char *word(void) {
    char *begin = rest;
    if (*begin == '\0') return NULL;
    size_t len = strcspn(begin, " \n");
    rest = begin + len + (begin[len] != '\0');
    begin[len] = '\0';
    return begin;
}

static uint64_t number(void) {
    const char *digits = word();
    return digits == NULL ? 0 : strtoull(digits, NULL, 10);
}

static int digit(char c) {
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Bytes in digits, after an `x`. They are decoded where they are. */
static wsp_bytes bytes(void) {
    char *digits = word();
    size_t len = 0;
    if (digits == NULL) return wsp_of(NULL, 0);
    for (const char *at = digits + 1; at[0] != '\0'; at += 2)
        digits[len++] = (char)(digit(at[0]) << 4 | digit(at[1]));
    return wsp_of(digits, len);
}

static void print_bytes(wsp_bytes shown) {
    printf(" x");
    for (size_t i = 0; i < shown.len; i++) printf("%02x", shown.data[i]);
}

static void tell(const char *name, wsp_bytes shown) {
    if (shown.data == NULL) return;
    printf("+ %s", name);
    print_bytes(shown);
    putchar('\n');
}

static void tell_number(const char *name, uint64_t shown) {
    printf("+ %s %llu\n", name, (unsigned long long)shown);
}

static void tell_name(const char *name, int32_t shown) {
    if (shown != 0) printf("+ %s %s\n", name, wsp_name(shown));
}

/* ---- What happened ---- */

static void tell_headers(void) {
    size_t cursor = 0;
    wsp_bytes name, value;
    while (wsp_next_header(connection, &cursor, &name, &value)) {
        printf("+ header");
        print_bytes(name);
        print_bytes(value);
        putchar('\n');
    }
}

static void tell_request(void) {
    size_t cursor = 0;
    wsp_bytes name;
    tell("target", wsp_target(connection));
    tell("path", wsp_path(connection));
    tell("query", wsp_query(connection));
    tell("authority", wsp_authority(connection));
    tell_number("same_origin", (uint64_t)wsp_allows_origin(connection, wsp_str("")));
    while (wsp_next_subprotocol(connection, &cursor, &name)) tell("subprotocols", name);
    tell_headers();
}

static void tell_response(const wsp_event *event) {
    tell_number("status", event->code);
    tell_number("truncated", event->flags & WSP_TRUNCATED ? 1 : 0);
    tell("body", wsp_of(event->data, event->len));
    tell("subprotocol", wsp_subprotocol(connection));
    tell_headers();
}

static void tell_ending(const wsp_event *event) {
    wsp_ending ending;
    if (wsp_read_ending(connection, &ending) != 0 || ending.code != event->code) abort();
    tell_name("how", ending.cause);
    tell_name("deadline", ending.deadline);
    tell_name("error", ending.error);
    tell_name("fault", ending.fault);
    tell_name("initiator", ending.initiator);
    tell_number("code", ending.code);
    if (ending.has_sent) tell_number("sent", ending.sent);
    if (ending.has_received) tell_number("received", ending.received);
    tell_number("message_lost", ending.message_lost);
    tell_number("stalled", ending.stalled);
}

static void tell_payload(const wsp_event *event) {
    wsp_owned owned;
    uint32_t kind = event->kind;
    bool has_payload = kind == WSP_TEXT || kind == WSP_BINARY || kind == WSP_CHUNK;
    if (!takes || !has_payload) {
        tell("data", wsp_of(event->data, event->len));
        return;
    }
    if (wsp_take_payload(connection, &owned) != 0) abort();
    tell("data", wsp_of(owned.data, owned.len));
    wsp_owned_free(&owned);
}

static void tell_event(const wsp_event *event) {
    printf("event %s\n", wsp_name((int32_t)event->kind));
    switch (event->kind) {
    case WSP_REQUEST: tell_request(); break;
    case WSP_OPEN:
    case WSP_REFUSED: tell_response(event); break;
    case WSP_START: tell_number("is_text", event->flags & WSP_IS_TEXT); break;
    case WSP_CLOSE: tell_number("code", event->code); tell_payload(event); break;
    case WSP_PONG:
        if (event->flags & WSP_HAS_ROUND_TRIP) tell_number("round_trip", event->round_trip);
        tell_payload(event);
        break;
    case WSP_FAILS: tell_name("why", event->error); break;
    case WSP_ENDED: tell_ending(event); break;
    default: tell_payload(event);
    }
}

/* Writes output that was taken, a piece at a time. */
static void write_owned(size_t most) {
    static wsp_owned piece;
    static size_t written; /* of the piece */
    if (wsp_in_flight(connection) == 0) wsp_owned_free(&piece);
    while (most > 0) {
        if (piece.data == NULL) {
            written = 0;
            if (wsp_take_output(connection, &piece) != 1) return;
        }
        size_t left = piece.len - written, len = left < most ? left : most;
        printf("sent");
        print_bytes(wsp_of(piece.data + written, len));
        putchar('\n');
        wsp_advance(connection, len);
        written += len;
        most -= len;
        if (written == piece.len) wsp_owned_free(&piece);
    }
}

static void write_out(size_t most) {
    if (owns) {
        write_owned(most);
        return;
    }
    wsp_bytes pieces[WSP_PIECES];
    size_t count;
    while (most > 0 && (count = wsp_pending(connection, pieces)) > 0) {
        size_t written = 0;
        for (size_t i = 0; i < count && written < most; i++) {
            size_t left = most - written;
            wsp_bytes piece = wsp_of(pieces[i].data, pieces[i].len < left ? pieces[i].len : left);
            printf("sent");
            print_bytes(piece);
            putchar('\n');
            written += piece.len;
        }
        wsp_advance(connection, written);
        most -= written;
    }
    if (wsp_waiting(connection) == 0) wsp_shrink(connection);
}

/* Sends a text back as it is; one in chunks, once all of it is there. */
static void echo(const wsp_event *event) {
    static uint8_t text[1 << 16];
    static size_t len;
    if (event->kind == WSP_TEXT) wsp_send_text(connection, wsp_of(event->data, event->len));
    if (event->kind == WSP_START) len = 0;
    if (event->kind == WSP_CHUNK && event->len <= sizeof text - len) {
        memcpy(text + len, event->data, event->len);
        len += event->len;
    }
    if (event->kind == WSP_END) wsp_send_text(connection, wsp_of(text, len));
}

static void receive(void) {
    wsp_event event;
    int32_t answer;
    while ((answer = wsp_receive(connection, now, &event)) == WSP_EVENT) {
        if (echoes) echo(&event);
        tell_event(&event);
        if (!held) write_out(SIZE_MAX);
    }
    if (connection != NULL && answer < 0) abort();
    if (!held) write_out(SIZE_MAX);
}

/* ---- Steps ---- */

static void read_into_space(wsp_bytes read) {
    while (read.len > 0) {
        size_t len;
        uint8_t *space = wsp_space(connection, &len);
        if (len == 0) abort();
        if (len > read.len) len = read.len;
        memcpy(space, read.data, len);
        wsp_filled(connection, len);
        read = wsp_of(read.data + len, read.len - len);
        if (read.len > 0) receive();
    }
}

static void read_in(void) {
    wsp_bytes input = bytes();
    for (size_t at = 0; at < input.len;) {
        size_t len = (size_t)number();
        /* A copy of its own, so that a read beyond it is found. */
        uint8_t *copy = malloc(len);
        memcpy(copy, input.data + at, len);
        if (reading == LENT && wsp_lend(connection, pool) != 0) abort();
        if (reading == PUSH) wsp_push(connection, wsp_of(copy, len));
        else read_into_space(wsp_of(copy, len));
        free(copy);
        receive();
        if (reading == LENT && wsp_take_back(connection, pool) != 0) abort();
        at += len;
    }
}

static void pass(uint64_t end) {
    uint64_t due;
    while ((due = wsp_timeout(connection)) != WSP_NEVER && due <= end) {
        if (due > now) now = due;
        wsp_handle_timeout(connection, now);
        receive();
    }
    now = end;
    wsp_handle_timeout(connection, now);
}

static int32_t connect_to(void) {
    wsp_request *request;
    int32_t answer = wsp_request_new(bytes(), &request);
    for (const char *what; answer == 0 && (what = word()) != NULL;) {
        wsp_bytes name = bytes();
        if (*what == 'p') answer = wsp_request_subprotocol(request, name);
        else answer = wsp_request_header(request, name, bytes());
    }
    if (answer == 0) answer = wsp_client_new(config, request, now, &connection);
    wsp_request_free(request);
    return answer;
}

static int32_t answer_request(uint16_t status) {
    wsp_answer *answer = wsp_answer_new();
    int32_t result = 0;
    for (const char *what; result == 0 && (what = word()) != NULL;) {
        wsp_bytes name = bytes();
        if (*what == 'p') result = wsp_answer_subprotocol(answer, name);
        else if (*what == 'b') result = wsp_answer_body(answer, name);
        else result = wsp_answer_header(answer, name, bytes());
    }
    if (result == 0 && status == 0) result = wsp_accept(connection, now, answer);
    else if (result == 0) result = wsp_reject(connection, now, status, answer);
    wsp_answer_free(answer);
    return result;
}

static int32_t command(const char *what) {
    if (strcmp(what, "connect") == 0) return connect_to();
    if (strcmp(what, "accept") == 0) return answer_request(0);
    if (strcmp(what, "reject") == 0) return answer_request((uint16_t)number());
    if (strcmp(what, "send_text") == 0) return wsp_send_text(connection, bytes());
    if (strcmp(what, "send_binary") == 0) return wsp_send_binary(connection, bytes());
    if (strcmp(what, "start") == 0)
        return wsp_start(connection, strcmp(word(), "text") == 0 ? WSP_TEXT : WSP_BINARY);
    if (strcmp(what, "fragment") == 0) return wsp_fragment(connection, bytes());
    if (strcmp(what, "finish") == 0) return wsp_finish(connection, bytes());
    if (strcmp(what, "ping") == 0) return wsp_ping(connection, bytes());
    if (strcmp(what, "pong") == 0) return wsp_pong(connection, bytes());
    if (strcmp(what, "abort") == 0) return wsp_abort(connection);
    if (strcmp(what, "close") != 0) abort();
    uint16_t code = (uint16_t)number();
    return wsp_close(connection, now, code, bytes());
}

/* ---- The beginning of a vector ---- */

/* The sample key of the vectors, and masks that change nothing. */
static bool plain_entropy(void *user, uint8_t *to, size_t len) {
    (void)user;
    memset(to, 0, len);
    if (len == 16) memcpy(to, "the sample nonce", len);
    return true;
}

static void check(int32_t answer) {
    if (answer == 0) return;
    fprintf(stderr, "driver: %s\n", wsp_explain(answer));
    abort();
}

static void begin(void) {
    if (connection != NULL && owns) wsp_abort(connection), write_owned(0);
    wsp_connection_free(connection);
    wsp_config_free(config);
    connection = NULL;
    config = wsp_config_new();
    check(wsp_config_set_entropy(config, plain_entropy, NULL, NULL));
    now = 0;
    echoes = held = takes = owns = false;
    reading = PUSH;
}

static const struct { const char *name; uint32_t option; } options[] = {
    {"max_message", WSP_MAX_MESSAGE},
    {"max_frame", WSP_MAX_FRAME},
    {"max_fragments", WSP_MAX_FRAGMENTS},
    {"max_head", WSP_MAX_HEAD},
    {"max_headers", WSP_MAX_HEADERS},
    {"max_refusal_body", WSP_MAX_REFUSAL_BODY},
    {"max_output", WSP_MAX_OUTPUT},
    {"fragment_size", WSP_FRAGMENT_SIZE},
    {"handshake_timeout", WSP_HANDSHAKE_TIMEOUT},
    {"close_timeout", WSP_CLOSE_TIMEOUT},
    {"write_timeout", WSP_WRITE_TIMEOUT},
    {"message_timeout", WSP_MESSAGE_TIMEOUT},
    {"keepalive", WSP_KEEPALIVE},
    {"interval", WSP_KEEPALIVE_INTERVAL},
    {"timeout", WSP_KEEPALIVE_TIMEOUT},
    {"close_code", WSP_KEEPALIVE_CLOSE_CODE},
    {"when_busy", WSP_KEEPALIVE_WHEN_BUSY},
    {"automatic_pong", WSP_AUTOMATIC_PONG},
    {"streaming", WSP_STREAMING},
    {"deflate", WSP_DEFLATE},
    {"minimum", WSP_DEFLATE_MINIMUM},
};

static const struct { const char *name; uint32_t bit; } leniencies[] = {
    {"unmasked-frames", WSP_LENIENT_UNMASKED_FRAMES},
    {"masked-frames", WSP_LENIENT_MASKED_FRAMES},
    {"unassigned-close-codes", WSP_LENIENT_UNASSIGNED_CLOSE_CODES},
    {"bare-lf", WSP_LENIENT_BARE_LF},
    {"missing-reason", WSP_LENIENT_MISSING_REASON},
    {"any-key-length", WSP_LENIENT_ANY_KEY_LENGTH},
    {"any-subprotocol", WSP_LENIENT_ANY_SUBPROTOCOL},
    {"empty-lists", WSP_LENIENT_EMPTY_LISTS},
    {"unconfirmed-deflate", WSP_LENIENT_UNCONFIRMED_DEFLATE},
    {"unchecked-text", WSP_LENIENT_UNCHECKED_TEXT},
};

static void set_option(const char *name) {
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strcmp(options[i].name, name) != 0) continue;
        check(wsp_config_set(config, options[i].option, number()));
        return;
    }
    fprintf(stderr, "driver: %s: no such option\n", name);
    abort();
}

static void set_leniency(void) {
    uint32_t bits = 0;
    for (const char *name; (name = word()) != NULL;)
        for (size_t i = 0; i < sizeof leniencies / sizeof *leniencies; i++)
            if (strcmp(leniencies[i].name, name) == 0) bits |= leniencies[i].bit;
    check(wsp_config_set(config, WSP_LENIENCY, bits));
}

static wsp_deflate parameters(void) {
    wsp_deflate given = {0, 0, 0, 0, 0, {0}};
    given.server_no_context_takeover = (uint8_t)number();
    given.client_no_context_takeover = (uint8_t)number();
    given.server_max_window_bits = (uint8_t)number();
    given.client_max_window_bits = (uint8_t)number();
    given.requires_client_max_window_bits = (uint8_t)number();
    return given;
}

static void set_parameters(const char *of) {
    wsp_deflate given = parameters();
    uint32_t which = *of == 'o' ? WSP_OFFER : *of == 'f' ? WSP_FALLBACK : WSP_POLICY;
    check(wsp_config_set_deflate(config, which, &given));
}

static void open_established(void) {
    uint32_t role = strcmp(word(), "client") == 0 ? WSP_CLIENT : WSP_SERVER;
    bool compressed = *rest != '\0';
    wsp_deflate agreed = parameters();
    check(wsp_established_new(config, role, compressed ? &agreed : NULL, now, &connection));
}

/* Whether it was about the beginning of a vector. */
static bool set_up(const char *what) {
    if (strcmp(what, "begin") == 0) begin();
    else if (strcmp(what, "option") == 0) set_option(word());
    else if (strcmp(what, "lenient") == 0) set_leniency();
    else if (strcmp(what, "health_check") == 0)
        check(wsp_config_set_text(config, WSP_HEALTH_CHECK, bytes()));
    else if (strcmp(what, "deflate") == 0) set_parameters(word());
    else if (strcmp(what, "echo") == 0) echoes = true;
    else if (strcmp(what, "held") == 0) held = true;
    else if (strcmp(what, "take") == 0) takes = true;
    else if (strcmp(what, "own") == 0) owns = true;
    else if (strcmp(what, "space") == 0) reading = SPACE;
    else if (strcmp(what, "lent") == 0) reading = LENT;
    else if (strcmp(what, "server") == 0) connection = wsp_server_new(config, now);
    else if (strcmp(what, "open") == 0) open_established();
    else return false;
    return true;
}

static void tell_state(void) {
    wsp_deflate agreed;
    printf("transport %s\n", wsp_name((int32_t)wsp_transport(connection)));
    if (wsp_agreed(connection, &agreed))
        printf("agreed %d %d %d %d\n", agreed.server_no_context_takeover,
               agreed.client_no_context_takeover, agreed.server_max_window_bits,
               agreed.client_max_window_bits);
    for (size_t i = 0; i < sizeof leniencies / sizeof *leniencies; i++)
        if (wsp_lenient(connection) & leniencies[i].bit) printf("lenient %s\n", leniencies[i].name);
}

static void step(const char *what) {
    size_t most = 0;
    int32_t refused = 0;
    if (strcmp(what, "clock") == 0) {
        now = number();
        return;
    }
    if (strcmp(what, "in") == 0) read_in();
    else if (strcmp(what, "eof") == 0) wsp_eof(connection);
    else if (strcmp(what, "at") == 0) pass(number());
    else if (strcmp(what, "write") == 0) most = (size_t)number();
    else refused = command(what);
    receive();
    write_out(most);
    if (refused != 0) printf("refused %s\n", wsp_name(refused));
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    pool = wsp_pool_new(4096);
    while (getline(&line, &room, stdin) > 0) {
        rest = line;
        rest[strcspn(rest, "\n")] = '\0';
        const char *what = word();
        if (!set_up(what)) {
            step(what);
            if (connection != NULL) tell_state();
            puts("done");
            fflush(stdout);
        }
    }
    begin();
    wsp_config_free(config);
    wsp_pool_free(pool);
    free(line);
    return 0;
}
