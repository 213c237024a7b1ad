/* progress.h - one line on a terminal that says how far the work is. */
#ifndef AEZ_CLI_PROGRESS_H
#define AEZ_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "aez.h"

typedef struct aez_progress {
    bool        enabled; /* standard error is a terminal, and nobody said no */
    bool        shown;   /* a line stands there now */
    const char *file, *verb;
    uint64_t    total; /* bytes of the whole work; 0: not known */
    double      start, last; /* seconds of a steady clock */
    double      training;    /* when it began; 0: none is going on */
} aez_progress;

/* wanted: neither -q nor --no-progress. */
void aez_progress_init(aez_progress *p, bool wanted);
/* Starts a phase: "FILE: verb 42 %, 12.3 MB/s, 8 s left". */
void aez_progress_start(aez_progress *p, const char *file, const char *verb, uint64_t total);
/* The size of the phase's work, once it is known. */
void aez_progress_expect(aez_progress *p, uint64_t total);
/* done bytes of the phase are through; draws at most 5 times a second. */
void aez_progress_tick(aez_progress *p, uint64_t done);
/* "FILE: training 420 of 1000, loss 3.21, 8 s left"; draws at most 5 times a second. */
void aez_progress_training(aez_progress *p, uint64_t step, uint64_t steps, double loss);
/* "FILE: epoch 3.2 of 50, loss 0.0123, validation 0.0125, rate 0.001, 8 s left"; draws at most 5
 * times a second. seconds: how long it may take, or 0. */
void aez_progress_epoch(aez_progress *p, const aez_epoch *now, uint64_t epochs, uint64_t steps,
                        double seconds);
/* Wipes the line, so that messages start on a clean one. */
void aez_progress_clear(aez_progress *p);

#endif
