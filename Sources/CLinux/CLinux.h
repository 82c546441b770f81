// The GNU/Linux calls that Swift's Glibc module hides or cannot call. Header only, nothing to link.
//
// Glibc declares accept4, recvmmsg and sendmmsg for programs that define _GNU_SOURCE. Swift's own module of the C
// library is built without it, and the two views of one header must not differ, so they are declared here instead, as
// their man pages give them. Address parameters are transparent unions in glibc, which Swift imports as structures:
// hence the wrappers.

#ifndef CLINUX_H
#define CLINUX_H

#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef __USE_GNU
struct mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
extern int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
#endif

// The calls of every request of the gateway go to the kernel directly. glibc's own are points at which a thread may be
// cancelled (pthreads(7)), and in a program with threads each of them changes the thread's state twice, atomically. Nobody
// cancels threads here. The sanitizers look into glibc's own, so that they get these.

// recv(2)
static inline ssize_t clinux_recv(int fd, void *bytes, size_t count, int flags) {
#ifdef LETTERBOX_SANITIZED
    return recv(fd, bytes, count, flags);
#else
    return syscall(SYS_recvfrom, fd, bytes, count, flags, NULL, NULL);
#endif
}

// send(2)
static inline ssize_t clinux_send(int fd, const void *bytes, size_t count, int flags) {
#ifdef LETTERBOX_SANITIZED
    return send(fd, bytes, count, flags);
#else
    return syscall(SYS_sendto, fd, bytes, count, flags, NULL, 0);
#endif
}

// bind(2)
static inline int clinux_bind(int fd, const struct sockaddr *address, socklen_t length) {
    return bind(fd, address, length);
}

// connect(2)
static inline int clinux_connect(int fd, const struct sockaddr *address, socklen_t length) {
    return connect(fd, address, length);
}

// sendto(2)
static inline ssize_t clinux_sendto(
    int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t length) {
    return sendto(fd, bytes, count, flags, address, length);
}

// socket(7) leaves SO_MEMINFO out; linux/sock_diag.h names the numbers that it fills in.
static const int clinux_so_meminfo = SO_MEMINFO;

// getsockname(2)
static inline int clinux_getsockname(int fd, struct sockaddr *address, socklen_t *length) {
    return getsockname(fd, address, length);
}

// getpeername(2)
static inline int clinux_getpeername(int fd, struct sockaddr *address, socklen_t *length) {
    return getpeername(fd, address, length);
}

// recvfrom(2)
static inline ssize_t clinux_recvfrom(
    int fd, void *bytes, size_t count, int flags, struct sockaddr *address, socklen_t *length) {
    return recvfrom(fd, bytes, count, flags, address, length);
}

#endif
