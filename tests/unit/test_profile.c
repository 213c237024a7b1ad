/* test_profile.c - the first pass: statistics of every field, for any split of the input. */
#include <criterion/criterion.h>

#include <math.h>

#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

#define N 1000

static double   values[N];
static uint8_t  bytes[N], opaque[N];
static void    *columns[3] = {values, bytes, opaque};

static const aez_field fields[3] = {
    {.type = AEZ_F64, .has_missing = 1, .missing = -9999, .mode = AEZ_REL, .bound = 0.1},
    {.type = AEZ_U8}, {.type = AEZ_OPAQUE}};

static aez_schema three_fields(void)
{
    static const uint64_t n = N;
    for (int i = 0; i < N; i++) {
        values[i] = i % 10 == 3 ? -9999 : i % 10 == 4 ? NAN : i - 200;
        bytes[i] = (uint8_t)(i % 200 + 3);
    }
    return arrays_schema(fields, 3, 1, &n);
}

Test(profile, statistics_do_not_depend_on_the_split)
{
    static const uint64_t pieces[] = {1, 7, N};
    for (size_t i = 0; i < 3; i++) {
        aez_schema      s = three_fields();
        aez_profile    *p;
        aez_field_stats stats;
        cr_assert_eq(arrays_survey(NULL, &s, columns, pieces[i], &p), AEZ_OK);
        cr_assert_eq(aez_profile_stats(p, 0, &stats), AEZ_OK);
        cr_assert(stats.n == N && stats.n_finite == N - 200);
        cr_assert(stats.min == -200 && stats.max == 799);
        cr_assert_eq(aez_profile_stats(p, 1, &stats), AEZ_OK);
        cr_assert(stats.n == N && stats.min == 3 && stats.max == 202);
        cr_assert_eq(aez_profile_stats(p, 2, &stats), AEZ_OK);
        cr_assert(stats.n == 0 && stats.min == 0 && stats.max == 0);
        cr_assert_eq(aez_profile_stats(p, 3, &stats), AEZ_ERR_OPTION);
        aez_profile_destroy(p);
    }
    aez_profile_destroy(NULL);
}

Test(profile, a_field_without_values_has_no_range)
{
    aez_schema      s = three_fields();
    aez_profile    *p;
    aez_field_stats stats;
    cr_assert_eq(aez_profile_create(&p, NULL, &s), AEZ_OK);
    cr_assert_eq(aez_profile_push(p, (const void *const *)columns, 0), AEZ_OK);
    cr_assert_eq(aez_profile_stats(p, 0, &stats), AEZ_OK);
    cr_assert(stats.n == 0 && stats.n_finite == 0 && stats.min == 0 && stats.max == 0);
    aez_profile_destroy(p);
}

Test(profile, what_makes_no_sense_is_refused)
{
    aez_schema   s = three_fields();
    aez_options  o;
    aez_profile *p;
    aez_options_init(&o);
    o.level = 11;
    cr_assert_eq(aez_profile_create(&p, &o, &s), AEZ_ERR_OPTION);
    cr_assert_null(p);
    cr_assert_eq(aez_profile_create(&p, NULL, NULL), AEZ_ERR_OPTION);
    s.n_fields = 0;
    cr_assert_eq(aez_profile_create(&p, NULL, &s), AEZ_ERR_OPTION);
}

Test(profile, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_schema  s = three_fields();
    aez_options o;
    aez_status  st = AEZ_ERR_NOMEM;
    aez_options_init(&o);
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state  h = {.fail_at = n};
        aez_profile *p = NULL;
        o.allocator = hooks_mem(&h);
        st = arrays_survey(&o, &s, columns, 100, &p);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        cr_assert(st != AEZ_OK || h.n_requests < n, "request %zu failed and nobody told", n);
        aez_profile_destroy(p);
        cr_assert_eq(h.n_live, 0);
    }
}
