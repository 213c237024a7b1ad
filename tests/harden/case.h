/* case.h - the case a program is at: what is saved when it crashes, hangs or is wrong. */
#ifndef AEZ_TESTS_CASE_H
#define AEZ_TESTS_CASE_H

#include <stddef.h>
#include <stdint.h>

enum { CASE_SECONDS = 10 }; /* a case that takes longer hangs */

/* From now on a crash, an abort or a hang writes the bytes of case_begin to this file. */
void case_watch(const char *path);
/* The bytes must stay until case_end. */
void case_begin(const void *bytes, size_t size);
/* Seconds since case_begin. */
double case_end(void);

#endif
