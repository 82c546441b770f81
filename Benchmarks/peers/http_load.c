/* An HTTP/1.1 load generator that checks every reply.

   With --rate it is an open loop: request i is due at start + i / rate whatever happened to the ones before, and its
   latency counts from then, so that a stalled server cannot hide the requests it kept waiting. Without, it is a closed
   loop: each connection sends its next request when the last reply is complete.

   Usage: http_load --target HOST:PORT [--connections 64] [--rate 0] [--seconds 5] [--count N] [--warmup 0.5]
                    [--size 50] [--path /] [--type text/plain] [--body-file F --expect-file G] [--announce]
                    [--varied-heads] [--paths N] [--close] [--every SECONDS] [--tally]

   --varied-heads gives each request another Host than the one before, so that no head is like the last one.

   --paths N, 1 to 100, adds two digits to --path, 00 to N - 1, the next one for each request.

   --close opens a connection for each request, which says Connection: close.

   --every SECONDS also prints a JSON object for each such span of time, warm-up included: its answers, their statuses and its
   latencies.

   --tally adds to the result how many requests each connection that is open at the end had answered, by its local port.

   --announce writes the lines `begin` and `end` of what is measured to standard error, and waits at the end for a line, or
   the end, of standard input: so the caller can look at the server without the opening and closing of connections.

   Ends after --seconds or --count requests, whichever comes first, and prints one JSON object. */
#define _GNU_SOURCE
#include <math.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include "load.h"

enum { HEAD_ROOM = 4096, EVENTS = 256 };

static const uint64_t PATIENCE = 3 * NS_PER_S; /* how long the last replies may take */

struct connection {
    int fd;
    bool busy;
    uint32_t number; /* of the request in flight */
    uint64_t due;    /* when that request should have been sent */
    size_t sent, have;
    uint64_t answered; /* since it was opened */
    char *in;
    struct connection *next; /* in `idle` */
};

static struct {
    struct sockaddr_in target;
    long connections, count, paths;
    double rate, seconds, warmup, every;
    const char *path, *type;
    bool announce, varied, close, tally;
} options = {.connections = 64, .count = 1000000000, .seconds = 5, .warmup = 0.5, .path = "/", .type = "text/plain"};

static int epoll;
static struct body body;
static char *request; /* head and body together; the body is rewritten for each request */
static size_t head_length, in_capacity;
static char *host_end; /* the last byte of the host's name */
static char *path_end; /* the last two bytes of the path */
static struct connection *idle, **idle_end = &idle; /* first in first out, so that all connections take part */
static uint64_t now, start, measured_from, end, last_reply;
static uint64_t issued, answered, non_200, wrong, damaged, failed;
static uint64_t statuses[600];
static struct histogram latencies;

/* What has come in the present span of time of --every. */
static struct {
    uint64_t end, wrong, failed, statuses[600];
    struct histogram latencies;
} span;

static void open_connection(struct connection *c) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&options.target, sizeof options.target) < 0) die("connect");
    int on = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event) < 0) die("epoll_ctl");
}

static void reopen(struct connection *c) {
    close(c->fd);
    c->answered = 0;
    open_connection(c);
}

static void watch_writing(struct connection *c, bool writing) {
    struct epoll_event event = {.events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = c};
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &event) < 0) die("epoll_ctl");
}

static void become_idle(struct connection *c) {
    c->busy = false;
    c->next = NULL;
    *idle_end = c;
    idle_end = &c->next;
}

/* Sends what is left of the request; the shared bytes are given this connection's number first. */
static void send_rest(struct connection *c) {
    set_number(&body, c->number);
    if (options.varied) *host_end = (char)('0' + c->number % 10);
    if (options.paths > 0) {
        long path = c->number % options.paths;
        path_end[0] = (char)('0' + path / 10);
        path_end[1] = (char)('0' + path % 10);
    }
    size_t total = head_length + body.length;
    bool continued = c->sent > 0;
    ssize_t n = send(c->fd, request + c->sent, total - c->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) c->sent += (size_t)n;
    bool unfinished = c->sent < total && (n >= 0 || errno == EAGAIN);
    if (continued || unfinished) watch_writing(c, unfinished);
}

static void begin(struct connection *c, uint64_t due) {
    c->busy = true;
    c->due = due;
    c->number = (uint32_t)issued++;
    c->sent = c->have = 0;
    send_rest(c);
}

static uint64_t due_time(uint64_t index) {
    return start + (uint64_t)((double)index * 1e9 / options.rate);
}

static bool more_to_issue(void) {
    if (issued >= (uint64_t)options.count) return false;
    return (options.rate > 0 ? due_time(issued) : now) < end;
}

static void issue(void) {
    while (idle != NULL && more_to_issue()) {
        uint64_t due = options.rate > 0 ? due_time(issued) : now;
        if (due > now) return;
        struct connection *c = idle;
        idle = c->next;
        if (idle == NULL) idle_end = &idle;
        begin(c, due);
    }
}

