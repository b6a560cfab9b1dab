/* Calls that the header does not ask for: each gives the answer that the header promises, and does
 * no harm. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <websocket_proto.h>

static int wrong, tried;

static void expect(const char *what, int64_t got, int64_t wanted) {
    tried++;
    if (got == wanted) return;
    wrong++;
    printf("%s: %lld and not %lld\n", what, (long long)got, (long long)wanted);
}

#define EXPECT(call, wanted) expect(#call, (int64_t)(call), (int64_t)(wanted))

static wsp_connection *established(const wsp_config *config, uint32_t role) {
    wsp_connection *connection;
    if (wsp_established_new(config, role, NULL, 0, &connection) != 0) abort();
    return connection;
}

/* "hi", and a ping, as a client sends them. */
static const uint8_t hi[] = {0x81, 0x82, 0, 0, 0, 0, 'h', 'i'};
static const uint8_t ping[] = {0x89, 0x80, 0, 0, 0, 0};

static const char request_head[] =
    "GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

static void null_handles(void) {
    wsp_event event;
    wsp_ending ending;
    wsp_totals totals;
    wsp_owned owned;
    wsp_bytes pieces[WSP_PIECES], name = wsp_str("x");
    size_t len = 7, cursor = 0;
    EXPECT(wsp_receive(NULL, 0, &event), WSP_ERR_NULL);
    EXPECT(event.kind, WSP_NOTHING);
    EXPECT(wsp_space(NULL, &len) == NULL, true);
    EXPECT(len, 0);
    EXPECT(wsp_filled(NULL, 1), WSP_ERR_NULL);
    EXPECT(wsp_push(NULL, name), WSP_ERR_NULL);
    EXPECT(wsp_eof(NULL), WSP_ERR_NULL);
    EXPECT(wsp_transport_failed(NULL), WSP_ERR_NULL);
    EXPECT(wsp_take_payload(NULL, &owned), WSP_ERR_NULL);
    EXPECT(wsp_pending(NULL, pieces), 0);
    EXPECT(wsp_advance(NULL, 1), WSP_ERR_NULL);
    EXPECT(wsp_waiting(NULL), 0);
    EXPECT(wsp_timeout(NULL), WSP_NEVER);
    EXPECT(wsp_handle_timeout(NULL, 0), WSP_ERR_NULL);
    EXPECT(wsp_transport(NULL), WSP_CLOSE_TRANSPORT);
    EXPECT(wsp_send_text(NULL, name), WSP_ERR_NULL);
    EXPECT(wsp_send_prepared(NULL, NULL), WSP_ERR_NULL);
    EXPECT(wsp_close(NULL, 0, 1000, name), WSP_ERR_NULL);
    EXPECT(wsp_abort(NULL), WSP_ERR_NULL);
    EXPECT(wsp_accept(NULL, 0, NULL), WSP_ERR_NULL);
    EXPECT(wsp_reject(NULL, 0, 400, NULL), WSP_ERR_NULL);
    EXPECT(wsp_target(NULL).data == NULL, true);
    EXPECT(wsp_header(NULL, name).data == NULL, true);
    EXPECT(wsp_next_header(NULL, &cursor, &name, &name), false);
    EXPECT(wsp_read_ending(NULL, &ending), WSP_ERR_NULL);
    EXPECT(wsp_read_totals(NULL, &totals), WSP_ERR_NULL);
    EXPECT(wsp_agreed(NULL, NULL), false);
    EXPECT(wsp_lend(NULL, NULL), WSP_ERR_NULL);
    EXPECT(wsp_config_set(NULL, WSP_MAX_HEAD, 1), WSP_ERR_NULL);
    EXPECT(wsp_config_set_entropy(NULL, NULL, NULL, NULL), WSP_ERR_NULL);
    EXPECT(wsp_request_header(NULL, name, name), WSP_ERR_NULL);
    EXPECT(wsp_request_port(NULL), 0);
    EXPECT(wsp_answer_header(NULL, name, name), WSP_ERR_NULL);
    wsp_connection_free(NULL);
    wsp_config_free(NULL);
    wsp_request_free(NULL);
    wsp_answer_free(NULL);
    wsp_prepared_free(NULL);
    wsp_pool_free(NULL);
    wsp_owned_free(NULL);
}

