// What the compiler's libFuzzer offers to a program with a main of its own; it comes with no header.
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test_one_input)(const uint8_t *start, size_t count));
