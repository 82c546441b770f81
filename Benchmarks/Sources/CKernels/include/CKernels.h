/* The work of Letterbox's hot loops as C programs do it, each repeated `times`.

   The parsers are those of Debian's libh2o (picohttpparser) and libhttp-parser (Node's former one). They are loaded when
   asked for, so that this builds without them. */
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool has_picohttpparser(void);
bool has_http_parser(void);

/* Parse one request head; false when it is refused. */
bool parse_with_picohttpparser(const uint8_t *bytes, size_t length, long times);
bool parse_with_http_parser(const uint8_t *bytes, size_t length, long times);

/* Copies with the letters a-z in upper case. */
void uppercase_in_c(const uint8_t *bytes, uint8_t *reply, size_t length, long times);

#endif
