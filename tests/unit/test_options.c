/* test_options.c - defaults, versions of the struct, values that make no sense. */
#include <criterion/criterion.h>

#include <string.h>

#include "codec/api/options.h"
#include "tests/support/hooks.h"

static aez_status resolve(const aez_options *o, aez_options *out)
{
    const char *why;
    aez_status  st = aez_options_resolve(out, o, &why);
    cr_assert_eq(st < 0, why != NULL);
    return st;
}

Test(options, nothing_set_means_the_defaults)
{
    aez_options o, out;
    aez_options_init(&o);
    cr_assert_eq(o.struct_size, sizeof o);
    for (int given = 0; given < 2; given++) {
        cr_assert_eq(resolve(given ? &o : NULL, &out), AEZ_OK);
        cr_assert(out.level == AEZ_DEFAULT_LEVEL && out.seed == 0 && out.chunk_bytes == 0);
        cr_assert(out.memory_limit == (uint64_t)8 << 30 && out.runner.width == 1);
    }
}

Test(options, an_older_caller_keeps_the_defaults_of_what_it_does_not_know)
{
    aez_options o, out;
    memset(&o, 0xEE, sizeof o);
    o.struct_size = offsetof(aez_options, seed);
    o.level = 3;
    cr_assert_eq(resolve(&o, &out), AEZ_OK);
    cr_assert(out.level == 3 && out.seed == 0 && !out.allocator.alloc && !out.progress);
    cr_assert_eq(out.struct_size, sizeof out);
}

Test(options, a_newer_caller_must_leave_the_unknown_zero)
{
    struct {
        aez_options known;
        char        unknown[8];
    } o;
    aez_options out;
    memset(&o, 0, sizeof o);
    o.known.struct_size = sizeof o;
    o.known.level = 2;
    cr_assert_eq(resolve(&o.known, &out), AEZ_OK);
    cr_assert_eq(out.level, 2);
    o.unknown[7] = 1;
    cr_assert_eq(resolve(&o.known, &out), AEZ_ERR_OPTION);
}

Test(options, values_that_make_no_sense_are_refused)
{
    aez_options o, out;
    hooks_state s = {0};
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        aez_options_init(&o);                                                                      \
        change;                                                                                    \
        cr_assert_eq(resolve(&o, &out), AEZ_ERR_OPTION, "accepted: %s", #change);                  \
    } while (0)
    REFUSED(o.struct_size = 0);
    REFUSED(o.level = 10);
    REFUSED(o.level = -1);
    REFUSED(o.chunk_bytes = 4095);
    REFUSED(o.chunk_bytes = ((uint64_t)1 << 30) + 1);
    REFUSED(o.entropy = 2);
    REFUSED((o.allocator = hooks_mem(&s), o.allocator.release = NULL));
    cr_assert(!out.allocator.alloc && !out.allocator.release, "half an allocator is never used");
    REFUSED((o.allocator = hooks_mem(&s), o.allocator.alloc = NULL));
    cr_assert_null(out.allocator.release);
    aez_options_init(&o);
    o.level = 9;
    o.chunk_bytes = 4096;
    o.entropy = AEZ_ENTROPY_ZSTD;
    o.allocator = hooks_mem(&s);
    cr_assert_eq(resolve(&o, &out), AEZ_OK);
    cr_assert_eq(out.allocator.opaque, &s);
}

Test(options, a_width_without_a_runner_is_one)
{
    aez_options o, out;
    aez_options_init(&o);
    o.runner.width = 8;
    cr_assert_eq(resolve(&o, &out), AEZ_OK);
    cr_assert_eq(out.runner.width, 1);
}
