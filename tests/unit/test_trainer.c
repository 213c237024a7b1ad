/* test_trainer.c - the public trainer: bytes and back, weights by name, what is told of a model. */
#include "codec/autoencoder/autoencoder.h"
#include "codec/base/rng.h"
#include "codec/train/float_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const aez_allocator plain;
enum { N = 300, D = 12 };

static double uniform(aez_rng *g)
{
    return (double)(aez_rng_next(g) >> 11) * 0x1p-53 - 0.5;
}

/* Small images, 3 x 4, of a bright spot; all offsets and sizes differ. */
static double *spots(uint64_t seed)
{
    double *x = malloc(N * D * sizeof *x);
    aez_rng g;
    aez_rng_seed(&g, seed);
    for (size_t r = 0; r < N; r++) {
        double cy = 2 * (uniform(&g) + 0.5), cx = 3 * (uniform(&g) + 0.5);
        for (size_t j = 0; j < D; j++) {
            double dy = (double)(j / 4) - cy, dx = (double)(j % 4) - cx;
            x[r * D + j] = 50 + (double)j + 20 * exp(-0.5 * (dy * dy + dx * dx)) + uniform(&g);
        }
    }
    return x;
}

static aez_train_task image_task(const double *x)
{
    return (aez_train_task){.rows = x, .n_rows = N, .n_features = D, .channels = 1, .height = 3,
                            .width = 4, .n_latent = 3, .loss = AEZ_LOSS_MSE, .epochs = 20,
                            .batch = 32, .scaling = AEZ_SCALE_COMMON, .latent_step = 0.1,
                            .encoder = "conv:4 norm relu pool:2 flatten dropout:0.1 latent",
                            .decoder = "dense:12 norm tanh shape:1x3x4 conv:3:3x3 leaky conv:1"};
}

static void *train(const aez_train_task *task)
{
    void      *m;
    char       why[300];
    aez_status st = aez_trainer_default()->train(&plain, task, &m, why, sizeof why);
    cr_assert_eq(st, AEZ_OK, "%s", why);
    return m;
}

static double integer_error(const void *m, const double *x, double *as_float)
{
    const aez_trainer *t = aez_trainer_default();
    size_t             size;
    const uint8_t     *bytes = t->decoder(m, &size);
    double            *z = malloc(N * D * sizeof *z), *out = malloc(N * D * sizeof *out), error = 0;
    int32_t           *q = malloc(N * D * sizeof *q), *hat = malloc(N * D * sizeof *hat);
    aez_autoencoder    ae;
    aez_rd             in;
    aez_autoencoder_init(&ae, &plain);
    aez_rd_init(&in, bytes, size);
    cr_assert_eq(aez_autoencoder_get(&ae, &plain, &in), AEZ_OK);
    cr_assert_leq(ae.n_latent, D);
    cr_assert_eq(t->encode(m, x, N, q), AEZ_OK);
    cr_assert_eq(t->encode_float(m, x, N, z), AEZ_OK);
    for (size_t i = 0; i < N * ae.n_latent; i++)
        cr_assert_eq((double)q[i], floor(z[i] + 0.5));
    for (size_t i = 0; i < N * ae.n_latent; i++)
        z[i] = q[i];
    cr_assert_eq(t->decode_float(m, z, N, out), AEZ_OK);
    cr_assert_eq(aez_autoencoder_run(&ae, q, N, hat), AEZ_OK);
    *as_float = 0;
    for (size_t i = 0; i < N * D; i++) {
        double s = aez_autoencoder_scale(&ae, i % D);
        double e = (aez_autoencoder_value(&ae, i % D, hat[i]) - x[i]) / s, f = (out[i] - x[i]) / s;
        error += e * e / (N * D);
        *as_float += f * f / (N * D);
    }
    aez_autoencoder_free(&ae);
    free(z);
    free(out);
    free(q);
    free(hat);
    return error;
}

Test(trainer, integers_do_what_floats_do_and_the_loss_told_is_that_of_the_rows)
{
    double *x = spots(1);
    for (int scaling = AEZ_SCALE_EACH; scaling <= AEZ_SCALE_RANGE; scaling++) {
        aez_train_task task = image_task(x);
        double         told_float, told_integers, floats, integers;
        void          *m;
        task.scaling = scaling;
        m = train(&task);
        aez_trainer_default()->export_loss(m, &told_float, &told_integers);
        integers = integer_error(m, x, &floats);
        cr_assert(integers < 1.006 * floats && integers > 0, "%g %g", integers, floats);
        cr_assert(fabs(told_float / floats - 1) < 1e-4 && fabs(told_integers / integers - 1) < 1e-4,
                  "%g %g, %g %g", told_float, floats, told_integers, integers);
        aez_trainer_default()->destroy(m);
    }
    free(x);
}

