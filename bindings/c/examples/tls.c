/* Sends a text over TLS, and prints the answer: tls wss://HOST/PATH TEXT [CA.pem]
 *
 * OpenSSL does the TLS. The library sees the bytes inside of it, and does not know of it. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <websocket_proto.h>

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int dial(const char *host, uint16_t port) {
    struct addrinfo hints, *found = NULL;
    char service[6];
    int fd = -1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    snprintf(service, sizeof service, "%u", (unsigned)port);
    if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* TLS to this host, whose certificate has to be good; NULL if it is not. */
static SSL *begin_tls(SSL_CTX *context, int fd, const char *host) {
    SSL *tls = SSL_new(context);
    if (tls == NULL) return NULL;
    SSL_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_tlsext_host_name(tls, host);
    if (SSL_set1_host(tls, host) != 1 || SSL_set_fd(tls, fd) != 1 || SSL_connect(tls) != 1) {
        SSL_free(tls);
        return NULL;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return tls;
}

/* Whether TLS only waits for the socket; if not, tells the connection what happened. */
static bool only_waits(SSL *tls, int result, wsp_connection *connection) {
    int error = SSL_get_error(tls, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
    if (error == SSL_ERROR_ZERO_RETURN) wsp_eof(connection);
    else wsp_transport_failed(connection);
    return false;
}

static void handle(wsp_connection *connection, const wsp_event *event, const char *text) {
    wsp_ending ending;
    switch (event->kind) {
    case WSP_OPEN: wsp_send_text(connection, wsp_str(text)); break;
    case WSP_REFUSED: fprintf(stderr, "refused: status %u\n", (unsigned)event->code); break;
    case WSP_TEXT:
        printf("%.*s\n", (int)event->len, (const char *)event->data);
        wsp_close(connection, now(), 1000, wsp_str(""));
        break;
    case WSP_ENDED:
        if (wsp_read_ending(connection, &ending) == 0 && ending.cause != WSP_CLEAN)
            fprintf(stderr, "ended: %s %s\n", wsp_name(ending.cause), wsp_explain(ending.error));
        break;
    default: break;
    }
}

static void handle_all(wsp_connection *connection, const char *text) {
    wsp_event event;
    while (wsp_receive(connection, now(), &event) == WSP_EVENT) handle(connection, &event, text);
}

static void write_out(SSL *tls, wsp_connection *connection) {
    wsp_bytes pieces[WSP_PIECES];
    while (wsp_pending(connection, pieces) > 0) {
        size_t written;
        int result = SSL_write_ex(tls, pieces[0].data, pieces[0].len, &written);
        if (result == 1) wsp_advance(connection, written);
        else if (only_waits(tls, result, connection)) return;
    }
}

/* Reads all that has come; false if there was nothing. */
static bool read_in(SSL *tls, wsp_connection *connection) {
    size_t len, got;
    uint8_t *space = wsp_space(connection, &len);
    int result = SSL_read_ex(tls, space, len, &got);
    if (result == 1) wsp_filled(connection, got);
    return result == 1 || !only_waits(tls, result, connection);
}

static void wait_for(int fd, const wsp_connection *connection) {
    struct pollfd ready = {fd, POLLIN, 0};
    uint64_t due = wsp_timeout(connection), time = now();
    if (wsp_waiting(connection) > 0) ready.events = POLLIN | POLLOUT;
    poll(&ready, 1, due == WSP_NEVER ? -1 : due > time ? (int)((due - time) / 1000000) + 1 : 0);
}

/* The status of the program. */
static int talk(SSL *tls, wsp_connection *connection, const char *text) {
    wsp_ending ending;
    for (;;) {
        handle_all(connection, text);
        write_out(tls, connection);
        bool waits = wsp_waiting(connection) > 0;
        if (wsp_transport(connection) == WSP_CLOSE_TRANSPORT && !waits) break;
        if (wsp_transport(connection) == WSP_SHUTDOWN_WRITE && !waits) SSL_shutdown(tls);
        if (read_in(tls, connection)) continue;
        wait_for(SSL_get_fd(tls), connection);
        bool is_late = !read_in(tls, connection) && wsp_timeout(connection) <= now();
        if (is_late) wsp_handle_timeout(connection, now());
    }
    handle_all(connection, text);
    return wsp_read_ending(connection, &ending) == 0 && ending.cause == WSP_CLEAN ? 0 : 1;
}

static int run(SSL_CTX *context, const wsp_request *request, const char *text) {
    wsp_bytes name = wsp_request_host(request);
    char host[256];
    wsp_connection *connection;
    int status = 1;
    snprintf(host, sizeof host, "%.*s", (int)name.len, (const char *)name.data);
    int fd = dial(host, wsp_request_port(request));
    SSL *tls = fd < 0 ? NULL : begin_tls(context, fd, host);
    if (tls == NULL) {
        const char *why = fd < 0 ? strerror(errno) : "no TLS, or a certificate that is not good";
        fprintf(stderr, "%s: %s\n", host, why);
    } else if (wsp_client_new(NULL, request, now(), &connection) == 0) {
        status = talk(tls, connection, text);
        wsp_connection_free(connection);
    }
    SSL_free(tls);
    if (fd >= 0) close(fd);
    return status;
}

int main(int count, char **arguments) {
    wsp_request *request;
    if (count < 3) {
        fprintf(stderr, "usage: tls wss://HOST/PATH TEXT [CA.pem]\n");
        return 2;
    }
    int32_t error = wsp_request_new(wsp_str(arguments[1]), &request);
    if (error != 0 || !wsp_request_is_secure(request)) {
        fprintf(stderr, "%s: %s\n", arguments[1], error != 0 ? wsp_explain(error) : "not wss://");
        wsp_request_free(request);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (count > 3) SSL_CTX_load_verify_locations(context, arguments[3], NULL);
    else SSL_CTX_set_default_verify_paths(context);
    int status = run(context, request, arguments[2]);
    SSL_CTX_free(context);
    wsp_request_free(request);
    return status;
}
