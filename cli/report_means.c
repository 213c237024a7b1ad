/* report_means.c - geometric means of a corpus, method by method. */
#include "platform.h"

#include "report_means.h"

#include <math.h>

#include "report_html.h"

#define MAX_MODES 16

/* Over the sets that a method restored in a mode: logarithms first, then means. */
typedef struct summary {
    size_t n;
    double ratio, ours, in, out;
} summary;

static const report_result *find(const report_results *all, size_t set_i, double bound, size_t m)
{
    for (size_t i = 0; i < all->n; i++)
        if (all->one[i].set_i == set_i && all->one[i].bound == bound && all->one[i].method == m &&
            report_result_good(&all->one[i]))
            return &all->one[i];
    return NULL;
}

static summary summarise(const report_results *all, double bound, size_t m)
{
    summary s = {0, 0, 0, 0, 0};
    for (size_t i = 0; i < all->n; i++) {
        const report_result *r = &all->one[i], *ours;
        if (r->bound != bound || r->method != m || !report_result_good(r))
            continue;
        ours = find(all, r->set_i, bound, 0);
        s.n++;
        s.ratio += log(report_result_ratio(r));
        s.ours += ours ? log(report_result_ratio(ours)) : NAN;
        s.in += log(report_megabytes(r->raw_bytes, r->outcome.seconds_in));
        s.out += log(report_megabytes(r->raw_bytes, r->outcome.seconds_out));
    }
    if (s.n) {
        double n = (double)s.n;
        s = (summary){s.n, exp(s.ratio / n), exp(s.ours / n), exp(s.in / n), exp(s.out / n)};
    }
    return s;
}

/* The modes there are, in the order they were run. */
static size_t list_modes(const report_results *all, double *modes)
{
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known = known || modes[k] == all->one[i].bound;
        if (!known && n < MAX_MODES)
            modes[n++] = all->one[i].bound;
    }
    return n;
}

void report_means_show(aez_buf *b, const report_results *all)
{
    double modes[MAX_MODES];
    size_t n_modes = list_modes(all, modes);
    report_put(b, "<h2>Geometric means</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>bound</th>"
                  "<th>method</th><th class=\"n\">sets</th><th class=\"n\">ratio</th>"
                  "<th class=\"n\">aez on<br/>these sets</th><th class=\"n\">aez smaller<br/>by a "
                  "factor</th><th class=\"n\">MB/s<br/>in</th><th class=\"n\">MB/s<br/>out</th>"
                  "</tr></thead>\n"
                  "<tbody>\n");
    for (size_t k = 0; k < n_modes; k++) {
        bool first = true;
        for (size_t m = 0; m < REPORT_METHODS; m++) {
            summary s = summarise(all, modes[k], m);
            char    mode[32];
            if (s.n == 0)
                continue;
            report_mode_text(modes[k], mode, sizeof mode);
            report_putf(b, "<tr><td>%s</td><td>", first ? mode : "");
            report_put_escaped(b, all->methods->one[m].label);
            report_putf(b, "</td><td class=\"n\">%zu</td>", s.n);
            report_fixed_cell(b, s.ratio, 2, false);
            report_fixed_cell(b, m ? s.ours : NAN, 2, false);
            report_fixed_cell(b, m ? s.ours / s.ratio : NAN, 2, m && s.ours > s.ratio);
            report_cell(b, s.in, 3);
            report_cell(b, s.out, 3);
            report_put(b, "</tr>\n");
            first = false;
        }
    }
    report_put(b, "</tbody></table></div>\n");
}
