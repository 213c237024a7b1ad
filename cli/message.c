/* message.c - what the command says on standard error, and the exit codes it ends with. */
#include "platform.h"

#include "message.h"

#include <stdarg.h>

void aez_print_safe(FILE *f, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        putc(c < 0x20 || c == 0x7F ? '?' : c, f);
    }
}

static void print_line(const char *prefix, const char *file, const char *format, va_list args)
{
    char text[2048]; /* longer messages are cut: none of ours is */
    fputs(prefix, stderr);
    if (file) {
        aez_print_safe(stderr, file);
        fputs(": ", stderr);
    }
    (void)vsnprintf(text, sizeof text, format, args);
    aez_print_safe(stderr, text);
    putc('\n', stderr);
}

void aez_error(const char *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("aez: ", file, format, args);
    va_end(args);
}

void aez_say(const char *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("", file, format, args);
    va_end(args);
}

int aez_exit_of(aez_status status)
{
    switch (status) {
    case AEZ_OK:
    case AEZ_NEED_INPUT:
    case AEZ_NEED_OUTPUT:
    case AEZ_END:
        return AEZ_EXIT_OK;
    case AEZ_ERR_OPTION:
        return AEZ_EXIT_USAGE;
    case AEZ_ERR_NOMEM:
    case AEZ_ERR_CANCELLED:
        return AEZ_EXIT_SYSTEM;
    case AEZ_ERR_LIMIT:
    case AEZ_ERR_MAGIC:
    case AEZ_ERR_VERSION:
    case AEZ_ERR_CORRUPT:
    case AEZ_ERR_TRUNCATED:
    case AEZ_ERR_STATE:
    case AEZ_ERR_MODEL:
        return AEZ_EXIT_DATA;
    }
    return AEZ_EXIT_DATA;
}

int aez_worse(int a, int b)
{
    return a > b ? a : b;
}