/* Whether a wrong body is at least the beginning of the right one. */
static bool is_damaged(const char *bytes, size_t length) {
    return length < body.reply_length && memcmp(bytes, body.reply, length) == 0;
}

/* Counts a complete response of `status` whose body is `bytes`. */
static void count_response(struct connection *c, int status, const char *bytes, size_t length) {
    answered++;
    c->answered++;
    statuses[status]++;
    set_number(&body, c->number);
    if (status != 200) non_200++;
    else if (length != body.reply_length || memcmp(bytes, body.reply, length) != 0) {
        wrong++;
        damaged += is_damaged(bytes, length);
    }
    record(&span.latencies, now - c->due);
    span.statuses[status]++;
    if (c->due < measured_from) return;
    record(&latencies, now - c->due);
    last_reply = now;
}

static void fail(struct connection *c) {
    failed++;
    reopen(c);
    become_idle(c);
}

/* True when a whole response stands at c->in, which is then counted. */
static void take_response(struct connection *c) {
    c->in[c->have] = 0;
    char *blank = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (blank == NULL) return c->have == in_capacity ? fail(c) : (void)0;
    *blank = 0;
    const char *field = strcasestr(c->in, "\r\ncontent-length:");
    bool closes = strcasestr(c->in, "\r\nconnection: close") != NULL;
    *blank = '\r';
    int status = atoi(c->in + 9);
    if (field == NULL || strncmp(c->in, "HTTP/1.1 ", 9) != 0 || status < 100 || status > 599) return fail(c);
    size_t length = strtoul(field + 17, NULL, 10), head = (size_t)(blank + 4 - c->in);
    if (length > in_capacity - head) return fail(c);
    if (c->have < head + length) return;
    count_response(c, status, c->in + head, length);
    if (closes || options.close) reopen(c);
    become_idle(c);
}

static void event(struct connection *c, uint32_t events) {
    if (events & EPOLLOUT) send_rest(c);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    ssize_t n = recv(c->fd, c->in + c->have, in_capacity - c->have, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n > 0) {
        c->have += (size_t)n;
        if (c->busy) take_response(c);
        else c->have = 0; /* bytes nobody asked for */
    } else if (c->busy) {
        fail(c);
    } else {
        reopen(c); /* an idle connection was closed, as servers may */
    }
}

static void print_statuses(const uint64_t *counts) {
    const char *between = "";
    printf("\"statuses\": {");
    for (int status = 100; status < 600; status++) {
        if (counts[status] == 0) continue;
        printf("%s\"%d\": %llu", between, status, (unsigned long long)counts[status]);
        between = ", ";
    }
    printf("}");
}

/* Tells of the present span of time when it is over, and begins the next. */
static void end_span(void) {
    if (options.every == 0 || now < span.end) return;
    printf("{\"at\": %.3f, \"requests\": %llu, \"wrong\": %llu, \"failed\": %llu, ", (double)(now - start) / 1e9,
           (unsigned long long)span.latencies.count, (unsigned long long)(wrong - span.wrong),
           (unsigned long long)(failed - span.failed));
    print_statuses(span.statuses);
    printf(", ");
    print_latencies(&span.latencies);
    printf("}\n");
    fflush(stdout);
    memset(&span, 0, sizeof span);
    span.wrong = wrong;
    span.failed = failed;
    span.end = now + (uint64_t)(options.every * 1e9);
}

static void wait_until(uint64_t time, struct epoll_event *events, int *n) {
    uint64_t wait = time > now ? time - now : 0;
    struct timespec timeout = {(time_t)(wait / NS_PER_S), (long)(wait % NS_PER_S)};
    *n = epoll_pwait2(epoll, events, EVENTS, &timeout, NULL);
    if (*n < 0 && errno != EINTR) die("epoll_pwait2");
    now = monotonic_ns();
}

static void run(void) {
    struct epoll_event events[EVENTS];
    bool announced = !options.announce;
    start = now = monotonic_ns();
    measured_from = start + (uint64_t)(options.warmup * 1e9);
    end = measured_from + (uint64_t)(options.seconds * 1e9);
    span.end = start + (uint64_t)(options.every * 1e9);
    for (;;) {
        end_span();
        issue();
        if (!announced && now >= measured_from) {
            fputs("begin\n", stderr);
            announced = true;
        }
        bool more = more_to_issue();
        if (!more && answered + failed >= issued) break;
        if (now > end + PATIENCE) break;
        bool idle_until_due = more && idle != NULL && options.rate > 0;
        int n;
        wait_until(idle_until_due ? due_time(issued) : end + PATIENCE + 1, events, &n);
        for (int i = 0; i < n; i++) event(events[i].data.ptr, events[i].events);
    }
}

static void print_tally(const struct connection *connections) {
    printf(", \"tally\": {");
    for (long i = 0; i < options.connections; i++) {
        printf("%s\"%d\": %llu", i == 0 ? "" : ", ", bound_port(connections[i].fd),
               (unsigned long long)connections[i].answered);
    }
    printf("}");
}

