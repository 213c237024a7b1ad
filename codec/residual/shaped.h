/* shaped.h - small residual blocks: one payload, frequencies computed from each level's scale. */
#ifndef AEZ_RESIDUAL_SHAPED_H
#define AEZ_RESIDUAL_SHAPED_H

#include "residual.h"

#include "../entropy/freqs.h"

/* Above this many values separate streams with tables of their own are as small, and faster. */
#define AEZ_SHAPED_MAX 262144

/* Appends the block behind its head byte. n of the writer is 1 .. AEZ_SHAPED_MAX. */
aez_status aez_shaped_pack(const aez_residual_writer *w, int effort, aez_buf *out);

/* What is needed to read one. */
typedef struct aez_shaped {
    aez_token_cut  cut;
    size_t         n_left;
    int64_t        base, slope;
    uint32_t       x; /* state of the coder */
    const uint8_t *word, *word_end;
    uint32_t      *start; /* [AEZ_LEVELS][n_symbols + 1] sums of frequencies; owned */
    uint8_t        ready[AEZ_LEVELS];
    aez_freqs      freqs; /* log, n_symbols, shape and zero; the rest is of the last level used */
} aez_shaped;

/* Reads all but the raw bits. *has_raw: they follow. Free with aez_shaped_free also on failure. */
aez_status aez_shaped_init(aez_shaped *s, const aez_mem *mem, aez_rd *in, size_t max_n,
                           int *has_raw);
void       aez_shaped_free(aez_shaped *s, const aez_mem *mem);
/* The token of the next value; n_left > 0. */
uint32_t aez_shaped_next(aez_shaped *s, unsigned level);
int      aez_shaped_done(const aez_shaped *s);

#endif
