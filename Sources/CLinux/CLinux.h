// The GNU/Linux calls that Swift's Glibc module cannot call as they are: glibc declares their address
// parameters as transparent unions, which Swift imports as structures. Header only, nothing to link.

#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/socket.h>

// accept4(2)
static inline int clinux_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(fd, address, length, flags);
}

// bind(2)
static inline int clinux_bind(int fd, const struct sockaddr *address, socklen_t length) {
    return bind(fd, address, length);
}

// connect(2)
static inline int clinux_connect(int fd, const struct sockaddr *address, socklen_t length) {
    return connect(fd, address, length);
}

// getsockname(2)
static inline int clinux_getsockname(int fd, struct sockaddr *address, socklen_t *length) {
    return getsockname(fd, address, length);
}

#endif
