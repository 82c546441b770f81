/* What every C program in this folder needs: options, addresses, the clock, and one way to give up. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DATAGRAM = 65507 }; /* the longest payload of one UDP datagram over IPv4 */

#define NS_PER_MS 1000000ull
#define NS_PER_S 1000000000ull

/* Leaves with status 2 ("cannot start") and a sentence; adds the system's reason if there is one. */
__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, error != 0 ? ": %s\n" : "\n", strerror(error));
    exit(2);
}

static inline uint64_t monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

/* A whole number from the command line, within bounds. */
static inline long number(const char *text, long least, long most) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || value < least || value > most) {
        errno = 0;
        die("'%s' is not a number from %ld to %ld", text, least, most);
    }
    return value;
}

/* Numeric "A.B.C.D:PORT"; these programs talk on loopback and never resolve names. */
static inline struct sockaddr_in endpoint(const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    char host[INET_ADDRSTRLEN];
    const char *colon = strrchr(text, ':');
    errno = 0;
    if (colon == NULL || (size_t)(colon - text) >= sizeof host) die("'%s' is not HOST:PORT", text);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("'%s' is not a numeric IPv4 address", host);
    address.sin_port = htons((uint16_t)number(colon + 1, 1, 65535));
    return address;
}

static inline struct sockaddr_in loopback(long port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
}

static inline int bound_port(int fd) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) < 0) die("getsockname");
    return ntohs(address.sin_port);
}

static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A UDP server's socket on loopback. Its queue is made long, so that a burst of a thousand callers is a delay and not
   a loss; without the privilege for that the system's own limit (net.core.rmem_max) stands. */
static inline int bind_udp(long port) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    int queue = 64 << 20;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    struct sockaddr_in address = loopback(port);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind to UDP port %ld", port);
    return fd;
}

#endif
