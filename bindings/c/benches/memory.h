/* What a library does for the comparison in memory. `memory.c` is the program around it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As much as a read from a socket brings at most. */
#define READ_LEN ((size_t)64 << 10)

typedef struct totals {
    size_t messages;
    size_t last_bytes; /* the sum of each message's last byte: proof that it was unmasked */
    size_t echoed;     /* bytes on the wire */
} totals;

typedef struct receiver receiver;

/* A server's side of an open connection, which sends back what it receives if it echoes. */
receiver *receiver_new(bool echoes);
void receiver_free(receiver *it);

/* Receives all of the input, and adds to the totals. */
void receive_all(receiver *it, const uint8_t *input, size_t len, totals *to);

#endif
