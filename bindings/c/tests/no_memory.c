/* Whole lives of connections, in which the system has no memory at the n-th time that the library
 * asks for some, or from then on, for every n: each call gives an answer that the header promises,
 * no message arrives damaged, and nothing is left behind.
 *
 * It is linked to the static library, with the linker's --wrap for the five functions below. */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <websocket_proto.h>

/* ---- Memory that is missing ---- */

void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *memory, size_t len);
int __real_posix_memalign(void **memory, size_t alignment, size_t len);
void __real_free(void *memory);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *memory, size_t len);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t len);
void __wrap_free(void *memory);

typedef enum { NEVER, ONCE, EVER_AFTER } how_long;

static how_long missing;
static unsigned long missing_at, asked;
static long held;

static bool is_missing(void) {
    asked++;
    if (missing == ONCE) return asked == missing_at;
    return missing == EVER_AFTER && asked >= missing_at;
}

static void *counted(void *memory) {
    held += memory != NULL;
    return memory;
}

void *__wrap_malloc(size_t len) { return is_missing() ? NULL : counted(__real_malloc(len)); }

void *__wrap_calloc(size_t count, size_t len) {
    return is_missing() ? NULL : counted(__real_calloc(count, len));
}

void *__wrap_realloc(void *memory, size_t len) {
    return is_missing() ? NULL : __real_realloc(memory, len);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t len) {
    if (is_missing()) return 12;
    int failed = __real_posix_memalign(memory, alignment, len);
    held += failed == 0;
    return failed;
}

void __wrap_free(void *memory) {
    held -= memory != NULL;
    __real_free(memory);
}

/* ---- What is expected ---- */

static const char *playing = "";

static void fail(const char *what, int32_t answer) {
    printf("%s, memory missing %s %lu: %s: %d %s\n", playing, missing == ONCE ? "at" : "from",
           missing_at, what, answer, wsp_name(answer));
    fflush(stdout);
    _exit(1);
}

static void must(bool holds, const char *what) {
    if (!holds) fail(what, 0);
}

/* Whether the call did what it was to do. If not, it says that there was no memory, and there was
 * none. */
static bool done(int32_t answer, const char *what) {
    if (answer >= 0) return true;
    bool documented = answer == WSP_ERR_OUT_OF_MEMORY || answer == WSP_SEND_OUT_OF_MEMORY;
    if (!documented || missing == NEVER || asked < missing_at) fail(what, answer);
    return false;
}

#define DONE(call) done(call, #call)

/* What the two sides say to each other. */
#define MOST_LEN ((size_t)1 << 20)
static uint8_t noise[MOST_LEN], words[MOST_LEN];
static size_t long_len;
static const char hello[] = "hello";

static void make_messages(void) {
    uint32_t state = 1;
    for (size_t i = 0; i < MOST_LEN; i++) {
        state = state * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(state >> 24);
        words[i] = (uint8_t)("abcdefgh"[(state >> 26) % 8]);
    }
}

/* ---- Two sides ---- */

typedef struct {
    wsp_connection *connection;
    wsp_pool *pool;
    const wsp_answer *answer; /* of a server */
    uint16_t refusal;         /* the status with which a server refuses */
    bool takes;               /* takes what it receives and what it sends */
    bool is_open, is_over;
    size_t messages, streamed;
    int32_t cause;
} side;

static bool is_known(const uint8_t *data, size_t len) {
    if (len > 600 && len != long_len) return false;
    if (len > 600) return memcmp(data, noise, len) == 0 || memcmp(data, words, len) == 0;
    return (len == sizeof hello - 1 || len == 600) &&
           (memcmp(data, hello, len < 5 ? len : 5) == 0 || memcmp(data, words, len) == 0);
}

/* What there was no memory for ends the connection, unless it was for sending. */
static void must_end(side *it) {
    must(wsp_transport(it->connection) == WSP_CLOSE_TRANSPORT, "there was no memory, and no end");
    must(wsp_waiting(it->connection) == 0, "output that was to be dropped");
}

static void note_message(side *it, wsp_event *event) {
    must(is_known(event->data, event->len), "a message is another one");
    it->messages++;
    wsp_owned owned;
    if (!it->takes) return;
    int32_t taken = wsp_take_payload(it->connection, &owned);
    if (!DONE(taken)) {
        must(owned.data == NULL, "there is a payload, and an error");
        must_end(it);
        return;
    }
    must(is_known(owned.data, owned.len), "a payload is another one");
    wsp_owned_free(&owned);
}