static void null_places(void) {
    wsp_connection *connection = established(NULL, WSP_SERVER);
    wsp_event event;
    EXPECT(wsp_receive(connection, 0, NULL), WSP_ERR_NULL);
    EXPECT(wsp_space(connection, NULL) == NULL, true);
    EXPECT(wsp_pending(connection, NULL), 0);
    EXPECT(wsp_read_ending(connection, NULL), WSP_ERR_NULL);
    EXPECT(wsp_read_totals(connection, NULL), WSP_ERR_NULL);
    EXPECT(wsp_take_payload(connection, NULL), WSP_ERR_NULL);
    EXPECT(wsp_next_header(connection, NULL, NULL, NULL), false);
    EXPECT(wsp_send_prepared(connection, NULL), WSP_ERR_NULL);
    EXPECT(wsp_lend(connection, NULL), WSP_ERR_NULL);
    EXPECT(wsp_request_new(wsp_str("ws://h/"), NULL), WSP_ERR_NULL);
    EXPECT(wsp_client_new(NULL, NULL, 0, NULL), WSP_ERR_NULL);
    EXPECT(wsp_established_new(NULL, WSP_SERVER, NULL, 0, NULL), WSP_ERR_NULL);
    EXPECT(wsp_prepared_text(wsp_str("x"), NULL), WSP_ERR_NULL);
    EXPECT(wsp_send_binary(connection, wsp_of(NULL, 3)), WSP_ERR_NULL);
    EXPECT(wsp_push(connection, wsp_of(NULL, 3)), WSP_ERR_NULL);
    EXPECT(wsp_send_binary(connection, wsp_of("x", SIZE_MAX)), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_waiting(connection), 0);
    EXPECT(wsp_send_binary(connection, wsp_of(NULL, 0)), 0);
    EXPECT(wsp_waiting(connection), 2);
    EXPECT(wsp_receive(connection, 0, &event), WSP_WAIT);
    wsp_connection_free(connection);
}

static void values(void) {
    wsp_config *config = wsp_config_new();
    wsp_connection *connection = NULL;
    wsp_deflate bad = {0, 0, 16, 0, 0, {0}};
    wsp_request *request;
    wsp_prepared *prepared;
    EXPECT(wsp_config_set(config, 0, 1), WSP_ERR_UNKNOWN_OPTION);
    EXPECT(wsp_config_set(config, 4000000000u, 1), WSP_ERR_UNKNOWN_OPTION);
    EXPECT(wsp_config_set(config, WSP_MAX_HEADERS, 65536), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set(config, WSP_STREAMING, 2), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set(config, WSP_WINDOW, 0), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set(config, WSP_WINDOW, UINT64_C(1) << 32), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set(config, WSP_LENIENCY, 1u << 31), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set(config, WSP_OTHER_REQUESTS, 2), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_config_set_text(config, 99, wsp_str("/x")), WSP_ERR_UNKNOWN_OPTION);
    EXPECT(wsp_config_set_text(config, WSP_HEALTH_CHECK, wsp_str("\xff")), WSP_ERR_NOT_UTF8);
    if (wsp_has_deflate()) {
        EXPECT(wsp_config_set(config, WSP_DEFLATE_LEVEL, 10), WSP_ERR_BAD_VALUE);
        EXPECT(wsp_config_set_deflate(config, WSP_OFFER, &bad), WSP_ERR_BAD_VALUE);
    } else {
        EXPECT(wsp_config_set(config, WSP_DEFLATE_LEVEL, 1), WSP_ERR_NOT_BUILT);
        EXPECT(wsp_config_set_deflate(config, WSP_OFFER, &bad), WSP_ERR_NOT_BUILT);
    }
    EXPECT(wsp_config_set_deflate(config, 9, NULL), WSP_ERR_UNKNOWN_OPTION);
    EXPECT(wsp_established_new(config, 3, NULL, 0, &connection), WSP_ERR_BAD_VALUE);
    EXPECT(connection == NULL, true);
    EXPECT(wsp_established_new(config, WSP_SERVER, &bad, 0, &connection), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_client_new(config, NULL, 0, &connection), WSP_ERR_NULL);
    EXPECT(wsp_request_new(wsp_str("ftp://h/"), &request), WSP_REQUEST_BAD_SCHEME);
    EXPECT(request == NULL, true);
    EXPECT(wsp_prepared_text(wsp_str("\xff"), &prepared), WSP_ERR_NOT_UTF8);
    EXPECT(prepared == NULL, true);
    wsp_config_free(config);
}

