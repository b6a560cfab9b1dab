/* The client that Autobahn|Testsuite's fuzzing server tests: autobahn ws://HOST:PORT AGENT
 *
 * Plays one case after the other, echoing what comes, and has the server write its report. */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <websocket_proto.h>

#define FULL (1u << 20) /* more waiting output than this, and nothing is received */
#define CLOSE_TIMEOUT 2000000000u

static wsp_config *config;
static unsigned long said; /* the number that came last in a text */

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int dial(const wsp_request *request) {
    struct addrinfo hints, *found = NULL;
    wsp_bytes name = wsp_request_host(request);
    char host[256], service[6];
    int on = 1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    snprintf(host, sizeof host, "%.*s", (int)name.len, (const char *)name.data);
    snprintf(service, sizeof service, "%u", (unsigned)wsp_request_port(request));
    if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
    int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void count(const wsp_event *event) {
    char text[16];
    snprintf(text, sizeof text, "%.*s", (int)event->len, (const char *)event->data);
    said = strtoul(text, NULL, 10);
}

/* Writes what the socket takes. */
static void write_out(int fd, wsp_connection *connection) {
    wsp_bytes pieces[WSP_PIECES];
    while (wsp_pending(connection, pieces) > 0) {
        ssize_t written = send(fd, pieces[0].data, pieces[0].len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0 && errno != EAGAIN) wsp_transport_failed(connection);
        if (written <= 0) return;
        wsp_advance(connection, (size_t)written);
    }
}

/* Echoes what was read, but no more than there is room for; true if that was all. */
static bool answer_all(int fd, wsp_connection *connection, bool echoes) {
    wsp_event event;
    while (wsp_waiting(connection) < FULL) {
        if (wsp_receive(connection, now(), &event) != WSP_EVENT) return true;
        wsp_bytes data = wsp_of(event.data, event.len);
        if (event.kind == WSP_TEXT && !echoes) count(&event);
        else if (event.kind == WSP_TEXT) wsp_send_text(connection, data);
        else if (event.kind == WSP_BINARY) wsp_send_binary(connection, data);
        /* The case 2.10 wants an answer to each ping, and not only to the last. */
        else if (event.kind == WSP_PING) write_out(fd, connection);
    }
    return false;
}

/* Reads what has come; false if there was nothing. */
static bool read_in(int fd, wsp_connection *connection) {
    size_t len;
    uint8_t *space = wsp_space(connection, &len);
    ssize_t got = recv(fd, space, len, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    if (got < 0) wsp_transport_failed(connection);
    else if (got == 0) wsp_eof(connection);
    else wsp_filled(connection, (size_t)got);
    return true;
}

/* Waits for the socket or the deadline, and reads. */
static void wait_and_read(int fd, wsp_connection *connection) {
    struct pollfd ready = {fd, 0, 0};
    size_t waiting = wsp_waiting(connection);
    uint64_t due = wsp_timeout(connection), time = now();
    ready.events = (short)((waiting < FULL ? POLLIN : 0) | (waiting > 0 ? POLLOUT : 0));
    poll(&ready, 1, due == WSP_NEVER ? -1 : due > time ? (int)((due - time) / 1000000) + 1 : 0);
    bool has_read = (ready.revents & (POLLIN | POLLHUP | POLLERR)) && read_in(fd, connection);
    if (!has_read && due <= now()) wsp_handle_timeout(connection, now());
}

static void talk(int fd, wsp_connection *connection, bool echoes) {
    for (bool is_shut = false;;) {
        bool is_all = answer_all(fd, connection, echoes);
        write_out(fd, connection);
        if (!is_all && wsp_waiting(connection) < FULL) continue;
        bool waits = wsp_waiting(connection) > 0;
        bool is_lost = wsp_timeout(connection) == WSP_NEVER; /* what waits */
        uint32_t transport = wsp_transport(connection);
        if (transport == WSP_CLOSE_TRANSPORT && (!waits || is_lost)) break;
        if (transport == WSP_SHUTDOWN_WRITE && !waits && !is_shut) {
            shutdown(fd, SHUT_WR);
            is_shut = true;
        }
        wait_and_read(fd, connection);
    }
    answer_all(fd, connection, echoes);
}

/* A connection to this URL, from its beginning to its end; false if there was none. */
static bool visit(const char *url, bool echoes) {
    wsp_request *request;
    wsp_connection *connection = NULL;
    if (wsp_request_new(wsp_str(url), &request) != 0) return false;
    int fd = dial(request);
    if (fd >= 0 && wsp_client_new(config, request, now(), &connection) == 0)
        talk(fd, connection, echoes);
    bool is_done = connection != NULL;
    wsp_connection_free(connection);
    wsp_request_free(request);
    if (fd >= 0) close(fd);
    return is_done;
}

static bool play_all(const char *server, const char *agent) {
    char url[512];
    snprintf(url, sizeof url, "%s/getCaseCount", server);
    if (!visit(url, false) || said == 0) return false;
    unsigned long cases = said;
    for (unsigned long number = 1; number <= cases; number++) {
        snprintf(url, sizeof url, "%s/runCase?case=%lu&agent=%s", server, number, agent);
        if (!visit(url, true)) return false;
    }
    snprintf(url, sizeof url, "%s/updateReports?agent=%s", server, agent);
    return visit(url, true);
}

int main(int arguments, char **argument) {
    if (arguments != 3) {
        fprintf(stderr, "usage: autobahn ws://HOST:PORT AGENT\n");
        return 2;
    }
    config = wsp_config_new();
    wsp_config_set(config, WSP_DEFLATE, 1);
    /* Otherwise a case that expects the client to end the stream first takes longer by seconds. */
    wsp_config_set(config, WSP_CLOSE_TIMEOUT, CLOSE_TIMEOUT);
    bool is_done = play_all(argument[1], argument[2]);
    if (!is_done) fprintf(stderr, "autobahn: %s: no connection, or no cases\n", argument[1]);
    wsp_config_free(config);
    return is_done ? 0 : 1;
}