static void look_at_request(side *it) {
    size_t cursor = 0;
    wsp_bytes name, value;
    while (wsp_next_header(it->connection, &cursor, &name, &value)) continue;
    int32_t answer = it->refusal ? wsp_reject(it->connection, 0, it->refusal, it->answer)
                                 : wsp_accept(it->connection, 0, it->answer);
    if (!DONE(answer)) must_end(it);
}

static void note_end(side *it) {
    wsp_ending ending;
    must(wsp_read_ending(it->connection, &ending) == 0, "no ending");
    it->is_over = true;
    it->cause = ending.cause;
    must(ending.cause != WSP_OUT_OF_MEMORY || missing != NEVER, "out of memory without reason");
    must(ending.cause != WSP_FAILED && ending.cause != WSP_TIMED_OUT, "another end");
}

static void receive(side *it) {
    wsp_event event;
    int32_t answer;
    while ((answer = wsp_receive(it->connection, 0, &event)) == WSP_EVENT) {
        switch (event.kind) {
        case WSP_REQUEST: look_at_request(it); break;
        case WSP_OPEN: it->is_open = true; break;
        case WSP_TEXT:
        case WSP_BINARY: note_message(it, &event); break;
        case WSP_CHUNK: it->streamed += event.len; break;
        case WSP_FAILS: fail("the peer is blamed", event.error); break;
        case WSP_ENDED: note_end(it); break;
        default: break;
        }
    }
    must(answer == (it->is_over ? WSP_OVER : WSP_WAIT), "wsp_receive");
}

static void give(side *to, const uint8_t *data, size_t len) {
    while (len > 0 && !to->is_over) {
        size_t room;
        uint8_t *space = wsp_space(to->connection, &room);
        if (room > len) room = len;
        if (room > 0) memcpy(space, data, room);
        if (room > 0 && !DONE(wsp_filled(to->connection, room))) room = 0;
        data += room, len -= room;
        receive(to);
        /* Nothing to read into, and nothing came of it: the connection drains. */
        if (room == 0 && !to->is_over) return;
    }
}

static bool write_pieces(side *from, side *to) {
    wsp_bytes pieces[WSP_PIECES];
    size_t count = wsp_pending(from->connection, pieces);
    if (count == 0) return false;
    for (size_t i = 0; i < count; i++) {
        give(to, pieces[i].data, pieces[i].len);
        if (i + 1 == count) break;
    }
    size_t len = 0;
    for (size_t i = 0; i < count; i++) len += pieces[i].len;
    (void)DONE(wsp_advance(from->connection, len));
    return true;
}

static bool write_taken(side *from, side *to) {
    wsp_owned piece;
    int32_t taken = wsp_take_output(from->connection, &piece);
    must(taken == 1 || piece.owner == NULL, "there is a piece, and none");
    if (!DONE(taken)) must_end(from);
    if (taken <= 0) return false;
    size_t len = piece.len;
    give(to, piece.data, len);
    wsp_owned_free(&piece);
    (void)DONE(wsp_advance(from->connection, len));
    return true;
}

static void turn(side *from, side *to) {
    if (from->pool && !from->is_over) (void)DONE(wsp_lend(from->connection, from->pool));
    receive(from);
    while (from->takes ? write_taken(from, to) : write_pieces(from, to)) continue;
    if (from->pool && !from->is_over) (void)DONE(wsp_take_back(from->connection, from->pool));
    bool ends = wsp_transport(from->connection) != WSP_KEEP && wsp_waiting(from->connection) == 0;
    if (ends && !to->is_over) (void)DONE(wsp_eof(to->connection));
}

static void go_on(side *one, side *other) {
    for (int turns = 0; turns < 4; turns++) {
        turn(one, other);
        turn(other, one);
    }
}

/* To the end, which both get to. */
static void finish(side *one, side *other) {
    if (one->is_open && other->connection && !one->is_over) {
        int32_t closed = wsp_close(one->connection, 0, 1000, wsp_str("done"));
        if (closed != WSP_SEND_CLOSED) (void)DONE(closed);
        if (closed != 0) wsp_abort(one->connection);
    }
    go_on(one, other);
    side *both[] = {one, other};
    for (int i = 0; i < 2; i++) {
        side *it = both[i];
        if (!it->is_over) (void)DONE(wsp_abort(it->connection));
        receive(it);
        must(it->is_over, "no end");
        must(wsp_transport(it->connection) == WSP_CLOSE_TRANSPORT, "not to be closed");
    }
}

static void free_sides(side *one, side *other) {
    side *both[] = {one, other};
    for (int i = 0; i < 2; i++) {
        wsp_connection_free(both[i]->connection);
        wsp_pool_free(both[i]->pool);
    }
}