static void small_windows(void) {
    wsp_config *config = wsp_config_new();
    wsp_connection *connection;
    wsp_event event;
    size_t len;
    EXPECT(wsp_config_set(config, WSP_WINDOW, 1024), 0);
    connection = established(config, WSP_SERVER);
    wsp_space(connection, &len);
    EXPECT(len, 1024);
    EXPECT(wsp_filled(connection, len), 0); /* nonsense, which is an error of the peer's */
    wsp_space(connection, &len);
    EXPECT(len, 0); /* it does not grow: receive first */
    EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
    EXPECT(event.kind, WSP_FAILS);
    EXPECT(wsp_heap(connection) < 2048, true);
    wsp_connection_free(connection);
    wsp_config_free(config);
}

static void requests_stay_as_they_are(void) {
    wsp_request *request;
    wsp_connection *connection;
    wsp_bytes piece[WSP_PIECES];
    EXPECT(wsp_request_new(wsp_str("ws://h/"), &request), 0);
    EXPECT(wsp_request_header(request, wsp_str("X-A"), wsp_str("1")), 0);
    wsp_bytes value = wsp_str("1"), two_lines = wsp_str("1\r\n");
    EXPECT(wsp_request_header(request, wsp_str("a b"), value), WSP_REQUEST_BAD_HEADER_NAME);
    EXPECT(wsp_request_header(request, wsp_str("X-B"), two_lines), WSP_REQUEST_BAD_HEADER_VALUE);
    EXPECT(wsp_request_header(request, wsp_str("Upgrade"), value), WSP_REQUEST_RESERVED_HEADER);
    EXPECT(wsp_request_subprotocol(request, wsp_str("a,b")), WSP_REQUEST_BAD_SUBPROTOCOL);
    EXPECT(wsp_request_header(request, wsp_str("X-\xff"), wsp_str("1")), WSP_ERR_NOT_UTF8);
    EXPECT(wsp_client_new(NULL, request, 0, &connection), 0);
    wsp_request_free(request);
    EXPECT(wsp_pending(connection, piece), 1);
    char head[1024] = {0};
    memcpy(head, piece[0].data, piece[0].len < sizeof head ? piece[0].len : 0);
    EXPECT(strstr(head, "X-A: 1\r\n") != NULL, true);
    EXPECT(strstr(head, "X-B") == NULL, true);
    wsp_connection_free(connection);
}

