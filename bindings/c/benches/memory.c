/* Measures one library in memory: for each line "receive LENGTH" or "echo LENGTH" of its input,
 * prints the nanoseconds that a binary message of this length took in the fastest pass. */
#define _POSIX_C_SOURCE 200809L
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INPUT_LEN ((size_t)512 << 10)
#define PASSES 12
#define PAYLOAD_BYTE 0x5A

typedef struct {
    uint8_t *bytes;
    size_t len;
    totals expected; /* of a receiver that echoes */
} input;

static size_t write_header(uint8_t *to, size_t len) {
    to[0] = 0x82;
    if (len < 126) {
        to[1] = (uint8_t)(0x80 | len);
        return 2;
    }
    size_t digits = len < 65536 ? 2 : 8;
    to[1] = digits == 2 ? 0xFE : 0xFF;
    for (size_t i = 0; i < digits; i++) to[2 + i] = (uint8_t)(len >> (8 * (digits - 1 - i)));
    return 2 + digits;
}

static size_t write_masked(uint8_t *to, size_t len, uint32_t key) {
    size_t at = write_header(to, len);
    uint8_t mask[4];
    for (int i = 0; i < 4; i++) to[at++] = mask[i] = (uint8_t)(key >> (8 * i));
    for (size_t i = 0; i < len; i++) to[at++] = PAYLOAD_BYTE ^ mask[i % 4];
    return at;
}

static input make_input(size_t len) {
    size_t count = INPUT_LEN / (len + 6);
    input it = {malloc(count * (len + 14)), 0, {count, count * PAYLOAD_BYTE, 0}};
    for (uint32_t i = 0; i < count; i++)
        it.len += write_masked(it.bytes + it.len, len, i * 0x9E3779B9u);
    it.expected.echoed = it.len - 4 * count;
    return it;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void check(const totals *found, const totals *expected, bool echoes) {
    if (found->messages == expected->messages && found->last_bytes == expected->last_bytes &&
        found->echoed == (echoes ? expected->echoed : 0))
        return;
    fprintf(stderr, "memory: %zu messages, %zu bytes echoed\n", found->messages, found->echoed);
    exit(1);
}

static double fastest(const input *from, bool echoes) {
    receiver *it = receiver_new(echoes);
    double least = 1e18;
    for (int pass = 0; pass < PASSES; pass++) {
        totals found = {0, 0, 0};
        double before = now();
        receive_all(it, from->bytes, from->len, &found);
        double took = now() - before;
        check(&found, &from->expected, echoes);
        if (took < least) least = took;
    }
    receiver_free(it);
    return least / (double)from->expected.messages;
}

int main(void) {
    char way[16];
    size_t len;
    while (scanf("%15s %zu", way, &len) == 2) {
        input from = make_input(len);
        printf("%.3f\n", fastest(&from, strcmp(way, "echo") == 0));
        fflush(stdout);
        free(from.bytes);
    }
    return 0;
}
