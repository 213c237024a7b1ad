/* test_fill.c - which values are taken for fill values. */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>

#include "codec/chunk/fill.h"

#define N 2000

static size_t marked(const float *v, size_t n, uint8_t *odd)
{
    size_t count = 0;
    memset(odd, 0, N);
    aez_mark_fill(AEZ_F32, v, n, odd);
    for (size_t i = 0; i < n; i++)
        count += odd[i];
    return count;
}

static void waves(float *v)
{
    for (int i = 0; i < N; i++)
        v[i] = 280 + 30 * sinf((float)i / 20);
}

Test(fill, frequent_far_ends_are_marked_on_either_side)
{
    static const float fills[] = {-9999.0f, 1e20f, 9.96921e36f, 0.0f, 700.0f};
    float              v[N];
    uint8_t            odd[N];
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        waves(v);
        for (int i = 300; i < 400; i++)
            v[i] = fills[f];
        cr_assert_eq(marked(v, N, odd), 100, "%g", (double)fills[f]);
        cr_assert(odd[300] && odd[399] && !odd[299] && !odd[400]);
    }
}

Test(fill, a_farther_end_hides_a_nearer_one)
{
    float   v[N];
    uint8_t odd[N];
    waves(v);
    for (int i = 0; i < 50; i++) {
        v[2 * i] = -1e10f;
        v[2 * i + 1] = 1e20f;
    }
    /* beside 1e20, -1e10 is no farther from the rest than that is */
    cr_assert_eq(marked(v, N, odd), 50);
    cr_assert(odd[1] && !odd[0]);
}

Test(fill, rare_near_or_only_values_are_not_marked)
{
    float   v[N];
    uint8_t odd[N];
    waves(v);
    v[7] = -9999; /* an outlier */
    cr_assert_eq(marked(v, N, odd), 0);
    for (int i = 0; i < 100; i++)
        v[i] = 240; /* within the spread of the others */
    cr_assert_eq(marked(v, N, odd), 0);
    for (int i = 0; i < N; i++)
        v[i] = i % 2 ? 0.0f : 1.0f; /* all there is */
    cr_assert_eq(marked(v, N, odd), 0);
    for (int i = 0; i < N; i++)
        v[i] = NAN;
    cr_assert_eq(marked(v, N, odd), 0);
    cr_assert_eq(marked(v, 0, odd), 0);
}

Test(fill, doubles_are_looked_at_and_integers_are_not)
{
    double  d[N];
    int32_t k[N];
    uint8_t odd[N] = {0};
    for (int i = 0; i < N; i++) {
        d[i] = i % 10 ? sin(i) : -1e30;
        k[i] = i % 10 ? i : -1000000;
    }
    aez_mark_fill(AEZ_I32, k, N, odd);
    for (int i = 0; i < N; i++)
        cr_assert_eq(odd[i], 0);
    aez_mark_fill(AEZ_F64, d, N, odd);
    for (int i = 0; i < N; i++)
        cr_assert_eq(odd[i], i % 10 == 0);
}
