/* Echoes to many WebSocket clients in a loop of libuv: libuv PORT
 *
 * libuv reads straight into the library's memory. It writes later, so it is given output that it
 * can keep: wsp_take_output. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>
#include <websocket_proto.h>

#define FULL (1u << 20) /* more waiting output than this, and nothing is received */

typedef struct {
    uv_tcp_t stream;
    uv_timer_t timer;
    uv_shutdown_t shutdown;
    wsp_connection *connection;
    bool read_all; /* the peer has ended its side */
    bool shut;     /* the writing side */
    bool ending;   /* its handles are being closed */
    int open;      /* how many of them are open */
} peer;

/* A piece of output that is being written. */
typedef struct {
    uv_write_t request;
    peer *of;
    wsp_owned piece;
} written;

static void take_turn(peer *it);

static void on_closed(uv_handle_t *handle) {
    peer *it = (peer *)handle->data;
    if (--it->open > 0) return;
    wsp_connection_free(it->connection);
    free(it);
}

static void end(peer *it) {
    if (it->ending) return;
    it->ending = true;
    uv_close((uv_handle_t *)&it->stream, on_closed);
    uv_close((uv_handle_t *)&it->timer, on_closed);
}

static void on_written(uv_write_t *request, int status) {
    written *done = (written *)request->data;
    peer *it = done->of;
    if (status == 0) wsp_advance(it->connection, done->piece.len);
    else wsp_transport_failed(it->connection);
    wsp_owned_free(&done->piece);
    free(done);
    take_turn(it);
}

static void write_out(peer *it) {
    wsp_owned piece;
    while (wsp_take_output(it->connection, &piece) > 0) {
        written *next = (written *)malloc(sizeof *next);
        if (next == NULL) abort();
        uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)piece.data, (unsigned)piece.len);
        next->request.data = next;
        next->of = it;
        next->piece = piece;
        uv_write(&next->request, (uv_stream_t *)&it->stream, &buffer, 1, on_written);
    }
}

static void on_timer(uv_timer_t *timer) {
    peer *it = (peer *)timer->data;
    wsp_handle_timeout(it->connection, uv_hrtime());
    take_turn(it);
}

static void set_timer(peer *it) {
    uint64_t due = wsp_timeout(it->connection), time = uv_hrtime();
    uint64_t left = due > time ? (due - time) / 1000000 + 1 : 0;
    if (due == WSP_NEVER) uv_timer_stop(&it->timer);
    else uv_timer_start(&it->timer, on_timer, left, 0);
}

static void answer(peer *it, const wsp_event *event) {
    wsp_bytes data = wsp_of(event->data, event->len);
    switch (event->kind) {
    case WSP_REQUEST: wsp_accept(it->connection, uv_hrtime(), NULL); break;
    case WSP_TEXT: wsp_send_text(it->connection, data); break;
    case WSP_BINARY: wsp_send_binary(it->connection, data); break;
    default: break;
    }
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    peer *it = (peer *)handle->data;
    size_t len;
    uint8_t *space = wsp_space(it->connection, &len);
    (void)suggested;
    *buffer = uv_buf_init((char *)space, (unsigned)len);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
    peer *it = (peer *)stream->data;
    (void)buffer;
    if (len > 0) wsp_filled(it->connection, (size_t)len);
    else if (len == UV_EOF) wsp_eof(it->connection);
    else if (len < 0) wsp_transport_failed(it->connection);
    it->read_all = len < 0;
    if (len != 0) take_turn(it);
}

static void note_shutdown(uv_shutdown_t *request, int status) {
    (void)request, (void)status;
}

/* Answers, writes, and does with the stream what is asked. */
static void take_turn(peer *it) {
    wsp_event event;
    if (it->ending) return;
    while (wsp_waiting(it->connection) < FULL) {
        if (wsp_receive(it->connection, uv_hrtime(), &event) != WSP_EVENT) break;
        answer(it, &event);
    }
    write_out(it);
    uint32_t transport = wsp_transport(it->connection);
    bool waits = wsp_waiting(it->connection) > 0;
    if (transport == WSP_CLOSE_TRANSPORT && (!waits || wsp_timeout(it->connection) == WSP_NEVER)) {
        end(it);
        return;
    }
    if (transport == WSP_SHUTDOWN_WRITE && !it->shut) {
        it->shut = true; /* libuv writes everything before */
        uv_shutdown(&it->shutdown, (uv_stream_t *)&it->stream, note_shutdown);
    }
    uv_stream_t *stream = (uv_stream_t *)&it->stream;
    if (wsp_waiting(it->connection) >= FULL || it->read_all) uv_read_stop(stream);
    else uv_read_start(stream, on_space, on_read);
    set_timer(it);
}

static void on_connection(uv_stream_t *listener, int status) {
    peer *it = status == 0 ? (peer *)calloc(1, sizeof *it) : NULL;
    if (it == NULL) return;
    uv_tcp_init(listener->loop, &it->stream);
    uv_timer_init(listener->loop, &it->timer);
    it->stream.data = it->timer.data = it;
    it->open = 2;
    it->connection = wsp_server_new(NULL, uv_hrtime());
    if (it->connection == NULL || uv_accept(listener, (uv_stream_t *)&it->stream) != 0) {
        end(it);
        return;
    }
    uv_tcp_nodelay(&it->stream, 1);
    take_turn(it);
}

int main(int count, char **arguments) {
    uv_tcp_t listener;
    struct sockaddr_in at;
    signal(SIGPIPE, SIG_IGN);
    uv_ip4_addr("127.0.0.1", atoi(count > 1 ? arguments[1] : "9001"), &at);
    uv_tcp_init(uv_default_loop(), &listener);
    uv_tcp_bind(&listener, (struct sockaddr *)&at, 0);
    int error = uv_listen((uv_stream_t *)&listener, 4096, on_connection);
    if (error != 0) {
        fprintf(stderr, "libuv: %s\n", uv_strerror(error));
        return 1;
    }
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