static void wrong_order(void) {
    wsp_connection *connection = wsp_server_new(NULL, 0);
    wsp_event event;
    wsp_ending ending;
    wsp_owned owned;
    wsp_answer *answer = wsp_answer_new();
    size_t cursor = 0;
    EXPECT(wsp_send_text(connection, wsp_str("x")), WSP_SEND_NOT_OPEN);
    EXPECT(wsp_ping(connection, wsp_str("x")), WSP_SEND_NOT_OPEN);
    EXPECT(wsp_close(connection, 0, 1000, wsp_str("")), WSP_SEND_NOT_OPEN);
    EXPECT(wsp_accept(connection, 0, NULL), WSP_ANSWER_NOT_ASKED);
    EXPECT(wsp_target(connection).data == NULL, true);
    EXPECT(wsp_allows_origin(connection, wsp_str("")), WSP_ERR_NO_EVENT);
    EXPECT(wsp_push(connection, wsp_str(request_head)), 0);
    EXPECT(wsp_target(connection).data == NULL, true); /* not received yet */
    EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
    EXPECT(event.kind, WSP_REQUEST);
    EXPECT(event.flags, 0);
    EXPECT(wsp_allows_origin(connection, wsp_str("not an origin")), WSP_ANSWER_BAD_ORIGIN);
    EXPECT(wsp_reject(connection, 0, 200, NULL), WSP_ANSWER_BAD_STATUS);
    EXPECT(wsp_reject(connection, 0, 201, NULL), WSP_ANSWER_BAD_STATUS);
    EXPECT(wsp_answer_subprotocol(answer, wsp_str("chat")), 0);
    EXPECT(wsp_accept(connection, 0, answer), WSP_ANSWER_UNOFFERED_SUBPROTOCOL);
    EXPECT(wsp_target(connection).len, 2); /* the event is still held */
    EXPECT(wsp_accept(connection, 0, NULL), 0);
    EXPECT(wsp_accept(connection, 0, NULL), WSP_ANSWER_NOT_ASKED);
    EXPECT(wsp_reject(connection, 0, 400, NULL), WSP_ANSWER_NOT_ASKED);
    EXPECT(wsp_receive(connection, 0, &event), WSP_WAIT);
    EXPECT(wsp_target(connection).data == NULL, true); /* the event is over */
    EXPECT(wsp_next_header(connection, &cursor, NULL, NULL), false);
    EXPECT(wsp_take_payload(connection, &owned), WSP_ERR_NO_EVENT);
    EXPECT(owned.data == NULL, true);
    EXPECT(wsp_fragment(connection, wsp_str("x")), WSP_SEND_NO_MESSAGE_IN_PROGRESS);
    EXPECT(wsp_start(connection, WSP_PING), WSP_ERR_BAD_VALUE);
    EXPECT(wsp_start(connection, WSP_TEXT), 0);
    EXPECT(wsp_send_text(connection, wsp_str("x")), WSP_SEND_MESSAGE_IN_PROGRESS);
    EXPECT(wsp_fragment(connection, wsp_str("\xff")), WSP_SEND_NOT_UTF8);
    EXPECT(wsp_finish(connection, wsp_str("x")), 0);
    EXPECT(wsp_send_text(connection, wsp_str("\xff")), WSP_SEND_NOT_UTF8);
    EXPECT(wsp_close(connection, 0, 1006, wsp_str("")), WSP_SEND_BAD_CLOSE_CODE);
    EXPECT(wsp_read_ending(connection, &ending), WSP_ERR_NO_EVENT);
    EXPECT(wsp_advance(connection, SIZE_MAX), 0); /* more than waits */
    EXPECT(wsp_waiting(connection), 0);
    EXPECT(wsp_close(connection, 0, 1000, wsp_str("")), 0);
    EXPECT(wsp_send_text(connection, wsp_str("x")), WSP_SEND_CLOSED);
    EXPECT(wsp_abort(connection), 0);
    EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
    EXPECT(event.kind, WSP_ENDED);
    EXPECT(wsp_receive(connection, 0, &event), WSP_OVER);
    EXPECT(wsp_receive(connection, 0, &event), WSP_OVER);
    EXPECT(wsp_read_ending(connection, &ending), 0);
    EXPECT(ending.cause, WSP_ABORTED);
    wsp_answer_free(answer);
    wsp_connection_free(connection);
}

/* A GET that asks for no WebSocket is seen only if that is wanted, and is answered by a page. */
static void other_requests(void) {
    wsp_config *config = wsp_config_new();
    wsp_answer *page = wsp_answer_new();
    wsp_bytes pieces[WSP_PIECES];
    wsp_event event;
    char head[1024] = {0};
    EXPECT(wsp_answer_text(page, wsp_str("a page")), 0);
    for (uint64_t wanted = 0; wanted < 2; wanted++) {
        EXPECT(wsp_config_set(config, WSP_OTHER_REQUESTS, wanted), 0);
        wsp_connection *connection = wsp_server_new(config, 0);
        EXPECT(wsp_push(connection, wsp_str("GET /page HTTP/1.1\r\nHost: h\r\n\r\n")), 0);
        EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
        EXPECT(event.kind, wanted ? WSP_REQUEST : WSP_FAILS);
        EXPECT(event.flags, wanted ? WSP_IS_OTHER : 0);
        EXPECT(wsp_path(connection).len, wanted ? 5 : 0);
        EXPECT(wsp_accept(connection, 0, NULL), WSP_ANSWER_NOT_ASKED);
        EXPECT(wsp_reject(connection, 0, 200, page), wanted ? 0 : WSP_ANSWER_NOT_ASKED);
        EXPECT(wsp_pending(connection, pieces), 1);
        EXPECT(pieces[0].len < sizeof head, true);
        memcpy(head, pieces[0].data, pieces[0].len);
        EXPECT(strncmp(head, wanted ? "HTTP/1.1 200 " : "HTTP/1.1 426 ", 13), 0);
        EXPECT(strstr(head, "\r\n\r\na page") != NULL, wanted);
        wsp_connection_free(connection);
    }
    wsp_answer_free(page);
    wsp_config_free(config);
}

