/* A closed-loop UDP load generator for an uppercase service; it checks every reply.

   N datagrams are outstanding, spread evenly over M connected sockets; each reply sends the next. A datagram without a
   reply for a second counts as lost, and its place is used again.

   Usage: udp_load --target HOST:PORT [--sockets 16] [--outstanding 64] [--count N] [--seconds 5] [--size 50]

   Ends after --seconds or --count exchanges, whichever comes first, and prints one JSON object. */
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "load.h"

enum { BATCH = 64, MOST_SLOTS = 4096, EVENTS = 64 };

static const uint64_t LOST_AFTER = NS_PER_S, LOOK_EVERY = NS_PER_S / 10;

/* One outstanding datagram. Its number names the slot (upper 12 bits) and the slot's turn (lower 20). */
struct slot {
    uint32_t number;
    uint64_t sent_at;
};

struct door {
    int fd;
    struct slot *slots;
};

static struct sockaddr_in target;
static long sockets = 16, outstanding = 64, count = 1000000000, seconds = 5, size = 50;
static long window; /* slots of one socket */
static struct body body;
static struct histogram latencies;
static uint64_t now, lost, wrong, strays;

/* Sends the next datagram of each of the `n` slots in one system call. */
static void send_slots(struct door *door, struct slot **slots, unsigned n) {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH][2];
    static char fronts[BATCH][NUMBER_LENGTH];
    size_t front = body.length < NUMBER_LENGTH ? body.length : (size_t)NUMBER_LENGTH;
    for (unsigned i = 0; i < n; i++) {
        struct slot *slot = slots[i];
        slot->number = (slot->number & ~0xfffffu) | ((slot->number + 1) & 0xfffffu);
        slot->sent_at = now;
        set_number(&body, slot->number);
        memcpy(fronts[i], body.request, front);
        parts[i][0] = (struct iovec){fronts[i], front};
        parts[i][1] = (struct iovec){body.request + front, body.length - front};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = parts[i], .msg_iovlen = 2}};
    }
    for (unsigned sent = 0; sent < n;) {
        int k = sendmmsg(door->fd, messages + sent, n - sent, 0);
        sent += k > 0 ? (unsigned)k : 1; /* what could not be sent counts as lost later */
    }
}

/* The slot that `reply` is for. A body too short for a number belongs to the only slot of its socket. */
static struct slot *slot_of(struct door *door, const char *reply, size_t length) {
    if (body.length < NUMBER_LENGTH) return &door->slots[0];
    char digits[NUMBER_LENGTH + 1] = {0};
    if (length < NUMBER_LENGTH) return NULL;
    memcpy(digits, reply, NUMBER_LENGTH);
    uint32_t number = (uint32_t)strtoul(digits, NULL, 16);
    if ((number >> 20) >= (uint32_t)window) return NULL;
    struct slot *slot = &door->slots[number >> 20];
    return slot->number == number ? slot : NULL;
}

static void receive(struct door *door) {
    static char bytes[BATCH][65536];
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct slot *free_slots[BATCH];
    unsigned free_count = 0;
    for (int i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){bytes[i], sizeof bytes[i]};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    int n = recvmmsg(door->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct slot *slot = slot_of(door, bytes[i], messages[i].msg_len);
        if (slot == NULL) {
            strays++;
            continue;
        }
        set_number(&body, slot->number);
        bool same = messages[i].msg_len == body.length && memcmp(bytes[i], body.reply, body.length) == 0;
        if (!same) wrong++;
        record(&latencies, now - slot->sent_at);
        free_slots[free_count++] = slot;
        /* A doubled reply must not free the slot twice in one batch. */
        slot->number = (slot->number & ~0xfffffu) | ((slot->number + 1) & 0xfffffu);
    }
    if (free_count > 0 && latencies.count < (uint64_t)count) send_slots(door, free_slots, free_count);
}

static void resend_lost(struct door *doors) {
    for (long d = 0; d < sockets; d++) {
        for (long s = 0; s < window; s++) {
            struct slot *slot = &doors[d].slots[s];
            if (now - slot->sent_at < LOST_AFTER) continue;
            lost++;
            send_slots(&doors[d], &slot, 1);
        }
    }
}

static void open_door(struct door *door, int epoll) {
    door->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (door->fd < 0 || connect(door->fd, (struct sockaddr *)&target, sizeof target) < 0) die("connect");
    int queue = 4 << 20;
    setsockopt(door->fd, SOL_SOCKET, SO_RCVBUF, &queue, sizeof queue);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = door};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, door->fd, &event) < 0) die("epoll_ctl");
    door->slots = calloc((size_t)window, sizeof *door->slots);
    if (door->slots == NULL) die("memory");
    for (long s = 0; s < window; s++) door->slots[s].number = (uint32_t)s << 20;
}

static void parse_options(int argc, char **argv) {
    static const struct option known[] = {
        {"target", required_argument, NULL, 't'}, {"sockets", required_argument, NULL, 'm'},
        {"count", required_argument, NULL, 'n'},  {"outstanding", required_argument, NULL, 'o'},
        {"size", required_argument, NULL, 'b'},   {"seconds", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0}};
    const char *address = NULL;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 't': address = optarg; break;
        case 'm': sockets = number(optarg, 1, 10000); break;
        case 'o': outstanding = number(optarg, 1, 100000); break;
        case 'n': count = number(optarg, 1, 1000000000); break;
        case 's': seconds = number(optarg, 1, 600); break;
        case 'b': size = number(optarg, 0, MAX_DATAGRAM); break;
        default: exit(64);
        }
    }
    if (address == NULL) die("--target HOST:PORT is missing");
    target = endpoint(address);
    if (outstanding < sockets) sockets = outstanding;
    window = outstanding / sockets;
    if (window > MOST_SLOTS) die("at most %d outstanding per socket", MOST_SLOTS);
    if (size < NUMBER_LENGTH && window > 1)
        die("a body under %d bytes needs as many sockets as datagrams outstanding", NUMBER_LENGTH);
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    raise_descriptor_limit();
    body = make_body((size_t)size);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct door *doors = calloc((size_t)sockets, sizeof *doors);
    if (epoll < 0 || doors == NULL) die("cannot start");
    for (long i = 0; i < sockets; i++) open_door(&doors[i], epoll);

    uint64_t start = now = monotonic_ns(), end = start + (uint64_t)seconds * NS_PER_S, look = start + LOOK_EVERY;
    for (long d = 0; d < sockets; d++) {
        for (long s = 0; s < window; s++) send_slots(&doors[d], &(struct slot *){&doors[d].slots[s]}, 1);
    }
    struct epoll_event events[EVENTS];
    while (now < end && latencies.count < (uint64_t)count) {
        int n = epoll_wait(epoll, events, EVENTS, 100);
        now = monotonic_ns();
        for (int i = 0; i < n; i++) receive(events[i].data.ptr);
        if (now < look) continue;
        resend_lost(doors);
        look = now + LOOK_EVERY;
    }
    double took = (double)(now - start) / 1e9;
    printf("{\"requests\": %llu, \"seconds\": %.3f, \"per_second\": %.1f, ", (unsigned long long)latencies.count, took,
           (double)latencies.count / took);
    print_latencies(&latencies);
    printf(", \"lost\": %llu, \"wrong\": %llu, \"strays\": %llu}\n", (unsigned long long)lost,
           (unsigned long long)wrong, (unsigned long long)strays);
}