/* What is sent if there is memory. What is refused for want of it is not sent, and no harm. */
static size_t say(int32_t answer, const char *what) {
    if (answer == WSP_SEND_CLOSED || answer == WSP_SEND_NOT_OPEN || answer == WSP_SEND_FULL ||
        answer == WSP_SEND_NO_MESSAGE_IN_PROGRESS) {
        if (missing == NEVER || asked < missing_at) fail(what, answer);
        return 0;
    }
    return done(answer, what) ? 1 : 0;
}

#define SAY(call) say(call, #call)

static void talk(side *from, side *to) {
    wsp_connection *c = from->connection;
    size_t sent = 0, before = to->messages;
    sent += SAY(wsp_send_text(c, wsp_str(hello)));
    sent += SAY(wsp_send_text(c, wsp_of(words, 600)));
    sent += SAY(wsp_send_binary(c, wsp_of(noise, long_len)));
    go_on(from, to);
    (void)SAY(wsp_ping(c, wsp_str("there?")));
    sent += SAY(wsp_send_text(c, wsp_of(words, long_len)));
    go_on(from, to);
    bool arrived = to->messages - before == sent;
    must(arrived || from->cause != 0 || to->cause != 0 || to->streamed > 0, "a message is lost");
}

/* ---- Lives ---- */

static wsp_config *configured(bool deflate, bool streaming) {
    wsp_config *config = wsp_config_new();
    if (config == NULL) return NULL;
    if (deflate && wsp_has_deflate()) (void)DONE(wsp_config_set(config, WSP_DEFLATE_LEVEL, 1));
    if (streaming) (void)DONE(wsp_config_set(config, WSP_STREAMING, 1));
    return config;
}

static wsp_request *asked_for(void) {
    wsp_request *request;
    int32_t made = wsp_request_new(wsp_str("wss://user:word@example.com/chat?room=7"), &request);
    if (!DONE(made)) {
        must(request == NULL, "there is a request, and an error");
        return NULL;
    }
    wsp_bytes name = wsp_str("X-Trace"), value = wsp_of(words, 600);
    bool fine = DONE(wsp_request_header(request, name, value)) &&
                DONE(wsp_request_subprotocol(request, wsp_str("chat"))) &&
                DONE(wsp_request_origin(request, wsp_str("https://example.com"))) &&
                DONE(wsp_request_cookie(request, wsp_str("id"), wsp_str("7"))) &&
                DONE(wsp_request_bearer(request, wsp_str("token")));
    if (fine) return request;
    wsp_request_free(request);
    return NULL;
}

static wsp_answer *answered(bool refuses) {
    wsp_answer *answer = wsp_answer_new();
    if (answer == NULL) return NULL;
    (void)DONE(wsp_answer_header(answer, wsp_str("X-Node"), wsp_str("a")));
    if (refuses) (void)DONE(wsp_answer_text(answer, wsp_of(words, 3000)));
    else (void)DONE(wsp_answer_subprotocol(answer, wsp_str("chat")));
    return answer;
}

static void handshake(bool refuses, bool deflate, bool streaming, bool pooled) {
    side client = {0}, server = {0};
    wsp_config *config = configured(deflate, streaming);
    wsp_request *request = asked_for();
    wsp_answer *answer = answered(refuses);
    if (config && request && answer) {
        server.connection = wsp_server_new(config, 0);
        int32_t made = wsp_client_new(config, request, 0, &client.connection);
        must(DONE(made) == (client.connection != NULL), "a client and an error");
    }
    server.answer = answer;
    server.refusal = refuses ? 403 : 0;
    if (pooled) server.pool = wsp_pool_new(4096), client.pool = wsp_pool_new(0);
    if (server.connection && client.connection) {
        go_on(&client, &server);
        if (client.is_open) talk(&client, &server);
        if (client.is_open && !deflate) talk(&server, &client);
        finish(&client, &server);
        must(missing != NEVER || client.cause == (refuses ? WSP_REFUSED_BY_SERVER : WSP_CLEAN),
             "not a clean end");
    }
    free_sides(&client, &server);
    wsp_answer_free(answer);
    wsp_request_free(request);
    wsp_config_free(config);
}

static void plain(void) { handshake(false, false, false, false); }
static void compressed(void) { handshake(false, true, false, false); }
static void streamed_and_pooled(void) { handshake(false, true, true, true); }
static void refused(void) { handshake(true, false, false, false); }

static int dropped;

static bool fill(void *user, uint8_t *to, size_t len) {
    (void)user;
    memset(to, 7, len);
    return true;
}

static void count_drop(void *user) { (*(int *)user)++; }

