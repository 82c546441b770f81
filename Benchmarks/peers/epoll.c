/* The yardstick: the gateway in bare C. One thread, one epoll set, hardly any parsing.

   POST body -> one datagram on a connected UDP socket -> the reply is the body of the 200 response.

   Sockets come from a ring: first in first out, at least 100 ms of rest between uses, more opened as needed up to a
   cap, 30 s of quarantine for a socket that may still receive something. With --hot they come from a stack instead,
   last in first out and without rest: the speed limit, and unsafe, because one doubled reply puts all later ones off by
   one.

   Usage: epoll --port P --upstream HOST:PORT [--hot] [--max-sockets N]

   The file reads in the order of a request: accept, receive, parse, exchange, respond; then the ring and the loop. */
#define _GNU_SOURCE
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>

#include "common.h"

enum { MAX_HEAD = 16384, FIRST_BUFFER = 4096, EVENTS = 256, HEADROOM = 256 };

static const uint64_t REST = 100 * NS_PER_MS, DEADLINE = 2 * NS_PER_S, QUARANTINE = 30 * NS_PER_S;

enum kind { LISTENER, CLIENT, UPSTREAM };
enum state { READING, EXCHANGING, WRITING, DISCARDING, CLOSED };

/* epoll's user data points at one of these; each of the structures below begins with it. */
struct source {
    enum kind kind;
    int fd;
};

struct client {
    struct source source;
    enum state state;
    bool readable, hung_up, last; /* bytes may wait; the other side is done sending; close after this response */
    char *in;                     /* received and not yet consumed: in[start] to in[end - 1] */
    size_t capacity, start, end;
    size_t body, body_length; /* of the request being exchanged, as an offset into `in` */
    char *out;                /* what the socket did not take of a response: out[sent] to out[out_length - 1] */
    size_t sent, out_length;
    struct client *next; /* in `waiting` or in `closed` */
};

struct upstream {
    struct source source;
    struct client *owner; /* whose exchange this is; none while resting or quarantined */
    uint64_t time;        /* busy: its deadline; resting: when it has rested; quarantined: when that ends */
    struct list *list;
    struct upstream *previous, *next;
};

/* All waits of one kind last equally long, so that appending keeps each list in order of time. */
struct list {
    struct upstream *first, *last;
};

static int epoll;
static uint64_t now;
static bool hot;
static struct sockaddr_in upstream_address;
static long sockets_open, sockets_most = 16384;
static struct list busy, resting, quarantined;
static struct client *waiting_first, **waiting_end = &waiting_first; /* requests that no socket was free for */
static struct client *closed;                                        /* freed once their last event is behind us */
static char reply[HEADROOM + MAX_DATAGRAM]; /* the body goes after the headroom, the head right in front of it */
static char *const reply_body = reply + HEADROOM;

static void watch(struct source *source, uint32_t events) {
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, source->fd, &event) < 0) die("epoll_ctl");
}

/* MARK: Accept and receive */