static void report(const struct connection *connections) {
    double seconds = last_reply > measured_from ? (double)(last_reply - measured_from) / 1e9 : 0;
    printf("{\"requests\": %llu, \"seconds\": %.3f, \"per_second\": %.1f, ", (unsigned long long)latencies.count,
           seconds, seconds > 0 ? (double)latencies.count / seconds : 0);
    print_latencies(&latencies);
    printf(", \"answered\": %llu, \"non_200\": %llu, \"wrong\": %llu, \"damaged\": %llu, \"failed\": %llu, \"unanswered\": %llu, ",
           (unsigned long long)answered, (unsigned long long)non_200, (unsigned long long)wrong, (unsigned long long)damaged,
           (unsigned long long)failed, (unsigned long long)(issued - answered - failed));
    print_statuses(statuses);
    if (options.tally) print_tally(connections);
    printf("}\n");
}

static double positive(const char *text) {
    char *rest;
    double value = strtod(text, &rest);
    errno = 0;
    if (rest == text || *rest != 0 || !isfinite(value) || value < 0 || value > 1e7) die("'%s' is not a number", text);
    return value;
}

static void parse_options(int argc, char **argv) {
    static const struct option known[] = {
        {"target", required_argument, NULL, 't'},    {"connections", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},      {"seconds", required_argument, NULL, 's'},
        {"count", required_argument, NULL, 'n'},     {"warmup", required_argument, NULL, 'w'},
        {"size", required_argument, NULL, 'b'},      {"path", required_argument, NULL, 'p'},
        {"type", required_argument, NULL, 'T'},      {"body-file", required_argument, NULL, 'f'},
        {"expect-file", required_argument, NULL, 'e'}, {"announce", no_argument, NULL, 'a'},
        {"varied-heads", no_argument, NULL, 'v'},      {"paths", required_argument, NULL, 'P'},
        {"close", no_argument, NULL, 'C'},             {"every", required_argument, NULL, 'E'},
        {"tally", no_argument, NULL, 'y'},             {NULL, 0, NULL, 0}};
    const char *body_file = NULL, *expect_file = NULL, *target = NULL;
    long size = 50;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 't': target = optarg; break;
        case 'c': options.connections = number(optarg, 1, 20000); break;
        case 'r': options.rate = positive(optarg); break;
        case 's': options.seconds = positive(optarg); break;
        case 'n': options.count = number(optarg, 1, 1000000000); break;
        case 'w': options.warmup = positive(optarg); break;
        case 'b': size = number(optarg, 0, MAX_DATAGRAM); break;
        case 'p': options.path = optarg; break;
        case 'T': options.type = optarg; break;
        case 'f': body_file = optarg; break;
        case 'e': expect_file = optarg; break;
        case 'a': options.announce = true; break;
        case 'v': options.varied = true; break;
        case 'P': options.paths = number(optarg, 1, 100); break;
        case 'C': options.close = true; break;
        case 'E': options.every = positive(optarg); break;
        case 'y': options.tally = true; break;
        default: exit(64);
        }
    }
    if (target == NULL) die("--target HOST:PORT is missing");
    if ((body_file == NULL) != (expect_file == NULL)) die("--body-file and --expect-file go together");
    options.target = endpoint(target);
    body = make_body((size_t)size);
    if (body_file == NULL) return;
    body = (struct body){.numbered = false};
    body.request = read_file(body_file, &body.length);
    body.reply = read_file(expect_file, &body.reply_length);
}

/* Lays head and body out as one piece, so that a request is one write. */
static void build_request(void) {
    request = malloc(HEAD_ROOM + body.length);
    if (request == NULL) die("memory");
    int n = snprintf(request, HEAD_ROOM,
                     "POST %s%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n",
                     options.path, options.paths > 0 ? "00" : "", options.type,
                     options.close ? "Connection: close\r\n" : "", body.length);
    if (n >= HEAD_ROOM) die("--path or --type is too long");
    head_length = (size_t)n;
    host_end = strstr(request, "\r\nHost: localhost") + strlen("\r\nHost: localhost") - 1;
    path_end = request + strlen("POST ") + strlen(options.path);
    memcpy(request + head_length, body.request, body.length);
    body.request = request + head_length;
    in_capacity = HEAD_ROOM + body.reply_length;
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    build_request();
    raise_descriptor_limit();
    prctl(PR_SET_TIMERSLACK, 1); /* wake when a request is due and not 50 us later */
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
    if (epoll < 0 || connections == NULL) die("cannot start");
    for (long i = 0; i < options.connections; i++) {
        connections[i].in = malloc(in_capacity + 1);
        if (connections[i].in == NULL) die("memory");
        open_connection(&connections[i]);
        become_idle(&connections[i]);
    }
    run();
    if (options.announce) {
        fputs("end\n", stderr);
        getchar();
    }
    report(connections);
}