/* A message in fragments. One that is refused can be sent again. */
static bool in_fragments(wsp_connection *c) {
    if (!SAY(wsp_start(c, WSP_BINARY))) return false;
    for (size_t at = 0; at < long_len; at += long_len / 4) {
        wsp_bytes part = wsp_of(noise + at, long_len / 4);
        if (!SAY(wsp_fragment(c, part)) && !SAY(wsp_fragment(c, part))) return false;
    }
    return SAY(wsp_finish(c, wsp_of(NULL, 0))) || SAY(wsp_finish(c, wsp_of(NULL, 0)));
}

/* Prepared messages, fragments, what is taken to keep, a source of random bytes, small windows. */
static void established(void) {
    static const wsp_deflate agreed = {0, 1, 0, 0, 0, {0}};
    const wsp_deflate *deflate = wsp_has_deflate() ? &agreed : NULL;
    wsp_config *config = configured(false, false);
    wsp_prepared *prepared = NULL;
    side client = {0}, server = {0};
    bool is_set = false;
    dropped = 0;
    if (config) {
        is_set = DONE(wsp_config_set_entropy(config, fill, &dropped, count_drop));
        (void)DONE(wsp_config_set(config, WSP_WINDOW, 1024));
        (void)DONE(wsp_config_set(config, WSP_MAX_OUTPUT, 8 * MOST_LEN));
        (void)DONE(wsp_config_set(config, WSP_DEFLATE_LEVEL, 1));
        (void)DONE(wsp_config_set(config, WSP_FRAGMENT_SIZE, 100000));
        (void)DONE(wsp_config_set_text(config, WSP_HEALTH_CHECK, wsp_str("/health")));
        (void)DONE(wsp_established_new(config, WSP_SERVER, deflate, 0, &server.connection));
        (void)DONE(wsp_established_new(config, WSP_CLIENT, deflate, 0, &client.connection));
    }
    int32_t made = wsp_prepared_binary(wsp_of(noise, long_len), &prepared);
    must(DONE(made) == (prepared != NULL), "a message and an error");
    client.takes = server.takes = client.is_open = true;
    if (server.connection && client.connection && prepared) {
        for (int i = 0; i < 2; i++) (void)SAY(wsp_send_prepared(server.connection, prepared));
        go_on(&server, &client);
        (void)SAY(wsp_send_prepared(client.connection, prepared));
        bool finished = in_fragments(client.connection);
        go_on(&client, &server);
        if (finished) talk(&client, &server);
        (void)wsp_shrink(client.connection);
        finish(&client, &server);
    }
    free_sides(&client, &server);
    wsp_prepared_free(prepared);
    wsp_config_free(config);
    must(dropped == is_set, "the source of random bytes is not dropped once");
}

/* Pieces of output whose list is too long for the reserve. */
static void many_pieces(void) {
    wsp_config *config = configured(false, false);
    wsp_prepared *prepared = NULL;
    side server = {0}, client = {0};
    if (config) (void)DONE(wsp_config_set(config, WSP_MAX_OUTPUT, 200000));
    (void)DONE(wsp_established_new(config, WSP_SERVER, NULL, 0, &server.connection));
    (void)DONE(wsp_established_new(config, WSP_CLIENT, NULL, 0, &client.connection));
    (void)DONE(wsp_prepared_text(wsp_of(words, 600), &prepared));
    server.takes = client.takes = server.is_open = client.is_open = true;
    if (server.connection && client.connection && prepared) {
        int32_t sent = 0;
        while (sent == 0) {
            sent = wsp_send_prepared(server.connection, prepared);
            if (sent == 0) sent = wsp_ping(server.connection, wsp_of(NULL, 0));
        }
        if (sent != WSP_SEND_FULL) (void)DONE(sent);
        go_on(&server, &client);
        finish(&server, &client);
    }
    free_sides(&server, &client);
    wsp_prepared_free(prepared);
    wsp_config_free(config);
}

/* A payload that is too long for the reserve, and was received as it is taken: in one piece. */
static void copied(void) {
    side server = {0}, client = {0};
    (void)DONE(wsp_established_new(NULL, WSP_SERVER, NULL, 0, &server.connection));
    (void)DONE(wsp_established_new(NULL, WSP_CLIENT, NULL, 0, &client.connection));
    client.takes = server.is_open = client.is_open = true;
    if (server.connection && client.connection) {
        (void)SAY(wsp_send_binary(server.connection, wsp_of(noise, long_len)));
        go_on(&server, &client);
        finish(&server, &client);
    }
    free_sides(&server, &client);
}

/* What a source of random bytes does besides: it sends on another connection, which has room and
 * needs no memory. */
