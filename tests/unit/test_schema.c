/* test_schema.c - schemas are checked, copied whole, and survive bytes. */
#include <criterion/criterion.h>

#include <math.h>

#include "codec/api/schema.h"
#include "tests/support/arrays.h"
#include "tests/support/hooks.h"

static const aez_mem plain;

static const aez_field three[3] = {
    {.name = "height", .type = AEZ_F64, .mode = AEZ_ABS, .bound = 0.25},
    {.type = AEZ_I16, .has_missing = 1, .missing = -9999},
    {.name = "", .type = AEZ_U8}};

static aez_schema sample(void)
{
    static const uint64_t shape[] = {5, 1, 7};
    aez_schema            s = arrays_schema(three, 3, 3, shape);
    s.envelope = (const uint8_t *)"npy";
    s.envelope_size = 3;
    return s;
}

/* Copied, with the lattices that the encoder would choose. */
static void make(aez_owned_schema *s, const aez_mem *mem)
{
    aez_schema  view = sample();
    const char *why;
    cr_assert_eq(aez_schema_copy(s, mem, &view, &why), AEZ_OK);
    for (uint32_t f = 0; f < 3; f++)
        cr_assert_eq(aez_lattice_choose(&s->chunk_fields[f].lattice, mem, &s->fields[f], NULL, &why),
                     AEZ_OK);
    s->box_sites = 12;
}

Test(schema, a_copy_shares_nothing_with_the_original)
{
    aez_owned_schema s;
    make(&s, &plain);
    cr_assert(s.n_sites == 35 && s.view.n_fields == 3 && s.view.shape[2] == 7);
    cr_assert_str_eq(s.view.fields[0].name, "height");
    cr_assert_neq(s.view.fields[0].name, three[0].name);
    cr_assert_str_eq(s.view.fields[1].name, "");
    cr_assert(s.chunk_fields[1].has_missing && s.chunk_fields[1].missing == (uint16_t)-9999);
    cr_assert(s.view.envelope_size == 3 && memcmp(s.view.envelope, "npy", 3) == 0);
    aez_schema_free(&s);
}

Test(schema, what_is_put_is_got_and_truncations_are_refused)
{
    aez_owned_schema s, again;
    aez_buf          out;
    make(&s, &plain);
    aez_buf_init(&out, &plain);
    aez_schema_put(&s, &out);
    cr_assert_eq(aez_schema_get(&again, &plain, out.data, out.size), AEZ_OK);
    cr_assert(again.n_sites == 35 && again.box_sites == 12 && again.view.n_dims == 3);
    for (uint32_t f = 0; f < 3; f++) {
        const aez_field *a = &s.fields[f], *b = &again.view.fields[f];
        cr_assert(a->type == b->type && a->mode == b->mode && a->bound == b->bound);
        cr_assert(a->has_missing == b->has_missing && a->missing == b->missing);
        cr_assert_str_eq(a->name, b->name);
        cr_assert_eq(s.chunk_fields[f].lattice.kind, again.chunk_fields[f].lattice.kind);
        cr_assert_eq(s.chunk_fields[f].missing, again.chunk_fields[f].missing);
    }
    aez_schema_free(&again);
    for (size_t size = 0; size < out.size; size++) {
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, out.data, size);
        cr_assert_eq(aez_schema_get(&again, &plain, exact, size), AEZ_ERR_CORRUPT, "%zu", size);
        free(exact);
    }
    aez_put_u8(&out, 0);
    cr_assert_eq(aez_schema_get(&again, &plain, out.data, out.size), AEZ_ERR_CORRUPT);
    aez_buf_free(&out);
    aez_schema_free(&s);
}

