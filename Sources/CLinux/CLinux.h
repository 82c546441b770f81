// The GNU/Linux calls that Swift's Glibc module hides or cannot call. Header only, nothing to link.
//
// Glibc declares accept4, recvmmsg, sendmmsg and strptime for programs that define _GNU_SOURCE. Swift's own module of the C
// library is built without it, and the two views of one header must not differ, so they are declared here instead, as
// their man pages give them.

#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <linux/filter.h>
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
extern char *program_invocation_short_name;
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
extern int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout);
extern int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
#endif

#ifndef __USE_XOPEN
extern char *strptime(const char *text, const char *format, struct tm *parts);
#endif

// environ(7)
extern char **environ;
static inline char **clinux_environ(void) { return environ; }

// The calls of every request of the gateway go to the kernel directly. glibc's own are points at which a thread may be
// cancelled (pthreads(7)), and in a program with threads each of them changes the thread's state twice, atomically.
// This program cancels no threads. The sanitizers intercept glibc's own, so that they get these.

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

// Makes a listening socket drop the segments that ask for a connection, and no others: SYN without ACK, of the flags at
// offset 13 of TCP's header (RFC 9293 3.1; socket(7), SO_ATTACH_FILTER).
static inline int clinux_drop_connection_requests(int fd) {
    struct sock_filter code[] = {
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, 13},
        {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x12},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x02},
        {BPF_RET | BPF_K, 0, 0, 0},
        {BPF_RET | BPF_K, 0, 0, 0xFFFFFFFF},
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// program_invocation_short_name(3)
static inline const char *clinux_program_name(void) {
    return program_invocation_short_name;
}

// A report of the network or of this host about a datagram that was sent (ip(7), IP_RECVERR).
struct clinux_report {
    // The errno that the report stands for.
    uint32_t error;
    // Its origin: SO_EE_ORIGIN_LOCAL is this host, SO_EE_ORIGIN_ICMP and SO_EE_ORIGIN_ICMP6 are the network.
    uint8_t origin;
    // Type and code of the ICMP message.
    uint8_t type;
    uint8_t code;
    // The longest packet that the next link takes, where the datagram was too long.
    uint32_t mtu;
};

// Takes the first report off a socket's error queue, with the receiver of the datagram that it is about and the sender
// of the ICMP message, where there is one (AF_UNSPEC where not); returns the length of the datagram's beginning, as far
// as the report has it and there is room, and -1 with EAGAIN when there is no report (recvmsg(2), MSG_ERRQUEUE).
//
// The macros that walk control messages are beyond Swift's importer.
static inline ssize_t clinux_take_report(
    int fd, struct clinux_report *report, struct sockaddr_storage *peer, struct sockaddr_storage *offender,
    void *beginning, size_t room) {
    _Alignas(struct cmsghdr) char control[512];
    struct iovec part = {beginning, room};
    struct msghdr message = {0};
    message.msg_name = peer;
    message.msg_namelen = sizeof *peer;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t length = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (length < 0) return -1;
    *report = (struct clinux_report){0};
    *offender = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
    if (message.msg_namelen == 0) peer->ss_family = AF_UNSPEC;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
        int is_ipv4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
        int is_ipv6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
        if (!is_ipv4 && !is_ipv6) continue;
        // linux/errqueue.h, struct sock_extended_err: the header cannot be included beside glibc's time.h.
        const unsigned char *data = CMSG_DATA(part);
        __builtin_memcpy(&report->error, data, 4);
        report->origin = data[4];
        report->type = data[5];
        report->code = data[6];
        __builtin_memcpy(&report->mtu, data + 8, 4);
        // SO_EE_OFFENDER: the sender's address is behind the 16 bytes of the structure.
        size_t rest = part->cmsg_len - CMSG_LEN(16);
        if (part->cmsg_len > CMSG_LEN(16) && rest <= sizeof *offender) __builtin_memcpy(offender, data + 16, rest);
    }
    return length;
}

#endif
