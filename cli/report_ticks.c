/* report_ticks.c - where an axis begins and ends, and what is written along it. */
#include "platform.h"

#include "report_ticks.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MINUS "\xE2\x88\x92"

void report_axis_pad(report_axis *axis, double at_low, double at_high)
{
    double low = axis->log ? log10(axis->low) : axis->low;
    double high = axis->log ? log10(axis->high) : axis->high, span = high - low;
    low -= span * at_low;
    high += span * at_high;
    axis->low = axis->log ? pow(10, low) : low;
    axis->high = axis->log ? pow(10, high) : high;
}

/* A number with a proper minus sign. */
static void write_label(char *dst, size_t cap, double v, int digits)
{
    (void)snprintf(dst, cap, "%s%.*f", v < 0 ? MINUS : "", digits, fabs(v));
}

/* 10 to a power in raised digits. */
static void write_power(char *dst, size_t cap, int power)
{
    static const char *const raised[] = {"\xE2\x81\xB0", "\xC2\xB9",     "\xC2\xB2",
                                         "\xC2\xB3",     "\xE2\x81\xB4", "\xE2\x81\xB5",
                                         "\xE2\x81\xB6", "\xE2\x81\xB7", "\xE2\x81\xB8",
                                         "\xE2\x81\xB9"};
    int rest = power < 0 ? -power : power;
    (void)snprintf(dst, cap, "10%s%s%s", power < 0 ? "\xE2\x81\xBB" : "",
                   rest >= 10 ? raised[rest / 10 % 10] : "", raised[rest % 10]);
}

/* Where the tick's words go; NULL when the axis is full. */
static char *add_tick(report_axis *axis, double at)
{
    if (axis->n == REPORT_TICKS)
        return NULL;
    axis->at[axis->n] = at;
    axis->label[axis->n][0] = '\0';
    return axis->label[axis->n++];
}

/* 1, 2 or 5 times a power of ten, so that a span holds at most `wanted` steps. */
static double round_step(double span, int wanted)
{
    double raw = span / wanted, ten = pow(10, floor(log10(raw))), part = raw / ten;
    if (part <= 1)
        return ten;
    return part <= 2 ? 2 * ten : part <= 5 ? 5 * ten : 10 * ten;
}

static void linear_ticks(report_axis *axis, int wanted)
{
    double step = round_step(axis->high - axis->low, wanted);
    int    digits = (int)-floor(log10(step) + 1e-9);
    double largest = fmax(fabs(axis->low), fabs(axis->high)), first = ceil(axis->low / step - 1e-9);
    for (double k = first; k * step <= axis->high + 1e-9 * step; k++) {
        double v = k == 0 ? 0 : k * step; /* no minus zero */
        char  *label = add_tick(axis, v);
        if (!label)
            return;
        if (largest >= 1e7 || largest < 1e-4)
            (void)snprintf(label, sizeof axis->label[0], "%s%.3g", v < 0 ? MINUS : "", fabs(v));
        else
            write_label(label, sizeof axis->label[0], v, digits > 0 ? digits : 0);
    }
}

static bool within(const report_axis *axis, double v)
{
    return v >= axis->low * (1 - 1e-9) && v <= axis->high * (1 + 1e-9);
}

/* One mark of a log axis, with words if it is to have them. */
static void add_log_tick(report_axis *axis, int digit, int power, bool word)
{
    double v = digit * pow(10, power);
    char  *label = within(axis, v) ? add_tick(axis, v) : NULL;
    if (!label || !word)
        return;
    if (digit == 1 && (power > 4 || power < -3))
        write_power(label, sizeof axis->label[0], power);
    else
        (void)snprintf(label, sizeof axis->label[0], "%.6g", v);
}

/* Up to three decades have marks between; of two or fewer, 2 and 5 get words, and all digits when
 * there is hardly one. */
static void log_ticks(report_axis *axis, int wanted)
{
    int  first = (int)ceil(log10(axis->low) - 1e-9), last = (int)floor(log10(axis->high) + 1e-9);
    int  every = 1 + (last > first ? last - first : 0) / wanted;
    bool narrow = axis->high / axis->low < 5, few = last - first < 2, some = last - first < 3;
    for (int power = first - 1; power <= last; power++) {
        bool named = (power - first) % every == 0;
        if (named || last - first < REPORT_TICKS - 2)
            add_log_tick(axis, 1, power, named);
        for (int digit = 2; some && digit < 10; digit++)
            add_log_tick(axis, digit, power, narrow || (few && (digit == 2 || digit == 5)));
    }
}

void report_axis_ticks(report_axis *axis, int wanted)
{
    axis->n = 0;
    if (axis->log && axis->high / axis->low >= 3) /* less holds too few round digits */
        log_ticks(axis, wanted);
    else
        linear_ticks(axis, wanted);
}
