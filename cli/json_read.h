/* json_read.h - reads JSON piece by piece, strictly (RFC 8259), from bytes that are not trusted. */
#ifndef AEZ_CLI_JSON_READ_H
#define AEZ_CLI_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct aez_json_reader {
    const uint8_t *p, *end;
} aez_json_reader;

/* The next character after blanks is c: takes it. */
bool aez_json_take(aez_json_reader *r, char c);
/* A string, as an owned one in UTF-8 with a 0 at its end. NULL: none stands there, it has a 0 or a
 * half of a pair of surrogates in it, or memory is short. */
char *aez_json_read_string(aez_json_reader *r);
/* A whole number from 0 on without sign, fraction and exponent. */
bool aez_json_read_u64(aez_json_reader *r, uint64_t *out);
/* Nothing but blanks is left. */
bool aez_json_at_end(aez_json_reader *r);

#endif