static void events_that_are_over(void) {
    wsp_connection *connection = established(NULL, WSP_SERVER);
    wsp_event event;
    wsp_owned owned;
    size_t len;
    EXPECT(wsp_push(connection, wsp_of(hi, sizeof hi)), 0);
    EXPECT(wsp_push(connection, wsp_of(ping, sizeof ping)), 0);
    EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
    EXPECT(wsp_take_payload(connection, &owned), 0);
    EXPECT(owned.len, 2);
    wsp_owned again = owned;
    EXPECT(wsp_take_payload(connection, &again), WSP_ERR_NO_EVENT); /* taken */
    EXPECT(wsp_receive(connection, 0, &event), WSP_EVENT);
    EXPECT(event.kind, WSP_PING);
    EXPECT(wsp_take_payload(connection, &again), WSP_ERR_NO_EVENT); /* no payload to take */
    EXPECT(wsp_receive(connection, 0, &event), WSP_WAIT);
    EXPECT(event.kind, WSP_NOTHING);
    EXPECT(event.data == NULL, true);
    wsp_space(connection, &len);
    EXPECT(wsp_filled(connection, SIZE_MAX), 0); /* counts as all of the space */
    EXPECT(wsp_unread(connection), len);
    wsp_connection_free(connection);
    EXPECT(memcmp(owned.data, "hi", 2), 0); /* it outlives the connection */
    wsp_owned_free(&owned);
    EXPECT(owned.data == NULL, true);
    wsp_owned_free(&owned);
}

/* ---- From inside of a callback ---- */

static wsp_connection *inside;
static int32_t answer_inside;
static bool freed_inside, dropped;

static bool comes_back(void *user, uint8_t *to, size_t len) {
    wsp_event event;
    (void)user;
    memset(to, 1, len);
    answer_inside = wsp_send_text(inside, wsp_str("again"));
    EXPECT(wsp_receive(inside, 0, &event), WSP_ERR_BUSY);
    EXPECT(wsp_transport(inside), WSP_CLOSE_TRANSPORT);
    wsp_connection_free(inside); /* does nothing here */
    freed_inside = true;
    return true;
}

static void note_drop(void *user) {
    *(bool *)user = true;
}

static void callbacks(void) {
    wsp_config *config = wsp_config_new();
    EXPECT(wsp_config_set_entropy(config, comes_back, &dropped, note_drop), 0);
    inside = established(config, WSP_CLIENT);
    wsp_config_free(config);
    EXPECT(dropped, false); /* the connection still needs it */
    EXPECT(wsp_send_text(inside, wsp_str("x")), 0);
    EXPECT(freed_inside, true);
    EXPECT(answer_inside, WSP_ERR_BUSY);
    EXPECT(wsp_waiting(inside), 7);
    wsp_connection_free(inside);
    EXPECT(dropped, true);
}

static bool has_nothing(void *user, uint8_t *to, size_t len) {
    (void)user, (void)to, (void)len;
    return false;
}

static void no_entropy(void) {
    wsp_config *config = wsp_config_new();
    wsp_request *request;
    wsp_connection *client;
    EXPECT(wsp_config_set_entropy(config, has_nothing, NULL, NULL), 0);
    wsp_connection *connection = established(config, WSP_CLIENT);
    EXPECT(wsp_send_text(connection, wsp_str("x")), WSP_SEND_NO_ENTROPY);
    EXPECT(wsp_waiting(connection), 0);
    EXPECT(wsp_request_new(wsp_str("ws://h/"), &request), 0);
    EXPECT(wsp_client_new(config, request, 0, &client), WSP_REQUEST_ENTROPY);
    EXPECT(client == NULL, true);
    wsp_request_free(request);
    wsp_connection_free(connection);
    wsp_config_free(config);
}

/* ---- From another thread ---- */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { BEFORE, INSIDE, TRIED } stage;

static void reach(int next) {
    pthread_mutex_lock(&turn);
    stage = next;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&turn);
}

static void wait_for(int wanted) {
    pthread_mutex_lock(&turn);
    while ((int)stage < wanted) pthread_cond_wait(&changed, &turn);
    pthread_mutex_unlock(&turn);
}

static bool waits_for_the_other(void *user, uint8_t *to, size_t len) {
    (void)user;
    memset(to, 1, len);
    reach(INSIDE);
    wait_for(TRIED);
    return true;
}

