/* Sends back the bytes that it reads, by epoll(7) on one thread: raw PORT. It is what an echo costs
 * without WebSockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char buffer[256 << 10];

static int listen_at(const char *port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(listener, (struct sockaddr *)&at, sizeof at) == 0;
    return bound && listen(listener, 4096) == 0 ? listener : -1;
}

static void watch(int queue, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(int queue, int listener) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(queue, fd);
    }
}

static bool write_all(int fd, const char *bytes, size_t len) {
    struct pollfd ready = {fd, POLLOUT, 0};
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && poll(&ready, 1, -1) < 0) return false;
        if (ready.revents & (POLLERR | POLLHUP)) return false;
        bytes += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static void echo(int fd) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0 || !write_all(fd, buffer, (size_t)got)) close(fd);
}

int main(int count, char **arguments) {
    struct epoll_event events[256];
    int queue = epoll_create1(0), listener = listen_at(count > 1 ? arguments[1] : "9001");
    if (listener < 0) {
        perror("raw");
        return 1;
    }
    watch(queue, listener);
    for (;;) {
        int ready = epoll_wait(queue, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) welcome(queue, listener);
            else echo(events[i].data.fd);
        }
    }
}
