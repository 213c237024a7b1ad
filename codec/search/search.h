/* search.h - what is tried and which is kept: chooses the plan of a chunk. Readers never call it.
 */
#ifndef AEZ_SEARCH_SEARCH_H
#define AEZ_SEARCH_SEARCH_H

#include "../plan/plan.h"

typedef struct aez_plan_seed aez_plan_seed; /* seed.h */

enum { /* hats that the fields are differences from */
    AEZ_FROM_WAVELET = 1,
    AEZ_FROM_MODEL = 2
};

typedef struct aez_search_options {
    int      level; /* 1 .. 9 */
    int      zstd_only;
    uint64_t seed;
    const aez_trainer *trainer; /* of context nets; NULL: none are tried */
    /* Plans of the file's first chunk, which later ones use instead of a search; NULL: none. Only
     * read, so that chunks may be searched in several threads. */
    const aez_plan_seed *seed_plan;
    aez_plan_seed       *keep; /* takes a copy of the plan that is chosen; NULL: nobody wants it */
    unsigned differences; /* AEZ_FROM_*: plans of another kind to a seed */
    int32_t grain; /* log2 of the fields' steps in units of the model's numbers, their mean in
                    * eighths; 0 without a model */
} aez_search_options;

#define AEZ_NOTE_SIZE 160

/* What was chosen for a field, and what the runner-up would have cost, for people. */
typedef struct aez_search_note {
    char   text[AEZ_NOTE_SIZE];
    double bits, runner_up_bits; /* estimates for the whole field; runner_up_bits 0: none tried */
} aez_search_note;

/* Chooses a plan for the fields, which are only read. notes: [n_fields] or NULL. */
aez_status aez_search_plan(const aez_mem *mem, const aez_grid *grid, const aez_ifield *fields,
                           uint32_t n_fields, const aez_search_options *options, aez_plan *out,
                           aez_search_note *notes);
/* The same where the first n_given fields are known (plan.h); groups and notes are those of the
 * others. hat: [n_fields] for each field, 1 + the given field that foretells it, or 0. */
aez_status aez_search_plan_given(const aez_mem *mem, const aez_grid *grid, const aez_ifield *fields,
                                 uint32_t n_given, uint32_t n_fields, const uint32_t *hat,
                                 const aez_search_options *options, aez_plan *out,
                                 aez_search_note *notes);
/* The zstd level that streams of this level's files are packed with (0: zstd is not tried). */
int aez_level_zstd(int level, int zstd_only);

#endif
