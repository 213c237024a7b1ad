/* report_place.c - where in a page something was asked for: what errors begin with. */
#include "platform.h"

#include "report_place.h"

#include <stdarg.h>
#include <stdio.h>

static void place_text(const report_place *at, char *dst, size_t cap)
{
    if (at->line)
        (void)snprintf(dst, cap, "%s:%u", at->page, at->line);
    else
        (void)snprintf(dst, cap, "%s", at->page);
}

int report_error(const report_place *at, const char *format, ...)
{
    char    place[1200], text[1600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    place_text(at, place, sizeof place);
    aez_error(place, "%s", text);
    return AEZ_EXIT_DATA;
}

int report_error_in(const report_place *at, const char *file, const char *format, ...)
{
    char    place[1200], text[1600];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    place_text(at, place, sizeof place);
    aez_error(place, "%s: %s", file, text);
    return AEZ_EXIT_DATA;
}

int report_no_memory(const report_place *at)
{
    (void)report_error(at, "not enough memory");
    return AEZ_EXIT_SYSTEM;
}