static void *sends_meanwhile(void *connection) {
    wait_for(INSIDE);
    EXPECT(wsp_send_text(connection, wsp_str("y")), WSP_ERR_BUSY);
    reach(TRIED);
    return NULL;
}

static void *frees_there(void *connection) {
    EXPECT(wsp_send_text(connection, wsp_str("moved")), 0);
    wsp_connection_free(connection);
    return NULL;
}

static void threads(void) {
    pthread_t other;
    wsp_config *config = wsp_config_new();
    EXPECT(wsp_config_set_entropy(config, waits_for_the_other, NULL, NULL), 0);
    wsp_connection *connection = established(config, WSP_CLIENT);
    pthread_create(&other, NULL, sends_meanwhile, connection);
    EXPECT(wsp_send_text(connection, wsp_str("x")), 0);
    pthread_join(other, NULL);
    wsp_connection_free(connection);
    wsp_config_free(config);
    pthread_create(&other, NULL, frees_there, established(NULL, WSP_CLIENT));
    pthread_join(other, NULL);
}

/* ---- Memory that is lent ---- */

static void pools(void) {
    wsp_pool *pool = wsp_pool_new(1024);
    wsp_connection *first = established(NULL, WSP_SERVER), *second = established(NULL, WSP_SERVER);
    wsp_event event;
    size_t len;
    EXPECT(wsp_lend(first, pool), 0);
    EXPECT(wsp_lend(second, pool), 0); /* lent twice: the second gets memory of its own */
    EXPECT(wsp_push(first, wsp_of(hi, 4)), 0);
    EXPECT(wsp_take_back(first, pool), 0); /* with something unread, which is kept */
    EXPECT(wsp_take_back(second, pool), 0);
    EXPECT(wsp_take_back(second, pool), 0);
    EXPECT(wsp_push(first, wsp_of(hi + 4, 4)), 0);
    EXPECT(wsp_receive(first, 0, &event), WSP_EVENT);
    EXPECT(event.len, 2);
    EXPECT(wsp_lend(second, pool), 0);
    wsp_space(second, &len);
    EXPECT(len, 1024);
    wsp_connection_free(second); /* without giving it back */
    EXPECT(wsp_lend(first, pool), 0);
    wsp_pool_free(pool); /* before the connection */
    EXPECT(wsp_receive(first, 0, &event), WSP_WAIT);
    wsp_connection_free(first);
    EXPECT(wsp_pool_new(SIZE_MAX) == NULL, true);
}

static void words(void) {
    EXPECT(strcmp(wsp_name(WSP_PEER_INVALID_UTF8), "invalid-utf8"), 0);
    EXPECT(strcmp(wsp_section(WSP_PEER_INVALID_UTF8), "\xc2\xa7" "8.1"), 0);
    EXPECT(strcmp(wsp_name(WSP_ENDED), "ended"), 0);
    EXPECT(*wsp_name(INT32_MIN), 0);
    EXPECT(*wsp_explain(0), 0);
    EXPECT(strcmp(wsp_version(), WSP_VERSION), 0);
}

/* Only a debug build of the library finds this out. */
static void use_after_free(void) {
    wsp_connection *connection = established(NULL, WSP_SERVER);
    wsp_pool *pool = wsp_pool_new(1024);
    wsp_event event;
    wsp_connection_free(connection);
    EXPECT(wsp_receive(connection, 0, &event), WSP_ERR_FREED);
    EXPECT(event.kind, WSP_NOTHING);
    EXPECT(wsp_send_text(connection, wsp_str("x")), WSP_ERR_FREED);
    EXPECT(wsp_waiting(connection), 0);
    EXPECT(wsp_transport(connection), WSP_CLOSE_TRANSPORT);
    EXPECT(wsp_lend(connection, pool), WSP_ERR_FREED);
    wsp_connection_free(connection);
    wsp_pool_free(pool);
    EXPECT(wsp_lend(connection, pool), WSP_ERR_FREED);
}

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "debug") == 0) use_after_free();
    null_handles();
    null_places();
    values();
    small_windows();
    requests_stay_as_they_are();
    wrong_order();
    other_requests();
    events_that_are_over();
    callbacks();
    no_entropy();
    threads();
    pools();
    words();
    printf("%d answers, %d of them wrong\n", tried, wrong);
    return wrong != 0;
}
