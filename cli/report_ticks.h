/* report_ticks.h - where an axis begins and ends, and what is written along it. */
#ifndef AEZ_CLI_REPORT_TICKS_H
#define AEZ_CLI_REPORT_TICKS_H

#include <stddef.h>

#define REPORT_TICKS 32

typedef struct report_axis {
    int    log;
    double low, high; /* low < high, above 0 on a log axis */
    size_t n;
    double at[REPORT_TICKS];
    char   label[REPORT_TICKS][32]; /* "" for a mark without words */
} report_axis;

/* Chooses round ticks, about `wanted` with words, for an axis whose log, low and high are set. */
void report_axis_ticks(report_axis *axis, int wanted);
/* Widens low .. high by a share of it at each end: so that nothing sits on the frame. */
void report_axis_pad(report_axis *axis, double at_low, double at_high);

#endif
