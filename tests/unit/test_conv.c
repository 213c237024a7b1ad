/* test_conv.c - integer convolutions: any shape and block gives the numbers of the definition. */
#include "tests/support/decoders.h"

#include "codec/net/conv.h"

static const aez_mem plain_mem;

static size_t n_quick, n_slow;

/* Both ways, if there is a quick one. */
static void check_both(const aez_conv *conv, const aez_kernels *kernels, const int16_t *x,
                       const int64_t *want, const int64_t *want_last, size_t n_out, int quick)
{
    aez_conv c = *conv;
    size_t   n_packed = aez_conv_packed(conv);
    int16_t *y = malloc(n_out * sizeof *y), *packed = malloc(n_packed * sizeof *packed + 1);
    int64_t *last = calloc(n_out, sizeof *last);
    void    *scratch = malloc(aez_conv_scratch_bytes(conv));
    cr_assert_leq(aez_conv_scratch_bytes(conv), 2 << 20);
    *(quick ? &n_quick : &n_slow) += 1;
    if (quick) {
        aez_conv_pack(conv, packed);
        c.packed = packed;
    }
    aez_conv_run(&c, kernels, x, scratch, y);
    for (size_t i = 0; i < n_out; i++)
        cr_assert_eq(y[i], want[i], "%zu of %ux%ux%u, window %ux%u", i, c.in.c, c.in.h, c.in.w,
                     c.kh, c.kw);
    aez_conv_add(&c, kernels, x, 11, scratch, last);
    aez_conv_add(&c, kernels, x, 11, scratch, last);
    for (size_t i = 0; i < n_out; i++)
        cr_assert_eq(last[i], 2 * want_last[i]);
    free(y);
    free(packed);
    free(last);
    free(scratch);
}

static void check_conv(aez_extent in, uint32_t c_out, uint32_t kh, uint32_t kw, int most,
                       const aez_kernels *kernels)
{
    aez_op   op = {AEZ_OP_CONV, in, {c_out, in.h, in.w}, kh, kw, {0}};
    aez_conv conv = {&op.layer, in, kh, kw, NULL};
    size_t   n_in = aez_extent_size(in), n_out = aez_extent_size(op.out);
    int16_t *x = malloc(n_in * sizeof *x);
    int64_t *wide = malloc(n_in * sizeof *wide), *want = malloc(n_out * sizeof *want);
    int64_t *want_last = malloc(n_out * sizeof *want_last);
    cr_assert_eq(aez_layer_init(&op.layer, &plain_mem, in.c * kh * kw, c_out, 1), AEZ_OK);
    fill_layer(&op.layer, most, 13);
    op.layer.activation = (unsigned)random_in(0, AEZ_ACTIVATION_MAX);
    for (size_t i = 0; i < n_in; i++)
        wide[i] = x[i] = (int16_t)(most == 32767 ? random_in(-32768, 32767) : random_in(-100, 100));
    plain_op(&op, wide, want, 0, 0);
    plain_op(&op, wide, want_last, 1, 11);
    check_both(&conv, kernels, x, want, want_last, n_out, 0);
    if (aez_conv_packed(&conv))
        check_both(&conv, kernels, x, want, want_last, n_out, 1);
    aez_layer_free(&op.layer, &plain_mem);
    free(x);
    free(wide);
    free(want);
    free(want_last);
}

Test(conv, every_small_shape_and_window_gives_the_definition)
{
    const aez_kernels *list[AEZ_KERNELS_MAX];
    size_t             n = aez_kernels_usable(list, AEZ_KERNELS_MAX);
    for (uint32_t h = 1; h <= 6; h++)
        for (uint32_t w = 1; w <= 6; w++)
            for (uint32_t kh = 1; kh <= 7; kh += 2)
                for (uint32_t kw = 1; kw <= 7; kw += 2)
                    for (size_t i = 0; i < n; i++)
                        check_conv((aez_extent){1 + h * w % 3, h, w}, 1 + (kh + w) % 4, kh, kw,
                                   (h + w) % 2 ? 127 : 32767, list[i]);
    cr_assert(n_quick > 200 && n_slow > n_quick);
}

/* More sites than one block of windows or of sums, or one band of lines takes, and windows wider
 * than the tensor. */
Test(conv, blocks_of_sites_join_up)
{
    const aez_kernels *best = aez_kernels_pick(NULL);
    check_conv((aez_extent){40, 23, 31}, 3, 5, 5, 127, best);
    check_conv((aez_extent){1, 37, 41}, 130, 1, 1, 127, best);
    check_conv((aez_extent){16, 3, 5}, 2, 63, 63, 60, best);
    check_conv((aez_extent){3, 1, 700}, 4, 1, 63, 32767, best);
    check_conv((aez_extent){2, 300, 1}, 1, 9, 3, 127, best);
    check_conv((aez_extent){2, 130, 90}, 19, 3, 3, 127, best); /* two bands, two lots of channels */
    check_conv((aez_extent){90, 40, 50}, 2, 3, 3, 40, best);
    check_conv((aez_extent){1, 2, 9000}, 2, 3, 3, 127, best); /* lines too long for a band */
    cr_assert_gt(n_quick, 3);
}
