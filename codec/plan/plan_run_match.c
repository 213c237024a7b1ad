/* plan_run_match.c - stages with contexts: sites coded by what followed the same context before. */
#include "plan_run.h"

/* floor((v - from + floor(S / 2)) / S), the difference modulo 2^64 read as signed. */
static int64_t steps_between(int64_t v, int64_t from, uint64_t step)
{
    int64_t d = sub64(v, from), s = (int64_t)step, q;
    if (step > INT64_MAX)
        return 0;
    q = floor_div(d, s);
    return q + ((uint64_t)d - (uint64_t)q * step >= step - step / 2);
}

/* Level of a site with contexts: those of matches lie above all others. */
static unsigned unmatched_level(const aez_finish *f, int64_t p, uint64_t activity)
{
    unsigned level;
    if (f->stage->mean_levels)
        return mean_level(f, p, activity) >> 1;
    level = level_of(f, p, activity);
    return level < AEZ_LEVELS - AEZ_MATCH_STATES ? level : AEZ_LEVELS - AEZ_MATCH_STATES - 1;
}

/* As finish_site, with the value that its contexts foretell. */
static void finish_matched(const aez_finish *f, aez_matcher *m, const uint64_t *hash,
                           aez_residual_writer *w, aez_residual_reader *r, int64_t at, int64_t base,
                           uint64_t sum, uint64_t activity)
{
    aez_ifield *field = f->field;
    int64_t     p = predicted(f, base, sum), q = 0, foretold = 0;
    int64_t     from = f->stage->mean_levels ? f->centre : p;
    unsigned    level, state;
    if (field->image_width)
        from = aez_ordered_from_image(from, field->image_width, field->image_scale);
    if (!field->skip || !field->skip[at]) {
        int      met = aez_matcher_look(m, hash, &foretold, &state);
        uint64_t z_match = 0;
        if (met) {
            level = AEZ_LEVELS - AEZ_MATCH_STATES + state;
            z_match = aez_zigzag(steps_between(foretold, from, field->step));
        } else {
            level = unmatched_level(f, p, activity);
        }
        if (w) {
            int64_t symbol = q = quantise(field->k[at], from, field->step, f->log_step);
            if (met)
                symbol = aez_unzigzag(aez_match_fold(aez_zigzag(q), z_match));
            aez_residual_put(w, level, symbol);
        } else {
            q = aez_residual_next(r, level);
            if (met)
                q = aez_unzigzag(aez_match_unfold(aez_zigzag(q), z_match));
        }
    }
    field->k[at] = (int64_t)((uint64_t)from + (uint64_t)q * field->step);
    if (!field->skip || !field->skip[at])
        aez_matcher_learn(m, field->k[at]);
    if (field->image_width)
        f->source[at] =
            aez_image_from_ordered(field->k[at], field->image_width, field->image_scale);
}

void aez_run_match_block(const aez_run *run, const aez_stage *s, const aez_lens *lens,
                         const aez_finish *f, aez_residual_writer *w, aez_residual_reader *r,
                         const aez_block *b, int64_t first, int64_t step, int n)
{
    for (int i = 0; i < n; i++) {
        int64_t  at = first + i * step;
        uint64_t hash[AEZ_MATCH_CONTEXTS];
        for (unsigned c = 0; c < s->n_contexts; c++) {
            hash[c] = aez_match_begin(c);
            for (unsigned t = 0; t < s->n_taps; t++) {
                uint32_t other = s->tap[t].field;
                if (!(s->context[c] >> t & 1))
                    continue;
                hash[c] = aez_match_add(hash[c], lens->there >> t & 1
                                                     ? run->source[other][at + lens->place[t]]
                                                     : run->plan->constant[other]);
            }
        }
        finish_matched(f, run->matcher, hash, w, r, at, b->base[i], b->sum[i], b->activity[i]);
    }
}
