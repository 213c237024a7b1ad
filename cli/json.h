/* json.h - writes JSON values. */
#ifndef AEZ_CLI_JSON_H
#define AEZ_CLI_JSON_H

#include <stdio.h>

/* A quoted string; bytes that are no UTF-8 become U+FFFD. */
void aez_json_string(FILE *f, const char *text);
/* A number that reads back as the same double, or a string for NaN and the infinities. */
void aez_json_double(FILE *f, double v);

#endif