Test(trainer, the_mean_alone_is_a_model)
{
    double        *x = spots(2), z, out[2 * D];
    aez_train_task task = {.rows = x, .n_rows = N, .n_features = D, .no_latents = 1,
                           .scaling = AEZ_SCALE_SITES};
    void          *m = train(&task);
    double         floats, error = integer_error(m, x, &floats);
    cr_assert(fabs(error - 1) < 0.01 && fabs(floats - 1) < 0.01, "%g", error);
    cr_assert_eq(aez_trainer_default()->decode_float(m, &z, 2, out), AEZ_OK);
    for (size_t j = 0; j < D; j++)
        cr_assert(out[j] > 50 + (double)j && out[j] < 70 + (double)j && out[j] == out[D + j]);
    cr_assert_str_eq(aez_trainer_default()->architecture(m, 0), "");
    aez_trainer_default()->destroy(m);
    free(x);
}

Test(trainer, a_model_survives_its_bytes)
{
    const aez_trainer *t = aez_trainer_default();
    double            *x = spots(3), a[N * 3], b[N * 3], fa, fb, ia, ib;
    aez_train_task     task = image_task(x);
    void              *m, *back;
    size_t             size, n_curve, n_back;
    const uint8_t     *bytes;
    m = train(&task);
    bytes = t->save(m, &size);
    cr_assert_eq(t->load(&plain, bytes, size, &back), AEZ_OK);
    cr_assert_eq(t->encode_float(m, x, N, a), AEZ_OK);
    cr_assert_eq(t->encode_float(back, x, N, b), AEZ_OK);
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    cr_assert_str_eq(t->architecture(m, 0),
                     "conv:4:3x3 norm relu pool:2 flatten dropout:0.1 latent");
    cr_assert_str_eq(t->architecture(back, 1), t->architecture(m, 1));
    cr_assert_eq(memcmp(t->curve(m, &n_curve), t->curve(back, &n_back), sizeof(aez_epoch) * 20), 0);
    cr_assert(n_curve == 20 && n_back == 20);
    t->export_loss(m, &fa, &ia);
    t->export_loss(back, &fb, &ib);
    cr_assert(fa == fb && ia == ib);
    cr_assert_null(t->decoder(back, &n_back));
    t->destroy(m);
    t->destroy(back);
    free(x);
}

Test(trainer, no_bytes_are_trusted)
{
    const aez_trainer *t = aez_trainer_default();
    double            *x = spots(4), z[3];
    aez_train_task     task = image_task(x);
    void              *m, *back;
    size_t             size;
    const uint8_t     *bytes;
    uint8_t           *copy;
    task.epochs = 2;
    task.keep_state = 1;
    m = train(&task);
    bytes = t->save(m, &size);
    for (size_t n = 0; n < size; n++) {
        copy = malloc(n + 1);
        memcpy(copy, bytes, n);
        cr_assert_lt(t->load(&plain, copy, n, &back), 0);
        cr_assert_null(back);
        free(copy);
    }
    copy = malloc(size + 1);
    memcpy(copy, bytes, size);
    copy[size] = 0;
    cr_assert_eq(t->load(&plain, copy, size + 1, &back), AEZ_ERR_CORRUPT);
    for (size_t bit = 0; bit < 8 * size; bit += bit < 3000 ? 1 : 7) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (t->load(&plain, copy, size, &back) == AEZ_OK) {
            task.init = copy;
            task.init_size = size;
            task.resume = bit % 2;
            task.encoder = task.decoder = NULL;
            if (bit < 3000 && strstr(t->architecture(back, 0), "latent"))
                cr_assert_eq(t->encode_float(back, x, 1, z), AEZ_OK);
            t->destroy(back);
        }
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(copy);
    t->destroy(m);
    free(x);
}

