/* wslay in memory. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <wslay/wslay.h>

struct receiver {
    wslay_event_context_ptr context;
    const uint8_t *input;
    size_t len;
    totals *to;
    bool echoes;
};

static ssize_t read_in(wslay_event_context_ptr context, uint8_t *to, size_t room, int flags,
                       void *user) {
    receiver *it = user;
    size_t read = room < it->len ? room : it->len;
    (void)flags;
    if (read == 0) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(to, it->input, read);
    it->input += read;
    it->len -= read;
    return (ssize_t)read;
}

static ssize_t write_out(wslay_event_context_ptr context, const uint8_t *bytes, size_t len,
                         int flags, void *user) {
    receiver *it = user;
    (void)context, (void)bytes, (void)flags;
    it->to->echoed += len;
    return (ssize_t)len;
}

static void answer(wslay_event_context_ptr context, const struct wslay_event_on_msg_recv_arg *found,
                   void *user) {
    receiver *it = user;
    struct wslay_event_msg reply = {found->opcode, found->msg, found->msg_length};
    if (found->opcode != WSLAY_BINARY_FRAME) return;
    it->to->messages++;
    it->to->last_bytes += found->msg[found->msg_length - 1];
    if (it->echoes) wslay_event_queue_msg(context, &reply);
}

receiver *receiver_new(bool echoes) {
    static const struct wslay_event_callbacks callbacks = {
        .recv_callback = read_in, .send_callback = write_out, .on_msg_recv_callback = answer};
    receiver *it = calloc(1, sizeof *it);
    it->echoes = echoes;
    if (wslay_event_context_server_init(&it->context, &callbacks, it) != 0) abort();
    return it;
}

void receiver_free(receiver *it) {
    wslay_event_context_free(it->context);
    free(it);
}

void receive_all(receiver *it, const uint8_t *input, size_t len, totals *to) {
    it->to = to;
    for (size_t at = 0; at < len; at += READ_LEN) {
        it->input = input + at;
        it->len = len - at < READ_LEN ? len - at : READ_LEN;
        if (wslay_event_recv(it->context) != 0) abort();
        if (it->echoes && wslay_event_send(it->context) != 0) abort();
    }
}
