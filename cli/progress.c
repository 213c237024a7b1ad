/* progress.c - one line on a terminal that says how far the work is. */
#include "platform.h"

#include "progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"

#define MIN_SECONDS 0.2 /* between two drawings */

static double now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void aez_progress_init(aez_progress *p, bool wanted)
{
    memset(p, 0, sizeof *p);
    p->enabled = wanted && isatty(STDERR_FILENO);
}

void aez_progress_start(aez_progress *p, const char *file, const char *verb, uint64_t total)
{
    p->file = file;
    p->verb = verb;
    p->total = total;
    if (p->enabled)
        p->start = p->last = now();
}

void aez_progress_expect(aez_progress *p, uint64_t total)
{
    p->total = total;
}

static void draw(const aez_progress *p, uint64_t done, double seconds)
{
    double rate = seconds > 0 ? (double)done / seconds : 0;
    fputs("\r", stderr);
    aez_print_safe(stderr, p->file);
    fprintf(stderr, ": %s ", p->verb);
    if (p->total > 0)
        fprintf(stderr, "%.0f %%, ", 100.0 * (double)done / (double)p->total);
    else
        fprintf(stderr, "%.1f MB, ", (double)done / 1e6);
    fprintf(stderr, "%.1f MB/s", rate / 1e6);
    if (p->total > done && rate > 0)
        fprintf(stderr, ", %.0f s left", (double)(p->total - done) / rate);
    fputs("\033[K", stderr); /* what a longer line left behind */
    fflush(stderr);
}

void aez_progress_tick(aez_progress *p, uint64_t done)
{
    double t;
    if (!p->enabled)
        return;
    t = now();
    if (t - p->last < MIN_SECONDS)
        return;
    p->last = t;
    p->shown = true;
    draw(p, done, t - p->start);
}

void aez_progress_training(aez_progress *p, uint64_t step, uint64_t steps, double loss)
{
    double t;
    if (!p->enabled)
        return;
    t = now();
    if (p->training <= 0)
        p->training = t;
    if (step < steps && t - p->last < MIN_SECONDS)
        return;
    p->last = t;
    p->shown = true;
    fputs("\r", stderr);
    aez_print_safe(stderr, p->file);
    fprintf(stderr, ": training %" PRIu64 " of %" PRIu64 ", loss %.4g", step, steps, loss);
    if (step > 0 && step < steps)
        fprintf(stderr, ", %.0f s left",
                (t - p->training) * (double)(steps - step) / (double)step);
    fputs("\033[K", stderr);
    fflush(stderr);
    if (step >= steps) {
        p->start += t - p->training; /* the phase's own speed is without it */
        p->training = 0;
    }
}

/* The share of the training that is done, by what ends first; 0 when nothing can be said. */
static double share_done(const aez_epoch *e, uint64_t epochs, uint64_t steps, double spent,
                         double seconds)
{
    double share = 0;
    if (steps > 0)
        share = (double)e->step / (double)steps;
    else if (epochs > 0)
        share = (double)e->epoch / (double)epochs;
    return seconds > 0 && spent / seconds > share ? spent / seconds : share;
}

void aez_progress_epoch(aez_progress *p, const aez_epoch *e, uint64_t epochs, uint64_t steps,
                        double seconds)
{
    double t, share;
    if (!p->enabled)
        return;
    t = now();
    if (p->training <= 0)
        p->training = t;
    if (t - p->last < MIN_SECONDS)
        return;
    p->last = t;
    p->shown = true;
    fputs("\r", stderr);
    aez_print_safe(stderr, p->file);
    fprintf(stderr, ": epoch %" PRIu64 " of %" PRIu64 ", loss %.4g", e->epoch, epochs,
            e->train_loss);
    if (!isnan(e->valid_loss))
        fprintf(stderr, ", validation %.4g", e->valid_loss);
    fprintf(stderr, ", rate %.3g", e->rate);
    share = share_done(e, epochs, steps, t - p->training, seconds);
    if (share > 0 && share < 1)
        fprintf(stderr, ", %.0f s left", (t - p->training) * (1 - share) / share);
    fputs("\033[K", stderr);
    fflush(stderr);
}

void aez_progress_clear(aez_progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
