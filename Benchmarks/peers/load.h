/* What both load generators share: a histogram of latencies, and numbered bodies whose reply is known in advance. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <ctype.h>

#include "common.h"

/* Counts nanoseconds in buckets no wider than 1/128 of their value. */
struct histogram {
    uint64_t buckets[58 * 128 + 128];
    uint64_t count, most;
};

static inline void record(struct histogram *h, uint64_t ns) {
    int shift = ns < 256 ? 0 : 63 - __builtin_clzll(ns) - 7;
    h->buckets[(uint64_t)shift * 128 + (ns >> shift)]++;
    h->count++;
    if (ns > h->most) h->most = ns;
}

/* The middle of the bucket below which the share `q` of all values lies, in microseconds. */
static inline double quantile_us(const struct histogram *h, double q) {
    uint64_t rank = (uint64_t)(q * (double)h->count), seen = 0;
    for (size_t i = 0; i < sizeof h->buckets / sizeof *h->buckets; i++) {
        seen += h->buckets[i];
        if (seen <= rank && seen < h->count) continue;
        if (h->buckets[i] == 0) continue;
        size_t shift = i < 256 ? 0 : i / 128 - 1;
        double low = (double)((uint64_t)(i - shift * 128) << shift), width = (double)(1ull << shift);
        double middle = low + (width - 1) / 2;
        return (middle > (double)h->most ? (double)h->most : middle) / 1000;
    }
    return 0;
}

static inline void print_latencies(const struct histogram *h) {
    printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f", quantile_us(h, 0.50),
           quantile_us(h, 0.99), quantile_us(h, 0.999), (double)h->most / 1000);
}

/* A body in lower case and the reply an uppercase service owes for it. From eight bytes on, each request carries its
   number in front (as digits that upper-casing leaves alone), so that a reply to another request is seen. */
struct body {
    char *request, *reply;
    size_t length, reply_length;
    bool numbered;
};

enum { NUMBER_LENGTH = 8 };

static inline struct body make_body(size_t length) {
    struct body b = {malloc(length + 1), malloc(length + 1), length, length, true};
    if (b.request == NULL || b.reply == NULL) die("memory");
    for (size_t i = 0; i < length; i++) {
        b.request[i] = (char)('a' + i % 26);
        b.reply[i] = (char)toupper(b.request[i]);
    }
    return b;
}

static inline void put_number(char *at, uint32_t value) {
    for (int i = NUMBER_LENGTH - 1; i >= 0; i--, value >>= 4) at[i] = "0123456789ABCDEF"[value & 15];
}

/* Makes the body and its reply those of request `number`. Too short for a number, they are one letter repeated. */
static inline void set_number(struct body *b, uint32_t number) {
    if (!b->numbered) return;
    if (b->length < NUMBER_LENGTH) {
        memset(b->request, 'a' + (int)(number % 26), b->length);
        memset(b->reply, 'A' + (int)(number % 26), b->length);
        return;
    }
    put_number(b->request, number);
    memcpy(b->reply, b->request, NUMBER_LENGTH);
}

static inline char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(MAX_DATAGRAM);
    if (file == NULL || bytes == NULL) die("%s", path);
    *length = fread(bytes, 1, MAX_DATAGRAM, file);
    fclose(file);
    return bytes;
}

#endif
