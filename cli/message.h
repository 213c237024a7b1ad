/* message.h - what the command says on standard error, and the exit codes it ends with. */
#ifndef AEZ_CLI_MESSAGE_H
#define AEZ_CLI_MESSAGE_H

#include <stdio.h>

#include "aez.h"

enum {
    AEZ_EXIT_OK = 0,
    AEZ_EXIT_DATA = 1,  /* bad data, or a mismatch */
    AEZ_EXIT_USAGE = 2, /* options that make no sense */
    AEZ_EXIT_SYSTEM = 3 /* files, memory, disk */
};

#if defined(__GNUC__)
#define AEZ_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define AEZ_PRINTF(a, b)
#endif

/* "aez: FILE: ..." with a line end; file may be NULL. The text says what failed and what to do. */
void aez_error(const char *file, const char *format, ...) AEZ_PRINTF(2, 3);
/* "FILE: ..." with a line end, for results and details. */
void aez_say(const char *file, const char *format, ...) AEZ_PRINTF(2, 3);
/* Text from a file or a name, with control characters shown as '?'. */
void aez_print_safe(FILE *f, const char *text);
/* The exit code that a failure of the library stands for. */
int aez_exit_of(aez_status status);
/* The worse of two exit codes. */
int aez_worse(int a, int b);

#endif
