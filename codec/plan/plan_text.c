/* plan_text.c - a template in a phrase for people. */
#include <stdio.h>

#include "plan_net.h"

static size_t append(char *text, size_t size, size_t at, const char *format, unsigned value)
{
    int n = snprintf(text + at, size - at, format, value);
    if (n < 0 || (size_t)n >= size - at)
        return size - 1;
    return at + (size_t)n;
}

/* ", 3 nets 20-24-16-2" */
static void nets_text(const aez_template *t, char *text, size_t size, size_t at)
{
    const aez_context_net *net = &t->nets[0];
    at = append(text, size, at, t->n_nets > 1 ? ", %u nets " : ", net ", t->n_nets);
    at = append(text, size, at, "%u", aez_net_inputs(net));
    for (unsigned l = 0; l < net->n_layers; l++)
        at = append(text, size, at, "-%u", net->layer[l].n_out);
}

void aez_template_text(const aez_template *t, uint8_t scan_mask, const aez_grid *grid, char *text,
                       size_t size)
{
    size_t at = 0;
    text[0] = 0;
    if (t->kind == AEZ_TEMPLATE_PYRAMID) {
        at = append(text, size, at, "pyramid over axes", 0);
        for (unsigned i = 0; i < t->n_order; i++)
            at = append(text, size, at, i ? ",%u" : " %u", t->order[i]);
        if (t->flags & AEZ_CHANNEL_TAPS)
            at = append(text, size, at, ", %u channels", t->n_channels);
    } else if (t->n_taps == 0) {
        at = append(text, size, at, "values as they are", 0);
    } else {
        at = append(text, size, at, t->n_taps == 1 ? "%u tap" : "%u taps", t->n_taps);
    }
    for (unsigned a = 0; a < grid->n_dims; a++) {
        if (scan_mask >> a & 1)
            at = append(text, size, at, ", scan of axis %u", a);
    }
    if (t->flags & AEZ_MEAN_LEVELS)
        at = append(text, size, at, ", levels by value", 0);
    if (t->flags & AEZ_FIXED_GRID)
        at = append(text, size, at, ", fixed grid", 0);
    if (t->flags & AEZ_MATCH_TAPS)
        at = append(text, size, at, t->n_contexts > 1 ? ", %u matches" : ", match", t->n_contexts);
    if (t->n_nets)
        nets_text(t, text, size, at);
}
