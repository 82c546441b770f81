#include "CKernels.h"

void uppercase_in_c(const uint8_t *bytes, uint8_t *reply, size_t length, long times) {
    for (; times > 0; times--) {
        for (size_t i = 0; i < length; i++) {
            uint8_t is_lower = (uint8_t)(bytes[i] - 'a') < 26;
            reply[i] = (uint8_t)(bytes[i] - (is_lower << 5));
        }
        __asm__ volatile("" : : "r"(reply) : "memory"); /* somebody might look at each reply */
    }
}
