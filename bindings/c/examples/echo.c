/* Echoes to WebSocket clients, with a process for each: echo PORT */
#define _DEFAULT_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <websocket_proto.h>
static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}
static int serve(int fd) {
    wsp_connection *peer = wsp_server_new(NULL, now());
    for (;;) {
        wsp_event event; /* 1. Answer everything that was received. */
        while (wsp_receive(peer, now(), &event) == WSP_EVENT) {
            if (event.kind == WSP_REQUEST) wsp_accept(peer, now(), NULL);
            if (event.kind == WSP_TEXT) wsp_send_text(peer, wsp_of(event.data, event.len));
            if (event.kind == WSP_BINARY) wsp_send_binary(peer, wsp_of(event.data, event.len));
        }
        wsp_bytes out[WSP_PIECES]; /* 2. Write what the socket takes. */
        for (ssize_t sent = 1; sent > 0 && wsp_pending(peer, out) > 0;) {
            sent = send(fd, out[0].data, out[0].len, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) wsp_advance(peer, (size_t)sent);
            else if (errno != EAGAIN) wsp_transport_failed(peer);
        }
        bool waits = wsp_waiting(peer) > 0; /* 3. Do with the socket what is asked. */
        uint64_t due = wsp_timeout(peer);
        if (!waits && wsp_transport(peer) == WSP_SHUTDOWN_WRITE) shutdown(fd, SHUT_WR);
        if (wsp_transport(peer) == WSP_CLOSE_TRANSPORT && (!waits || due == WSP_NEVER)) break;
        /* 4. Wait for the socket or the deadline. Who does not read is not read from. */
        struct pollfd ready = {fd, (short)(waits ? POLLOUT : POLLIN), 0};
        uint64_t left = due > now() ? (due - now()) / 1000000 + 1 : 0;
        poll(&ready, 1, due == WSP_NEVER ? -1 : (int)left);
        if (ready.revents & (POLLIN | POLLHUP | POLLERR)) {
            size_t len;
            uint8_t *space = wsp_space(peer, &len);
            ssize_t got = recv(fd, space, len, MSG_DONTWAIT);
            if (got > 0) wsp_filled(peer, (size_t)got);
            if (got == 0) wsp_eof(peer);
            if (got < 0 && errno != EAGAIN) wsp_transport_failed(peer);
        } else if (now() >= due) wsp_handle_timeout(peer, now());
    }
    wsp_connection_free(peer);
    return 0;
}
int main(int count, char **arguments) {
    static struct sockaddr_in at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    at.sin_family = AF_INET, at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)atoi(count > 1 ? arguments[1] : "9001"));
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 64)) return 1;
    for (signal(SIGCHLD, SIG_IGN); (fd = accept(listener, NULL, NULL)) >= 0; close(fd))
        if (fork() == 0) return serve(fd);
}
