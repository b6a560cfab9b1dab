/* libwebsockets as a server: server PORT. A refusal cannot have a body of the application's here. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A frame that waits until it can be written. */
struct frame {
    struct frame *next;
    int flags;
    size_t len;
    unsigned char bytes[]; /* after LWS_PRE bytes of room */
};

struct session {
    struct frame *first, **end, *written;
    unsigned char *message;
    size_t len, room;
};

static void queue(struct lws *wsi, struct session *it, int flags, const void *data, size_t len) {
    struct frame *frame = malloc(sizeof *frame + LWS_PRE + len + 1);
    frame->next = NULL;
    frame->flags = flags;
    frame->len = len;
    memcpy(frame->bytes + LWS_PRE, data, len);
    *it->end = frame;
    it->end = &frame->next;
    lws_callback_on_writable(wsi);
}

static int write_next(struct lws *wsi, struct session *it) {
    struct frame *frame = it->first;
    if (frame == NULL) return 0;
    it->first = frame->next;
    if (it->first == NULL) it->end = &it->first;
    const int written = lws_write(wsi, frame->bytes + LWS_PRE, frame->len, frame->flags);
    /* The compressor goes on reading from it. */
    free(it->written);
    it->written = frame;
    if (it->first) lws_callback_on_writable(wsi);
    return written < 0 ? -1 : 0;
}

static void send_fragments(struct lws *wsi, struct session *it) {
    static unsigned char rest[70000];
    /* With compression, the frames are the library's own. */
    if (getenv("INTEROP_DEFLATE")) return queue(wsi, it, LWS_WRITE_TEXT, "absent", 6);
    memset(rest, 'x', sizeof rest);
    queue(wsi, it, LWS_WRITE_TEXT | LWS_WRITE_NO_FIN, "κό", 4);
    queue(wsi, it, LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN, "σμε", 6);
    queue(wsi, it, LWS_WRITE_CONTINUATION, rest, sizeof rest);
}

static int close_with(struct lws *wsi, char *arguments) {
    char *reason = arguments;
    const long code = strtol(arguments, &reason, 10);
    if (*reason == ' ') reason++;
    lws_close_reason(wsi, code, (unsigned char *)reason, strlen(reason));
    return -1;
}

static bool is(const struct session *it, const char *command) {
    return it->len >= strlen(command) && memcmp(it->message, command, strlen(command)) == 0;
}

static int answer(struct lws *wsi, struct session *it) {
    const bool is_text = !lws_frame_is_binary(wsi);
    if (is_text && it->len < 200) {
        it->message[it->len] = 0;
        if (is(it, "!close")) return close_with(wsi, (char *)it->message + strlen("!close"));
        if (is(it, "!fragments")) return send_fragments(wsi, it), 0;
        if (is(it, "!ping")) return queue(wsi, it, LWS_WRITE_PING, "there?", 6), 0;
        if (is(it, "!drop")) return lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC), 0;
    }
    queue(wsi, it, is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY, it->message, it->len);
    return 0;
}

static int take(struct lws *wsi, struct session *it, const void *data, size_t len) {
    if (lws_is_first_fragment(wsi)) it->len = 0;
    if (it->len + len + 1 > it->room) {
        it->room = 2 * (it->len + len + 1);
        it->message = realloc(it->message, it->room);
    }
    if (len) memcpy(it->message + it->len, data, len);
    it->len += len;
    return lws_is_final_fragment(wsi) ? answer(wsi, it) : 0;
}

static void release(struct session *it) {
    while (it->first) {
        struct frame *next = it->first->next;
        free(it->first);
        it->first = next;
    }
    free(it->written);
    free(it->message);
}

static int happened(struct lws *wsi, enum lws_callback_reasons why, void *user, void *data, size_t len) {
    struct session *it = user;
    switch (why) {
        case LWS_CALLBACK_ESTABLISHED:
            memset(it, 0, sizeof *it);
            it->end = &it->first;
            return 0;
        case LWS_CALLBACK_RECEIVE: return take(wsi, it, data, len);
        case LWS_CALLBACK_RECEIVE_PONG: return queue(wsi, it, LWS_WRITE_TEXT, "ponged", 6), 0;
        case LWS_CALLBACK_SERVER_WRITEABLE: return write_next(wsi, it);
        case LWS_CALLBACK_CLOSED: return release(it), 0;
        default: return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "default", .callback = happened, .per_session_data_size = sizeof(struct session), .rx_buffer_size = 65536},
    {.name = "chat", .callback = happened, .per_session_data_size = sizeof(struct session), .rx_buffer_size = 65536},
    {0},
};
static const struct lws_extension extensions[] = {
    {"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate"},
    {0},
};

int main(int count, char **words) {
    if (count < 2 || strcmp(words[1], "version") == 0) return puts(lws_get_library_version()) < 0;
    struct lws_context_creation_info wanted = {
        .port = atoi(words[1]), .iface = "127.0.0.1", .protocols = protocols, .pt_serv_buf_size = 65536};
    lws_set_log_level(LLL_ERR, NULL);
    if (getenv("INTEROP_DEFLATE")) wanted.extensions = extensions;
    if (getenv("INTEROP_KEY")) {
        wanted.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        wanted.ssl_cert_filepath = getenv("INTEROP_CERTIFICATE");
        wanted.ssl_private_key_filepath = getenv("INTEROP_KEY");
    }
    struct lws_context *context = lws_create_context(&wanted);
    while (context && lws_service(context, 0) >= 0) {
    }
    return 1;
}
