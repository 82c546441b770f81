/* A bare C uppercase server: recvmmsg, upper-case ASCII in place, sendmmsg. It is the yardstick for Letterbox's own
   UDP server and the upstream in every gateway row.

   Usage: uppercase_server --port P */
#define _GNU_SOURCE
#include "batch_server.h"

static ssize_t uppercase(uint8_t *bytes, size_t length, size_t capacity) {
    (void)capacity;
    for (size_t i = 0; i < length; i++) {
        uint8_t is_lower = (uint8_t)(bytes[i] - 'a') < 26;
        bytes[i] = (uint8_t)(bytes[i] - (is_lower << 5));
    }
    return (ssize_t)length;
}

int main(int argc, char **argv) {
    int fd = bind_udp(port_option(argc, argv));
    fprintf(stderr, "The server is ready to receive: udp://127.0.0.1:%d\n", bound_port(fd));
    serve_batches(fd, uppercase);
}