static void accept_client(int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return; /* gone again, or out of descriptors: the next readiness tries again */
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) die("memory");
    c->source = (struct source){CLIENT, fd};
    watch(&c->source, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

static void close_client(struct client *c) {
    close(c->source.fd);
    c->state = CLOSED;
    c->next = closed;
    closed = c;
}

static void free_closed(void) {
    while (closed != NULL) {
        struct client *c = closed;
        closed = c->next;
        free(c->in);
        free(c->out);
        free(c);
    }
}

static void make_room(struct client *c) {
    if (c->start == c->end) c->start = c->end = 0;
    if (c->end < c->capacity) return;
    if (c->start > 0) {
        memmove(c->in, c->in + c->start, c->end - c->start);
        c->end -= c->start;
        c->start = 0;
        return;
    }
    c->capacity = c->capacity == 0 ? FIRST_BUFFER : 2 * c->capacity; /* bounded: parse() refuses what is too long */
    c->in = realloc(c->in, c->capacity);
    if (c->in == NULL) die("memory");
}

/* Receives once if something may be there; false if there is no more for now. A short read has emptied the queue,
   so that no second call is spent on being told so. */
static bool receive(struct client *c) {
    if (!c->readable) return false;
    make_room(c);
    size_t room = c->capacity - c->end;
    ssize_t n = recv(c->source.fd, c->in + c->end, room, 0);
    if (n > 0) {
        c->end += (size_t)n;
        if ((size_t)n < room && !c->hung_up) c->readable = false;
        return true;
    }
    c->readable = false;
    if (n == 0 || errno != EAGAIN) close_client(c);
    return false;
}

/* MARK: Respond */

static void finish_response(struct client *c) {
    c->state = READING;
    if (!c->last) return;
    if (c->start == c->end) return close_client(c);
    shutdown(c->source.fd, SHUT_WR);
    c->state = DISCARDING; /* closing with bytes unread would reset the connection under the response */
    c->readable = true;
}

static void flush(struct client *c) {
    ssize_t n = send(c->source.fd, c->out + c->sent, c->out_length - c->sent, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno != EAGAIN) close_client(c);
        return;
    }
    c->sent += (size_t)n;
    if (c->sent < c->out_length) return;
    free(c->out);
    c->out = NULL;
    finish_response(c);
}

static char *put_before(char *at, const char *text, size_t length) {
    return memcpy(at - length, text, length);
}

/* Sends `length` bytes that already stand at reply_body: the head goes in front of them, then it is one write. */
static void respond(struct client *c, const char *status, size_t length) {
    static const char end[] = "\r\n\r\n", closing[] = "\r\nConnection: close\r\n\r\n";
    static const char fields[] = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ";
    static const char version[] = "HTTP/1.1 ";
    char *head = c->last ? put_before(reply_body, closing, sizeof closing - 1)
                         : put_before(reply_body, end, sizeof end - 1);
    size_t rest = length;
    do *--head = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    head = put_before(head, fields, sizeof fields - 1);
    head = put_before(head, status, strlen(status));
    head = put_before(head, version, sizeof version - 1);

    size_t total = (size_t)(reply_body - head) + length;
    ssize_t n = send(c->source.fd, head, total, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) return close_client(c);
    size_t taken = n < 0 ? 0 : (size_t)n;
    if (taken == total) return finish_response(c);
    c->out_length = total - taken;
    c->out = malloc(c->out_length);
    if (c->out == NULL) die("memory");
    memcpy(c->out, head + taken, c->out_length);
    c->sent = 0;
    c->state = WRITING;
}

static void respond_error(struct client *c, const char *status) {
    size_t length = strlen(status);
    memcpy(reply_body, status, length);
    reply_body[length] = '\n';
    respond(c, status, length + 1);
}

static void refuse(struct client *c, const char *status) {
    c->last = true;
    respond_error(c, status);
}

/* MARK: The ring of sockets */

static void append(struct list *list, struct upstream *s, uint64_t time) {
    *s = (struct upstream){.source = s->source, .owner = s->owner, .time = time, .list = list, .previous = list->last};
    *(list->last == NULL ? &list->first : &list->last->next) = s;
    list->last = s;
}

static void prepend(struct list *list, struct upstream *s) {
    *s = (struct upstream){.source = s->source, .list = list, .next = list->first};
    *(list->first == NULL ? &list->last : &list->first->previous) = s;
    list->first = s;
}

static void unlink_from_list(struct upstream *s) {
    *(s->previous == NULL ? &s->list->first : &s->previous->next) = s->next;
    *(s->next == NULL ? &s->list->last : &s->next->previous) = s->previous;
}

/* Takes the socket out of its list and lets it rest; in the hot stack it is ready at once. */
static void rest(struct upstream *s) {
    unlink_from_list(s);
    s->owner = NULL;
    if (hot) prepend(&resting, s);
    else append(&resting, s, now + REST);
}

static void quarantine(struct upstream *s) {
    unlink_from_list(s);
    s->owner = NULL;
    append(&quarantined, s, now + QUARANTINE);
}

