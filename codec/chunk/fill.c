/* fill.c - values that stand for "nothing here", found where nobody named them. */
#include "fill.h"

#include <math.h>

#define RARE 256 /* fewer than one in so many: an outlier, not a fill value */

static double value_at(aez_type type, const void *values, uint64_t i)
{
    return type == AEZ_F32 ? (double)((const float *)values)[i] : ((const double *)values)[i];
}

void aez_fill_survey_init(aez_fill_survey *s)
{
    *s = (aez_fill_survey){INFINITY, INFINITY, -INFINITY, -INFINITY, 0, 0, 0};
}

void aez_fill_survey_add(aez_fill_survey *s, aez_type type, const void *values, uint64_t n)
{
    if (type != AEZ_F32 && type != AEZ_F64)
        return;
    s->n += n;
    for (uint64_t i = 0; i < n; i++) {
        double x = value_at(type, values, i);
        if (!isfinite(x))
            continue;
        if (x < s->lo) {
            s->next_lo = s->lo;
            s->lo = x;
            s->n_lo = 0;
        } else if (x > s->lo && x < s->next_lo) {
            s->next_lo = x;
        }
        if (x > s->hi) {
            s->next_hi = s->hi;
            s->hi = x;
            s->n_hi = 0;
        } else if (x < s->hi && x > s->next_hi) {
            s->next_hi = x;
        }
        s->n_lo += x == s->lo;
        s->n_hi += x == s->hi;
    }
}

unsigned aez_fill_survey_find(const aez_fill_survey *s, double fill[2])
{
    unsigned n = 0;
    if (!(s->next_lo < s->next_hi)) /* few distinct values: the ends are the whole */
        return 0;
    if (s->n_lo > s->n / RARE && s->next_lo - s->lo > s->hi - s->next_lo)
        fill[n++] = s->lo;
    if (s->n_hi > s->n / RARE && s->hi - s->next_hi > s->next_hi - s->lo)
        fill[n++] = s->hi;
    return n;
}

void aez_mark_fill(aez_type type, const void *values, uint64_t n, uint8_t *odd)
{
    aez_fill_survey s;
    double          fill[2];
    unsigned        n_fill;
    aez_fill_survey_init(&s);
    aez_fill_survey_add(&s, type, values, n);
    n_fill = aez_fill_survey_find(&s, fill);
    for (uint64_t i = 0; n_fill && i < n; i++) {
        double x = value_at(type, values, i);
        odd[i] |= x == fill[0] || (n_fill > 1 && x == fill[1]);
    }
}