static wsp_connection *beside;

static bool fill_and_send(void *user, uint8_t *to, size_t len) {
    unsigned long before = asked;
    int32_t sent = beside ? wsp_send_text(beside, wsp_str(hello)) : 0;
    must(sent == 0 || asked > before, "a call ends for what the call around it has done");
    if (sent != 0) {
        wsp_connection_free(beside);
        beside = NULL;
    } else if (beside) {
        (void)DONE(wsp_advance(beside, wsp_waiting(beside)));
    }
    return fill(user, to, len);
}

static void calls_inside_of_calls(void) {
    static const wsp_deflate agreed = {0, 1, 0, 0, 0, {0}};
    wsp_config *config = configured(false, false);
    wsp_connection *client = NULL, *asking = NULL;
    wsp_request *request = asked_for();
    (void)DONE(wsp_established_new(NULL, WSP_SERVER, NULL, 0, &beside));
    if (config && request && beside && DONE(wsp_send_text(beside, wsp_str(hello)))) {
        (void)DONE(wsp_advance(beside, wsp_waiting(beside)));
        (void)DONE(wsp_config_set_entropy(config, fill_and_send, NULL, NULL));
        int32_t made = wsp_client_new(config, request, 0, &asking);
        must(DONE(made) == (asking != NULL), "a client and an error");
        made = wsp_established_new(config, WSP_CLIENT, wsp_has_deflate() ? &agreed : NULL, 0,
                                   &client);
        must(DONE(made) == (client != NULL), "a client and an error");
        for (int i = 0; client && i < 2; i++) (void)SAY(wsp_send_text(client, wsp_of(words, 600)));
    }
    wsp_connection_free(beside);
    beside = NULL;
    wsp_connection_free(client);
    wsp_connection_free(asking);
    wsp_request_free(request);
    wsp_config_free(config);
}

static void said_in_words(void) {
    const char *name = wsp_name(WSP_PEER_INVALID_UTF8);
    must(strcmp(name, "invalid-utf8") == 0 || (missing != NEVER && *name == 0), "other words");
}

/* ---- Every n ---- */

typedef void life(void);

static void live(life *one, how_long how, unsigned long number) {
    missing = how, missing_at = number, asked = 0;
    one();
    missing = NEVER;
}

/* The life without memory, and one with it, which nothing of the former may disturb. What is kept
 * for later lives is there after either. */
static long hold_after(life *one, how_long how, unsigned long number) {
    live(one, how, number);
    live(one, NEVER, 0);
    return held;
}

static void in_child(life *one, how_long how, unsigned long number, long expected) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        long left = hold_after(one, how, number);
        if (left != expected) printf("%ld blocks are left, and not %ld\n", left, expected);
        fflush(stdout);
        _exit(left != expected);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    printf("%s, memory missing %s %lu: status %#x\n", playing, how == ONCE ? "at" : "from", number,
           (unsigned)status);
    exit(1);
}

/* How often a life asks for memory, and how many blocks it leaves for later ones. */
static void measure(life *one, unsigned long *times, long *left) {
    struct {
        unsigned long times;
        long left;
    } found = {0, 0};
    int ends[2];
    if (pipe(ends) != 0) exit(1);
    if (fork() == 0) {
        live(one, NEVER, 0);
        found.times = asked;
        found.left = hold_after(one, NEVER, 0);
        _exit(write(ends[1], &found, sizeof found) != sizeof found);
    }
    close(ends[1]);
    bool came = read(ends[0], &found, sizeof found) == sizeof found;
    close(ends[0]);
    wait(NULL);
    must(came, "the life with all memory");
    *times = found.times, *left = found.left;
}

static void play(const char *name, life *one, size_t len) {
    unsigned long times;
    long left;
    playing = name;
    long_len = len;
    measure(one, &times, &left);
    for (unsigned long number = 1; number <= times; number++) {
        in_child(one, ONCE, number, left);
        in_child(one, EVER_AFTER, number, left);
    }
    /* All in one process: what was taken of the reserve is back. */
    for (unsigned long number = 1; number <= times; number++) live(one, EVER_AFTER, number);
    printf("%s: %lu times without memory\n", name, times);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_messages();
    play("words", said_in_words, 0);
    play("plain", plain, MOST_LEN);
    play("compressed", compressed, MOST_LEN / 8);
    play("streamed and pooled", streamed_and_pooled, MOST_LEN / 8);
    play("refused", refused, 0);
    play("established", established, MOST_LEN / 8);
    play("copied", copied, 20000);
    play("many pieces", many_pieces, 0);
    play("calls inside of calls", calls_inside_of_calls, 0);
    return 0;
}