static struct upstream *open_upstream(void) {
    if (sockets_open >= sockets_most) return NULL;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&upstream_address, sizeof upstream_address) < 0) {
        if (fd >= 0) close(fd);
        sockets_most = sockets_open; /* out of descriptors or ports: this is the cap */
        return NULL;
    }
    struct upstream *s = calloc(1, sizeof *s);
    if (s == NULL) die("memory");
    s->source = (struct source){UPSTREAM, fd};
    sockets_open++;
    watch(&s->source, EPOLLIN);
    return s;
}

/* The socket that has rested longest, if long enough; else a new one; else none. */
static struct upstream *take_socket(void) {
    struct upstream *s = resting.first;
    if (s == NULL || s->time > now) return open_upstream();
    unlink_from_list(s);
    return s;
}

/* MARK: Exchange */

static void send_request(struct client *c, struct upstream *s) {
    append(&busy, s, now + DEADLINE);
    s->owner = c;
    ssize_t n = send(s->source.fd, c->in + c->body, c->body_length, 0);
    c->start = c->body + c->body_length;
    if (n >= 0) return;
    rest(s);
    respond_error(c, "502 Bad Gateway");
}

static void begin_exchange(struct client *c) {
    c->state = EXCHANGING;
    struct upstream *s = take_socket();
    if (s != NULL) {
        send_request(c, s);
    } else if (sockets_open > 0) {
        *waiting_end = c;
        waiting_end = &c->next;
        c->next = NULL;
    } else {
        refuse(c, "503 Service Unavailable");
    }
}

/* MARK: Parse */

/* The value of a field whose name and colon `line` begins with, blanks skipped; NULL if it is another field. */
static const char *field(const char *line, const char *end, const char *name, size_t length) {
    if ((size_t)(end - line) < length || strncasecmp(line, name, length) != 0) return NULL;
    line += length;
    while (line < end && (*line == ' ' || *line == '\t')) line++;
    return line;
}

static bool parse_length(const char *digits, const char *end, size_t *length) {
    size_t value = 0;
    const char *at = digits;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (value <= MAX_DATAGRAM) value = 10 * value + (size_t)(*at - '0');
    }
    *length = value;
    return at > digits && at == end;
}

/* Looks for a whole request at the front of what has been received. True if it did something (began an exchange or
   refused), false if more bytes are needed. */
static bool parse(struct client *c) {
    const char *start = c->in + c->start;
    size_t available = c->end - c->start;
    if (available == 0) return false;
    const char *blank = memmem(start, available, "\r\n\r\n", 4);
    if (blank == NULL) {
        if (available < MAX_HEAD) return false;
        return refuse(c, "431 Request Header Fields Too Large"), true;
    }
    if (memcmp(start, "POST ", 5) != 0) return refuse(c, "405 Method Not Allowed"), true;

    size_t length = 0;
    const char *line = memchr(start, '\n', (size_t)(blank + 2 - start)) + 1;
    while (line < blank) {
        const char *end = memchr(line, '\r', (size_t)(blank + 1 - line)), *value;
        if ((value = field(line, end, "content-length:", 15)) != NULL) {
            if (!parse_length(value, end, &length)) return refuse(c, "400 Bad Request"), true;
        } else if ((value = field(line, end, "connection:", 11)) != NULL) {
            if (end - value == 5 && strncasecmp(value, "close", 5) == 0) c->last = true;
        } else if (field(line, end, "transfer-encoding:", 18) != NULL) {
            return refuse(c, "411 Length Required"), true;
        }
        line = end + 2;
    }
    if (length > MAX_DATAGRAM) return refuse(c, "413 Content Too Large"), true;
    size_t head = (size_t)(blank + 4 - start);
    if (available < head + length) return false;
    c->body = c->start + head;
    c->body_length = length;
    begin_exchange(c);
    return true;
}

/* MARK: Events */

/* Goes on as far as it can without waiting. */
static void advance(struct client *c) {
    while (c->state == READING && (parse(c) || receive(c))) {}
    while (c->state == DISCARDING) {
        c->start = c->end;
        if (!receive(c)) break;
    }
}

