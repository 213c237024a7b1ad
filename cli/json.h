/* json.h - writes JSON values. */
#ifndef AEZ_CLI_JSON_H
#define AEZ_CLI_JSON_H

#include <stddef.h>
#include <stdio.h>

/* A quoted string; bytes that are no UTF-8 become U+FFFD. */
void aez_json_string(FILE *f, const char *text);
/* A number that reads back as the same double, or a string for NaN and the infinities. */
void aez_json_double(FILE *f, double v);
/* Bytes of the UTF-8 character at p, or 0 when it is none (overlong, surrogate, cut off). */
size_t aez_utf8_size(const unsigned char *p);

#endif