Test(schema, every_flipped_bit_is_refused_or_gives_a_sound_schema)
{
    aez_owned_schema s, again;
    aez_buf          out;
    hooks_state      h = {0};
    aez_mem          mem = hooks_mem(&h);
    make(&s, &plain);
    aez_buf_init(&out, &plain);
    aez_schema_put(&s, &out);
    for (size_t bit = 0; bit < 8 * out.size; bit++) {
        aez_status st;
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        st = aez_schema_get(&again, &mem, out.data, out.size);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_CORRUPT || st == AEZ_ERR_LIMIT);
        if (st == AEZ_OK) {
            cr_assert(again.view.n_dims >= 1 && again.view.n_dims <= AEZ_MAX_DIMS);
            cr_assert_leq(again.n_sites, (uint64_t)1 << 60);
            for (uint32_t f = 0; f < again.view.n_fields; f++)
                cr_assert(aez_type_size(again.view.fields[f].type) > 0 && again.view.fields[f].name);
            aez_schema_free(&again);
        }
        out.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(h.n_live, 0);
    }
    cr_assert_lt(h.largest, 1 << 20);
    aez_buf_free(&out);
    aez_schema_free(&s);
}

Test(schema, what_makes_no_sense_is_refused_with_a_reason)
{
    aez_owned_schema out;
    aez_schema       s;
    aez_field        f[3];
    const char      *why;
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        memcpy(f, three, sizeof f);                                                                \
        s = sample();                                                                              \
        s.fields = f;                                                                              \
        change;                                                                                    \
        cr_assert_eq(aez_schema_copy(&out, &plain, &s, &why), AEZ_ERR_OPTION, "%s", #change);      \
        cr_assert_not_null(why);                                                                   \
        aez_schema_free(&out);                                                                     \
    } while (0)
    REFUSED(s.struct_size = 3);
    REFUSED(s.n_dims = 0);
    REFUSED(s.n_dims = 9);
    REFUSED(s.shape[0] = UINT64_MAX);
    REFUSED((s.shape[0] = (uint64_t)1 << 40, s.shape[1] = (uint64_t)1 << 40));
    REFUSED((s.shape[0] = 0, s.shape[1] = UINT64_MAX));
    REFUSED(s.n_fields = 0);
    REFUSED(s.n_fields = 65536);
    REFUSED(s.fields = NULL);
    REFUSED(s.envelope = NULL);
    REFUSED(s.envelope_size = ((size_t)1 << 24) + 1);
    REFUSED(f[0].type = (aez_type)0);
    REFUSED(f[0].type = (aez_type)12);
    REFUSED(f[0].mode = (aez_mode)5);
    REFUSED(f[0].bound = -1);
    REFUSED(f[0].bound = NAN);
    REFUSED(f[0].bound = INFINITY);
    REFUSED(f[0].type = AEZ_OPAQUE);
    REFUSED((f[1].mode = AEZ_PWREL, f[1].bound = 1));
    REFUSED((f[1].mode = AEZ_PSNR, f[1].bound = 60));
}

Test(schema, names_of_65535_bytes_are_the_longest)
{
    char            *name = calloc(65537, 1);
    aez_owned_schema out;
    aez_field        f = {.name = name, .type = AEZ_U8};
    uint64_t         n = 4;
    aez_schema       s = arrays_schema(&f, 1, 1, &n);
    const char      *why;
    memset(name, 'x', 65535);
    cr_assert_eq(aez_schema_copy(&out, &plain, &s, &why), AEZ_OK);
    aez_schema_free(&out);
    name[65535] = 'x';
    cr_assert_eq(aez_schema_copy(&out, &plain, &s, &why), AEZ_ERR_OPTION);
    free(name);
}

Test(schema, shortage_of_memory_is_told_and_leaks_nothing)
{
    aez_status st = AEZ_ERR_NOMEM;
    for (size_t n = 1; st != AEZ_OK; n++) {
        hooks_state      h = {.fail_at = n};
        aez_mem          mem = hooks_mem(&h);
        aez_owned_schema out;
        aez_schema       view = sample();
        const char      *why;
        st = aez_schema_copy(&out, &mem, &view, &why);
        cr_assert(st == AEZ_OK || st == AEZ_ERR_NOMEM);
        if (st == AEZ_OK)
            aez_schema_free(&out);
        cr_assert_eq(h.n_live, 0);
    }
}
