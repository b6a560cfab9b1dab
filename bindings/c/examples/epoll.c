/* Echoes to many WebSocket clients on one thread, by epoll(7): epoll PORT
 *
 * An idle connection holds memory of its own only for what it has not finished. What it receives
 * into and compresses with is lent to it for its turn, from one pool. */
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
#define HEADER 10             /* of a frame, at most */
#define READS_PER_TURN 16     /* who never pauses must not keep the others waiting */
#define MOST_PEERS 65536
#define TICK_MILLISECONDS 250 /* how often deadlines and idle connections are looked at */

typedef enum { WAIT, AGAIN, OVER } next;

typedef struct {
    int fd;
    wsp_connection *connection;
    uint32_t watched; /* what epoll waits for */
    uint64_t time;    /* at which its turn began: one look at the clock is enough for a turn */
    bool drained;     /* the socket had less than was asked for */
    bool shut;        /* the writing side */
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

static bool has_room(const peer *it) { return wsp_waiting(it->connection) < FULL; }

/* One piece is usual, and quicker without the list. */
static ssize_t write_pieces(int fd, const wsp_bytes *pieces, size_t count) {
    if (count == 1) return send(fd, pieces[0].data, pieces[0].len, MSG_NOSIGNAL);
    /* On POSIX, these are the same struct. */
    return writev(fd, (const struct iovec *)(const void *)pieces, (int)count);
}

/* Writes what the socket takes. */
static void write_out(peer *it) {
    wsp_bytes pieces[WSP_PIECES];
    size_t count;
    while ((count = wsp_pending(it->connection, pieces)) > 0) {
        ssize_t written = write_pieces(it->fd, pieces, count);
        if (written < 0 && errno != EAGAIN) wsp_transport_failed(it->connection);
        if (written <= 0) return;
        wsp_advance(it->connection, (size_t)written);
    }
}

static void answer(peer *it, const wsp_event *event) {
    wsp_bytes data = wsp_of(event->data, event->len);
    switch (event->kind) {
    case WSP_REQUEST: wsp_accept(it->connection, it->time, NULL); break;
    case WSP_TEXT: wsp_send_text(it->connection, data); break;
    case WSP_BINARY: wsp_send_binary(it->connection, data); break;
    case WSP_PING: write_out(it); break; /* or else only the last of many is answered */
    case WSP_FAILS: fprintf(stderr, "epoll: %s\n", wsp_explain(event->error)); break;
    default: break;
    }
}

/* Answers all that was read, but no more than there is room for: an answer is as long as what it
 * answers, and a header. */
static void answer_all(peer *it) {
    wsp_event event;
    size_t waiting = wsp_waiting(it->connection);
    while (waiting < FULL && wsp_receive(it->connection, it->time, &event) == WSP_EVENT) {
        answer(it, &event);
        waiting += event.len + HEADER;
    }
}

static void read_in(peer *it) {
    size_t len;
    uint8_t *space = wsp_space(it->connection, &len);
    ssize_t got = recv(it->fd, space, len, 0);
    it->drained = got < (ssize_t)len;
    if (got > 0) wsp_filled(it->connection, (size_t)got);
    else if (got == 0) wsp_eof(it->connection);
    else if (errno != EAGAIN) wsp_transport_failed(it->connection);
}

/* One round: reads, answers, writes, and does with the socket what is asked. */
static next go_on(peer *it) {
    wsp_connection *connection = it->connection;
    if (!it->drained && wsp_unread(connection) == 0 && has_room(it)) read_in(it);
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
    if (it->drained && wsp_unread(connection) == 0) return WAIT;
    return has_room(it) ? AGAIN : WAIT;
}

static void add(int fd) {
    struct epoll_event event;
    event.data.fd = fd;
    event.events = EPOLLIN;
    epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
}

/* Whose turn ended before all was done gets the next one as soon as something can be written. */
static void watch(peer *it, next then) {
    struct epoll_event event;
    bool reads = has_room(it) && wsp_transport(it->connection) != WSP_CLOSE_TRANSPORT;
    bool writes = wsp_waiting(it->connection) > 0 || then == AGAIN;
    event.data.fd = it->fd;
    event.events = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u);
    if (event.events == it->watched) return;
    it->watched = event.events;
    epoll_ctl(queue, EPOLL_CTL_MOD, it->fd, &event);
}

static void drop(peer *it) {
    peers[it->fd] = NULL;
    wsp_connection_free(it->connection);
    close(it->fd);
    free(it);
}

static void take_turn(peer *it) {
    next then = AGAIN;
    it->time = now();
    it->drained = false;
    wsp_lend(it->connection, pool);
    for (int reads = 0; then == AGAIN && reads < READS_PER_TURN; reads++) then = go_on(it);
    /* Bytes come before time: what came in time counts, even if it is read late. */
    if (then == WAIT && wsp_timeout(it->connection) <= it->time) {
        wsp_handle_timeout(it->connection, it->time);
        then = go_on(it);
    }
    wsp_take_back(it->connection, pool);
    if (then == OVER) drop(it);
    else watch(it, then);
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
        add(fd);
        it->watched = EPOLLIN;
    }
}

/* Those whose deadline has come take a turn; those who had none since the last tick are idle. */
static void tick(void) {
    static uint64_t last;
    uint64_t time = now(), before = last;
    if (time - last < TICK_MILLISECONDS * 1000000u) return;
    last = time;
    for (int fd = 0; fd < most_used; fd++) {
        peer *it = peers[fd];
        if (it == NULL) continue;
        if (it->time < before) wsp_shrink(it->connection);
        if (wsp_timeout(it->connection) <= time) take_turn(it);
    }
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
    add(listener);
    for (;;) {
        int ready = epoll_wait(queue, events, 256, TICK_MILLISECONDS);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) welcome(listener);
            else if (peers[fd] != NULL) take_turn(peers[fd]);
        }
        tick();
    }
}