/* Weights by name are those of PyTorch's Sequential, and come back by name. */
Test(trainer, weights_have_names_and_shapes_and_can_be_given)
{
    static const struct {
        const char *name;
        uint32_t    n_dims;
        uint64_t    shape[4];
    } want[] = {{"encoder.0.weight", 4, {4, 1, 3, 3}}, {"encoder.0.bias", 1, {4}},
                {"encoder.1.weight", 1, {4}},          {"encoder.1.bias", 1, {4}},
                {"encoder.1.running_mean", 1, {4}},    {"encoder.1.running_var", 1, {4}},
                {"encoder.6.weight", 2, {3, 8}},       {"encoder.6.bias", 1, {3}},
                {"decoder.0.weight", 2, {12, 3}}};
    const aez_trainer *t = aez_trainer_default();
    double            *x = spots(5), a[N * 3], b[N * 3];
    aez_train_task     task = image_task(x);
    aez_tensor         all[64];
    void              *m, *copy;
    size_t             n = 0;
    char               why[300];
    m = train(&task);
    while (n < 64 && t->tensor(m, n, &all[n]))
        n++;
    cr_assert(n > sizeof want / sizeof *want && n < 64);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        cr_assert_str_eq(all[i].name, want[i].name);
        cr_assert_eq(all[i].n_dims, want[i].n_dims);
        for (uint32_t j = 0; j < all[i].n_dims; j++)
            cr_assert_eq(all[i].shape[j], want[i].shape[j]);
    }
    task.tensors = all;
    task.n_tensors = n;
    task.epochs = 0;
    task.steps = 1;
    task.rate = 1e-12;
    task.finish = -1;
    task.schedule = AEZ_SCHEDULE_CONSTANT;
    copy = train(&task);
    cr_assert_eq(t->encode_float(m, x, N, a), AEZ_OK);
    cr_assert_eq(t->encode_float(copy, x, N, b), AEZ_OK);
    (void)b; /* running statistics saw one more batch */
    for (size_t i = 0; i < n; i++) {
        aez_tensor other;
        size_t     values = 1;
        cr_assert(t->tensor(copy, i, &other));
        for (uint32_t j = 0; j < other.n_dims; j++)
            values *= (size_t)other.shape[j];
        for (size_t j = 0; !strstr(other.name, "running") && j < values; j++)
            cr_assert_float_eq(other.data[j], all[i].data[j], 1e-5f, "%s", other.name);
    }
    t->destroy(copy);
    all[6].shape[1] = 9;
    cr_assert_eq(t->train(&plain, &task, &copy, why, sizeof why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "encoder.6.weight is 3 x 9 where the net has 3 x 8"), "%s", why);
    all[6].shape[1] = 8;
    all[3].name = "encoder.2.bias";
    cr_assert_eq(t->train(&plain, &task, &copy, why, sizeof why), AEZ_ERR_OPTION);
    cr_assert(strstr(why, "no tensor named encoder.2.bias"), "%s", why);
    all[3].name = "encoder.1.num_batches_tracked"; /* PyTorch has it; it weighs nothing */
    cr_assert_eq(t->train(&plain, &task, &copy, why, sizeof why), AEZ_OK, "%s", why);
    t->destroy(copy);
    t->destroy(m);
    free(x);
}

static int   blocks_left, live_blocks;
static void *counted_alloc(void *opaque, size_t size)
{
    (void)opaque;
    if (blocks_left-- <= 0)
        return NULL;
    live_blocks++;
    return malloc(size);
}

static void counted_release(void *opaque, void *block)
{
    (void)opaque;
    live_blocks--;
    free(block);
}

Test(trainer, every_failed_allocation_is_reported_and_nothing_leaks)
{
    const aez_allocator counted = {counted_alloc, counted_release, NULL};
    const aez_trainer  *t = aez_trainer_default();
    double             *x = spots(6);
    aez_train_task      task = image_task(x);
    aez_status          st = AEZ_ERR_NOMEM;
    void               *m = train(&task), *other;
    size_t              size;
    task.n_rows = 40;
    task.epochs = 1;
    task.valid = 0.2;
    task.patience = 1;
    task.contractive = 0;
    task.keep_state = 1;
    task.init = t->save(m, &size);
    task.init_size = size;
    for (int allowed = 0; st == AEZ_ERR_NOMEM; allowed++) {
        cr_assert_lt(allowed, 2000);
        blocks_left = allowed;
        st = t->train(&counted, &task, &other, NULL, 0);
        if (st == AEZ_OK) {
            const uint8_t *bytes = t->save(other, &size);
            void          *again;
            st = t->load(&counted, bytes, size, &again);
            if (st == AEZ_OK)
                t->destroy(again);
            t->destroy(other);
        }
        cr_assert_eq(live_blocks, 0);
    }
    cr_assert_eq(st, AEZ_OK);
    t->destroy(m);
    free(x);
}
