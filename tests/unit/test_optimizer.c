/* test_optimizer.c - optimisers beside a few steps computed by hand. */
#include "codec/api/aez.h"
#include "codec/train/optimizer.h"

#include <criterion/criterion.h>
#include <math.h>

enum { N = 37, STEPS = 6 };

static double gradient(int step, int i)
{
    return sin(1.7 * i + step) * (i % 5 ? 1 : 1e-4);
}

/* In doubles, from the formulas of optimizer.h. */
static void by_hand(int kind, double rate, double keep, double scale, double *p)
{
    double first[N] = {0}, second[N] = {0};
    for (int t = 1; t <= STEPS; t++)
        for (int i = 0; i < N; i++) {
            double g = gradient(t, i) * scale;
            if (kind == AEZ_SGD) {
                first[i] = keep * first[i] + g;
                p[i] -= rate * first[i];
            } else if (kind == AEZ_ADAM) {
                first[i] = keep * first[i] + (1 - keep) * g;
                second[i] = 0.999 * second[i] + 0.001 * g * g;
                p[i] -= rate * (first[i] / (1 - pow(keep, t))) /
                        (sqrt(second[i] / (1 - pow(0.999, t))) + 1e-10);
            } else {
                double change;
                second[i] = keep * second[i] + (1 - keep) * g * g;
                change = sqrt(first[i] + 1e-7) / sqrt(second[i] + 1e-7) * g;
                first[i] = keep * first[i] + (1 - keep) * change * change;
                p[i] -= rate * change;
            }
        }
}

Test(optimizer, steps_are_those_of_the_formulas)
{
    static const struct {
        int    kind;
        double rate, keep, scale;
    } cases[] = {{AEZ_SGD, 0.1, 0.9, 1},     {AEZ_SGD, 0.1, 0, 0.5},
                 {AEZ_ADAM, 0.01, 0.9, 1},   {AEZ_ADAM, 0.01, 0.5, 0.25},
                 {AEZ_ADADELTA, 1, 0.95, 1}, {AEZ_ADADELTA, 0.5, 0.9, 3}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        aez_optimizer o = {cases[c].kind, cases[c].rate, cases[c].keep};
        double        want[N] = {0};
        float         p[N] = {0}, g[N], first[N] = {0}, second[N] = {0};
        by_hand(cases[c].kind, cases[c].rate, cases[c].keep, cases[c].scale, want);
        for (int t = 1; t <= STEPS; t++) {
            aez_optimizer_step s = aez_optimizer_at(&o, (uint64_t)t, cases[c].scale);
            for (int i = 0; i < N; i++)
                g[i] = (float)gradient(t, i);
            aez_optimizer_move(&s, p, g, first, second, N);
        }
        for (int i = 0; i < N; i++)
            cr_assert_lt(fabs((double)p[i] - want[i]), 1e-5 * fabs(want[i]) + 1e-7,
                         "case %zu, %d: %g and %g", c, i, (double)p[i], want[i]);
    }
}

Test(optimizer, no_gradient_moves_nothing)
{
    for (int kind = AEZ_ADAM; kind <= AEZ_SGD; kind++) {
        aez_optimizer      o = {kind, 1, 0.9};
        aez_optimizer_step s = aez_optimizer_at(&o, 1, 1);
        float              p[N], g[N] = {0}, first[N] = {0}, second[N] = {0};
        for (int i = 0; i < N; i++)
            p[i] = (float)i;
        aez_optimizer_move(&s, p, g, first, second, N);
        for (int i = 0; i < N; i++)
            cr_assert_eq(p[i], (float)i);
    }
}