static void client_event(struct client *c, uint32_t events) {
    if (c->state == CLOSED) return;
    if (events & EPOLLIN) c->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) c->readable = c->hung_up = true;
    if (c->state == WRITING && (events & (EPOLLOUT | EPOLLERR))) flush(c);
    advance(c);
}

/* Readiness is level-triggered here: a second datagram behind a reply is reported again and finds no owner. */
static void upstream_event(struct upstream *s) {
    ssize_t n = recv(s->source.fd, reply_body, MAX_DATAGRAM, 0);
    if (n < 0 && errno == EAGAIN) return; /* a datagram with a bad checksum */
    struct client *c = s->owner;
    if (c == NULL) { /* late or doubled: dropped here, where it cannot answer anyone */
        if (n >= 0 && !hot) quarantine(s);
        return;
    }
    rest(s);
    if (n >= 0) respond(c, "200 OK", (size_t)n);
    else respond_error(c, "502 Bad Gateway");
    advance(c);
}

static void run_deadlines(void) {
    while (busy.first != NULL && busy.first->time <= now) {
        struct client *c = busy.first->owner;
        quarantine(busy.first);
        respond_error(c, "504 Gateway Timeout");
        advance(c);
    }
    while (quarantined.first != NULL && quarantined.first->time <= now) rest(quarantined.first);
    while (waiting_first != NULL) {
        struct upstream *s = take_socket();
        if (s == NULL) break;
        struct client *c = waiting_first;
        waiting_first = c->next;
        if (waiting_first == NULL) waiting_end = &waiting_first;
        send_request(c, s);
        advance(c);
    }
}

static int milliseconds_to_next(void) {
    uint64_t next = UINT64_MAX;
    if (busy.first != NULL) next = busy.first->time;
    if (quarantined.first != NULL && quarantined.first->time < next) next = quarantined.first->time;
    if (waiting_first != NULL && resting.first != NULL && resting.first->time < next) next = resting.first->time;
    if (next == UINT64_MAX) return -1;
    return next <= now ? 0 : (int)((next - now + NS_PER_MS - 1) / NS_PER_MS);
}

static void run(int listener) {
    struct epoll_event events[EVENTS];
    for (;;) {
        int n = epoll_wait(epoll, events, EVENTS, milliseconds_to_next());
        if (n < 0 && errno != EINTR) die("epoll_wait");
        now = monotonic_ns();
        for (int i = 0; i < n; i++) {
            struct source *source = events[i].data.ptr;
            switch (source->kind) {
            case LISTENER: accept_client(listener); break;
            case CLIENT: client_event((struct client *)source, events[i].events); break;
            case UPSTREAM: upstream_event((struct upstream *)source); break;
            }
        }
        run_deadlines();
        free_closed();
    }
}

static int listen_tcp(long port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) die("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = loopback(port);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) die("bind to TCP port %ld", port);
    if (listen(fd, SOMAXCONN) < 0) die("listen");
    return fd;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"upstream", required_argument, NULL, 'u'},
                                            {"hot", no_argument, NULL, 'h'},
                                            {"max-sockets", required_argument, NULL, 'm'},
                                            {NULL, 0, NULL, 0}};
    long port = 0;
    const char *upstream = NULL;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'p': port = number(optarg, 0, 65535); break;
        case 'u': upstream = optarg; break;
        case 'h': hot = true; break;
        case 'm': sockets_most = number(optarg, 1, 1 << 20); break;
        default: return 64;
        }
    }
    if (upstream == NULL) die("--upstream HOST:PORT is missing");
    upstream_address = endpoint(upstream);
    raise_descriptor_limit();
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) die("epoll_create1");
    struct source listener = {LISTENER, listen_tcp(port)};
    watch(&listener, EPOLLIN);
    fprintf(stderr, "The gateway is ready: http://127.0.0.1:%d -> udp://%s\n", bound_port(listener.fd), upstream);
    run(listener.fd);
}
