/* Echoes to many WebSocket clients on one thread, by epoll(7): epoll PORT
 *
 * A connection holds memory of its own only for what it has not finished. What it receives into and
 * compresses with is lent to it for its turn, from one pool. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <websocket_proto.h>

#define FULL (1u << 20)       /* more waiting output than this, and nothing is received */
#define READS_PER_TURN 16     /* who never pauses must not keep the others waiting */
#define MOST_PEERS 65536
#define TICK_MILLISECONDS 250 /* how often deadlines are looked at */

typedef enum { WAIT, AGAIN, OVER } next;

typedef struct {
    int fd;
    wsp_connection *connection;
    bool shut; /* the writing side */
} peer;

static peer *peers[MOST_PEERS]; /* by file descriptor */
static int most_used;           /* above all file descriptors in use */
static wsp_pool *pool;
static wsp_config *config;
static int queue;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Writes what the socket takes. */
static void write_out(peer *it) {
    wsp_bytes pieces[WSP_PIECES];
    size_t count;
    while ((count = wsp_pending(it->connection, pieces)) > 0) {
        /* On POSIX, these are the same struct. */
        ssize_t written = writev(it->fd, (const struct iovec *)(const void *)pieces, (int)count);
        if (written < 0 && errno != EAGAIN) wsp_transport_failed(it->connection);
        if (written <= 0) return;
        wsp_advance(it->connection, (size_t)written);
    }
    wsp_shrink(it->connection);
}

static void answer(peer *it, const wsp_event *event) {
    wsp_bytes data = wsp_of(event->data, event->len);
    switch (event->kind) {
    case WSP_REQUEST: wsp_accept(it->connection, now(), NULL); break;
    case WSP_TEXT: wsp_send_text(it->connection, data); break;
    case WSP_BINARY: wsp_send_binary(it->connection, data); break;
    case WSP_PING: write_out(it); break; /* or else only the last of many is answered */
    case WSP_FAILS: fprintf(stderr, "epoll: %s\n", wsp_explain(event->error)); break;
    default: break;
    }
}

/* Answers all that was read, but no more than there is room for. */
static void answer_all(peer *it) {
    wsp_event event;
    while (wsp_waiting(it->connection) < FULL) {
        if (wsp_receive(it->connection, now(), &event) != WSP_EVENT) return;
        answer(it, &event);
    }
}

static next read_in(peer *it) {
    size_t len;
    uint8_t *space = wsp_space(it->connection, &len);
    ssize_t got = recv(it->fd, space, len, 0);
    if (got < 0 && errno == EAGAIN) return WAIT;
    if (got < 0) wsp_transport_failed(it->connection);
    else if (got == 0) wsp_eof(it->connection);
    else wsp_filled(it->connection, (size_t)got);
    return AGAIN;
}

/* One round: answers, writes, does with the socket what is asked, and reads. */
static next go_on(peer *it) {
    wsp_connection *connection = it->connection;
    answer_all(it);
    write_out(it);
    bool waits = wsp_waiting(connection) > 0;
    switch (wsp_transport(connection)) {
    case WSP_CLOSE_TRANSPORT:
        if (waits && wsp_timeout(connection) != WSP_NEVER) return WAIT;
        answer_all(it);
        return OVER;
    case WSP_SHUTDOWN_WRITE:
        if (!waits && !it->shut) shutdown(it->fd, SHUT_WR);
        it->shut = it->shut || !waits;
        break;
    default: break;
    }
    if (wsp_waiting(connection) >= FULL) return WAIT;
    return wsp_unread(connection) > 0 ? AGAIN : read_in(it);
}

/* Whose turn ended before all was done gets the next one as soon as something can be written. */
static void watch(peer *it, int operation, next then) {
    struct epoll_event event;
    size_t waiting = wsp_waiting(it->connection);
    bool writes = waiting > 0 || then == AGAIN;
    event.data.fd = it->fd;
    event.events = (waiting < FULL ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
    epoll_ctl(queue, operation, it->fd, &event);
}

static void drop(peer *it) {
    peers[it->fd] = NULL;
    wsp_connection_free(it->connection);
    close(it->fd);
    free(it);
}

static void take_turn(peer *it) {
    next then = AGAIN;
    wsp_lend(it->connection, pool);
    for (int reads = 0; then == AGAIN && reads < READS_PER_TURN; reads++) then = go_on(it);
    /* Bytes come before time: what came in time counts, even if it is read late. */
    if (then == WAIT && wsp_timeout(it->connection) <= now()) {
        wsp_handle_timeout(it->connection, now());
        then = go_on(it);
    }
    wsp_take_back(it->connection, pool);
    if (then == OVER) drop(it);
    else watch(it, EPOLL_CTL_MOD, then);
}

static void welcome(int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        peer *it = fd < MOST_PEERS ? (peer *)calloc(1, sizeof *it) : NULL;
        if (it == NULL || (it->connection = wsp_server_new(config, now())) == NULL) {
            free(it);
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        it->fd = fd;
        peers[fd] = it;
        if (fd >= most_used) most_used = fd + 1;
        watch(it, EPOLL_CTL_ADD, WAIT);
    }
}

static void look_at_deadlines(void) {
    static uint64_t last;
    uint64_t time = now();
    if (time - last < TICK_MILLISECONDS * 1000000u) return;
    last = time;
    for (int fd = 0; fd < most_used; fd++)
        if (peers[fd] != NULL && wsp_timeout(peers[fd]->connection) <= time) take_turn(peers[fd]);
}

static int listen_at(const char *port) {
    static struct sockaddr_in at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)atoi(port));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(listener, (struct sockaddr *)&at, sizeof at) == 0;
    return bound && listen(listener, 4096) == 0 ? listener : -1;
}

int main(int count, char **arguments) {
    struct epoll_event events[256];
    const char *port = count > 1 ? arguments[1] : "9001";
    int listener = listen_at(port);
    if (listener < 0) {
        perror("epoll");
        return 1;
    }
    printf("listening on ws://127.0.0.1:%s\n", port);
    fflush(stdout);
    signal(SIGPIPE, SIG_IGN);
    pool = wsp_pool_new(0);
    config = wsp_config_new();
    wsp_config_set(config, WSP_DEFLATE, 1); /* where it is built in */
    queue = epoll_create1(EPOLL_CLOEXEC);
    events[0].events = EPOLLIN;
    events[0].data.fd = listener;
    epoll_ctl(queue, EPOLL_CTL_ADD, listener, &events[0]);
    for (;;) {
        int ready = epoll_wait(queue, events, 256, TICK_MILLISECONDS);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) welcome(listener);
            else if (peers[fd] != NULL) take_turn(peers[fd]);
        }
        look_at_deadlines();
    }
}
