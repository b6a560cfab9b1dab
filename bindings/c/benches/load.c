/* The clients of one server: load PORT raw|websocket CONNECTIONS IN_FLIGHT LENGTH.
 *
 * They send bytes that were made beforehand, and compare what comes back. For each number on the
 * input, every connection carries its messages that many times, and a line tells how many messages
 * these were. */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_LEN 125         /* of a message: the length takes one byte */
#define MOST_REFUSED 1000000 /* attempts to connect while the server begins: some seconds */

typedef struct {
    char *bytes;
    size_t len;
} text;

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static void must(bool holds, const char *what) {
    if (holds) return;
    perror(what);
    exit(1);
}

/* Frames of binary messages, masked as a client's or not. */
static text frames(size_t count, size_t len, bool masked) {
    size_t frame = 2 + (masked ? 4 : 0) + len;
    text it = {malloc(count * frame), count * frame};
    must(it.bytes != NULL, "memory");
    for (size_t i = 0; i < count; i++) {
        char *to = it.bytes + i * frame;
        *to++ = (char)0x82;
        *to++ = (char)((masked ? 0x80 : 0) | len);
        for (int key = 1; masked && key <= 4; key++) *to++ = (char)key;
        for (size_t at = 0; at < len; at++) to[at] = (char)('x' ^ (masked ? at % 4 + 1 : 0));
    }
    return it;
}

static void send_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        must(sent > 0, "send");
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void open_websocket(int fd) {
    char head[4096];
    size_t len = 0;
    send_all(fd, REQUEST, sizeof REQUEST - 1);
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0)
        must(len < sizeof head && recv(fd, head + len++, 1, 0) == 1, "handshake");
    must(memcmp(head, "HTTP/1.1 101", 12) == 0, "handshake");
}

static int connect_to(const char *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (long refused = 0; connect(fd, (struct sockaddr *)&at, sizeof at) != 0; refused++)
        must(errno == ECONNREFUSED && refused < MOST_REFUSED, "connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void expect(int fd, const text *response, char *room) {
    must(recv(fd, room, response->len, MSG_WAITALL) == (ssize_t)response->len, "recv");
    must(memcmp(room, response->bytes, response->len) == 0, "another echo");
}

static int *connect_all(const char *port, long connections, bool websocket) {
    int *clients = malloc((size_t)connections * sizeof *clients);
    must(clients != NULL, "memory");
    for (long i = 0; i < connections; i++) {
        clients[i] = connect_to(port);
        if (websocket) open_websocket(clients[i]);
    }
    return clients;
}

int main(int count, char **arguments) {
    must(count == 6, "load PORT raw|websocket CONNECTIONS IN_FLIGHT LENGTH");
    bool websocket = strcmp(arguments[2], "websocket") == 0;
    long connections = atol(arguments[3]), batches;
    size_t in_flight = (size_t)atol(arguments[4]), len = (size_t)atol(arguments[5]);
    must(connections > 0 && in_flight > 0 && len <= MOST_LEN, "the numbers");
    text request = frames(in_flight, len, true), response = frames(in_flight, len, !websocket);
    char *room = malloc(response.len);
    must(room != NULL, "memory");
    int *clients = connect_all(arguments[1], connections, websocket);
    while (scanf("%ld", &batches) == 1) {
        for (long batch = 0; batch < batches; batch++) {
            for (long i = 0; i < connections; i++) send_all(clients[i], request.bytes, request.len);
            for (long i = 0; i < connections; i++) expect(clients[i], &response, room);
        }
        printf("%zu\n", (size_t)(batches * connections) * in_flight);
        fflush(stdout);
    }
    return 0;
}
