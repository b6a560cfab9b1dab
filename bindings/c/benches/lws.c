/* Echoes by libwebsockets on one thread: lws PORT. Messages wait until their socket can be written,
 * as libwebsockets demands, and then as many are written as the socket takes. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WAITING 1024

typedef struct {
    unsigned char *bytes; /* after room for a header */
    size_t len;
    int how;
} piece;

typedef struct {
    piece waiting[MOST_WAITING];
    size_t first, count;
} session;

static int keep(struct lws *wsi, session *it, const void *bytes, size_t len) {
    piece *last = &it->waiting[(it->first + it->count) % MOST_WAITING];
    last->bytes = malloc(LWS_PRE + len);
    if (last->bytes == NULL) return -1;
    memcpy(last->bytes + LWS_PRE, bytes, len);
    last->len = len;
    last->how = lws_write_ws_flags(lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT,
                                   lws_is_first_fragment(wsi), lws_is_final_fragment(wsi));
    if (++it->count == MOST_WAITING) lws_rx_flow_control(wsi, 0);
    lws_callback_on_writable(wsi);
    return 0;
}

static piece *next(session *it) {
    piece *first = &it->waiting[it->first];
    it->first = (it->first + 1) % MOST_WAITING;
    it->count--;
    return first;
}

static int write_out(struct lws *wsi, session *it) {
    bool was_full = it->count == MOST_WAITING;
    while (it->count > 0 && !lws_send_pipe_choked(wsi)) {
        piece *first = next(it);
        enum lws_write_protocol how = (enum lws_write_protocol)first->how;
        int sent = lws_write(wsi, first->bytes + LWS_PRE, first->len, how);
        free(first->bytes);
        if (sent < 0) return -1;
    }
    if (was_full && it->count < MOST_WAITING) lws_rx_flow_control(wsi, 1);
    if (it->count > 0) lws_callback_on_writable(wsi);
    return 0;
}

static int answer(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len) {
    session *it = user;
    switch (reason) {
    case LWS_CALLBACK_RECEIVE: return keep(wsi, it, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return write_out(wsi, it);
    case LWS_CALLBACK_CLOSED:
        while (it->count > 0) free(next(it)->bytes);
        return 0;
    default: return 0;
    }
}

int main(int count, char **arguments) {
    static const struct lws_protocols protocols[] = {
        {.name = "echo", .callback = answer, .per_session_data_size = sizeof(session)},
        {.name = NULL},
    };
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof info);
    info.port = count > 1 ? atoi(arguments[1]) : 9001;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.pt_serv_buf_size = 64 << 10;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context *context = lws_create_context(&info);
    while (context != NULL && lws_service(context, 0) >= 0) continue;
    lws_context_destroy(context);
    return 1;
}
