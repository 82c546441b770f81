/* A small DNS responder: every question for an A record is answered 192.0.2.1 with a TTL of 60 s; any other question
   gets an empty answer. It stands behind dnsdist and behind Letterbox in the DNS rows.

   Usage: dns_responder --port P */
#define _GNU_SOURCE
#include "batch_server.h"

enum { HEADER = 12, TYPE_A = 1, CLASS_IN = 1 };

/* The offset just past the first question, or 0 if the message does not hold one in plain form. */
static size_t question_end(const uint8_t *message, size_t length) {
    size_t at = HEADER;
    while (at < length && message[at] != 0) {
        if (message[at] > 63) return 0;
        at += 1u + message[at];
    }
    return at + 5 <= length ? at + 5 : 0;
}

static ssize_t answer(uint8_t *message, size_t length, size_t capacity) {
    static const uint8_t record[] = {0xc0, HEADER, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    if (length < HEADER || (message[2] & 0x80) != 0) return -1; /* too short, or itself a response */
    size_t end = question_end(message, length);
    if (end == 0 || message[4] != 0 || message[5] != 1 || end + sizeof record > capacity) return -1;
    bool asks_a = message[end - 4] == 0 && message[end - 3] == TYPE_A && message[end - 1] == CLASS_IN;
    message[2] = (uint8_t)(0x80 | (message[2] & 0x79)); /* QR set; opcode and RD kept; AA and TC clear */
    message[3] = 0x80;                                  /* RA, no error */
    memset(message + 6, 0, 6);                          /* no answer, authority or additional record ... */
    if (!asks_a) return (ssize_t)end;
    message[7] = 1; /* ... but this one */
    memcpy(message + end, record, sizeof record);
    return (ssize_t)(end + sizeof record);
}

int main(int argc, char **argv) {
    int fd = bind_udp(port_option(argc, argv));
    fprintf(stderr, "The responder is ready: udp://127.0.0.1:%d\n", bound_port(fd));
    serve_batches(fd, answer);
}
