/* The C library in memory. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <websocket_proto.h>

struct receiver {
    wsp_connection *connection;
    wsp_pool *pool;
    bool echoes;
};

receiver *receiver_new(bool echoes) {
    receiver *it = malloc(sizeof *it);
    it->echoes = echoes;
    it->pool = wsp_pool_new(READ_LEN);
    if (wsp_established_new(NULL, WSP_SERVER, NULL, 0, &it->connection) != 0) abort();
    wsp_lend(it->connection, it->pool);
    return it;
}

void receiver_free(receiver *it) {
    wsp_connection_free(it->connection);
    wsp_pool_free(it->pool);
    free(it);
}

static void write_out(receiver *it, totals *to) {
    wsp_bytes pieces[WSP_PIECES];
    size_t count;
    while ((count = wsp_pending(it->connection, pieces)) > 0) {
        size_t written = 0;
        for (size_t i = 0; i < count; i++) written += pieces[i].len;
        wsp_advance(it->connection, written);
        to->echoed += written;
    }
}

static void answer_all(receiver *it, totals *to) {
    wsp_event event;
    while (wsp_receive(it->connection, 0, &event) == WSP_EVENT) {
        if (event.kind != WSP_BINARY) continue;
        to->messages++;
        to->last_bytes += event.data[event.len - 1];
        if (it->echoes) wsp_send_binary(it->connection, wsp_of(event.data, event.len));
    }
}

void receive_all(receiver *it, const uint8_t *input, size_t len, totals *to) {
    while (len > 0) {
        size_t room;
        uint8_t *space = wsp_space(it->connection, &room);
        size_t read = room < len ? room : len;
        memcpy(space, input, read);
        wsp_filled(it->connection, read);
        input += read;
        len -= read;
        answer_all(it, to);
        if (it->echoes) write_out(it, to);
    }
}
