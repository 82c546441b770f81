/* A UDP server that takes datagrams in batches, changes each in place, and sends the batch back. */
#ifndef BENCH_BATCH_SERVER_H
#define BENCH_BATCH_SERVER_H

#include "common.h"

enum { BATCH = 64 };

/* Turns the request in `bytes` into its reply, in place; returns the reply's length, or -1 to stay silent. */
typedef ssize_t answer_function(uint8_t *bytes, size_t length, size_t capacity);

static inline void serve_batches(int fd, answer_function *answer) {
    static uint8_t bytes[BATCH][65536];
    static struct sockaddr_in callers[BATCH];
    static struct iovec parts[BATCH];
    static struct mmsghdr requests[BATCH], replies[BATCH];
    for (int used = BATCH;;) {
        for (int i = 0; i < used; i++) { /* only what the last batch has changed is set anew */
            parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
            requests[i].msg_hdr = (struct msghdr){
                .msg_name = &callers[i], .msg_namelen = sizeof callers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
        }
        used = recvmmsg(fd, requests, BATCH, MSG_WAITFORONE, NULL);
        if (used < 0) die("recvmmsg");
        int count = 0;
        for (int i = 0; i < used; i++) {
            ssize_t length = answer(bytes[i], requests[i].msg_len, sizeof bytes[i]);
            if (length < 0) continue;
            parts[i].iov_len = (size_t)length;
            replies[count++] = requests[i];
        }
        for (int sent = 0; sent < count;) {
            int n = sendmmsg(fd, replies + sent, (unsigned)(count - sent), 0);
            sent += n > 0 ? n : 1; /* a reply that cannot be sent is lost, as datagrams are */
        }
    }
}

/* The `--port P` that both servers take; 0 lets the system choose. */
static inline long port_option(int argc, char **argv) {
    static const struct option options[] = {{"port", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    long port = 0;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c != 'p') exit(64);
        port = number(optarg, 0, 65535);
    }
    return port;
}

#endif
