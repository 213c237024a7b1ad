/* test_safetensors.c - weights by name come back exactly, and no bytes do harm. */
#include "cli/platform.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/safetensors.h"

/* A file of this head and these data; its size. */
static size_t file_of(uint8_t *dst, const char *head, const void *data, size_t size)
{
    size_t n = strlen(head);
    for (size_t i = 0; i < 8; i++)
        dst[i] = (uint8_t)((uint64_t)n >> (8 * i));
    memcpy(dst + 8, head, n);
    if (size)
        memcpy(dst + 8 + n, data, size);
    return 8 + n + size;
}

static bool parse(const char *head, const void *data, size_t size, aez_safetensors *out, char *why)
{
    uint8_t bytes[4096];
    return aez_safetensors_parse(out, bytes, file_of(bytes, head, data, size), why, 200);
}

static void is_refused(const char *head, size_t size, const char *because)
{
    aez_safetensors w;
    uint8_t         data[64] = {0};
    char            why[200] = "";
    cr_expect_not(parse(head, data, size, &w, why), "%s", head);
    cr_expect(strstr(why, because) != NULL, "%s: %s", head, why);
    cr_expect(w.n == 0 && w.tensors == NULL);
}

Test(safetensors, what_is_written_is_read)
{
    const float      a[6] = {0, -1.5f, 3e38f, -0.0f, INFINITY, 1e-45f}, b[1] = {7};
    const aez_tensor given[2] = {{.name = "encoder.0.weight", .n_dims = 2, .shape = {2, 3}, .data = a},
                                 {.name = "a \"q\\\" name", .n_dims = 0, .data = b}};
    aez_safetensors  w;
    size_t           size;
    char             why[200], *head = aez_safetensors_head(given, 2, &size);
    uint8_t          bytes[1024];
    cr_assert_not_null(head);
    cr_assert(size % 8 == 0 && size + 28 < sizeof bytes);
    memcpy(bytes, head, size);
    memcpy(bytes + size, a, 24); /* tests run on little-endian machines */
    memcpy(bytes + size + 24, b, 4);
    cr_assert(aez_safetensors_parse(&w, bytes, size + 28, why, sizeof why), "%s", why);
    cr_assert_eq(w.n, 2u);
    for (size_t i = 0; i < 2; i++) {
        cr_expect_str_eq(w.tensors[i].name, given[i].name);
        cr_assert_eq(w.tensors[i].n_dims, given[i].n_dims);
    }
    cr_expect(w.tensors[0].shape[0] == 2 && w.tensors[0].shape[1] == 3);
    cr_expect_eq(memcmp(w.tensors[0].data, a, sizeof a), 0);
    cr_expect_eq(w.tensors[1].data[0], 7.0f);
    aez_safetensors_free(&w);
    free(head);
}

Test(safetensors, other_types_become_floats)
{
    /* halves: 1, -2, 2^-24, 2^-14, 65504, inf, nan; then bfloat16 1; then the double 0.1 */
    static const uint8_t data[] = {0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00, 0x00, 0x04, 0xFF, 0x7B,
                                   0x00, 0x7C, 0x00, 0x7E, 0x80, 0x3F, 0x9A, 0x99, 0x99, 0x99,
                                   0x99, 0x99, 0xB9, 0x3F};
    static const char    head[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[7],\"data_offsets\":[0,14]},"
                                  "\"b\":{\"data_offsets\":[14,16],\"shape\":[1,1],\"dtype\":\"BF16\"},"
                                  " \"d\" : {\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[16,24]},"
                                  "\"__metadata__\":{\"a\":\"b\"}} \n";
    aez_safetensors      w;
    char                 why[200] = "";
    const float         *h;
    cr_assert(parse(head, data, sizeof data, &w, why), "%s", why);
    h = w.tensors[0].data;
    cr_expect(h[0] == 1 && h[1] == -2 && h[2] == ldexpf(1, -24) && h[3] == ldexpf(1, -14));
    cr_expect(h[4] == 65504 && isinf(h[5]) && isnan(h[6]));
    cr_expect(w.tensors[1].data[0] == 1 && w.tensors[1].n_dims == 2);
    cr_expect(w.tensors[2].data[0] == 0.1f);
    aez_safetensors_free(&w);
}

Test(safetensors, names_may_have_escapes)
{
    aez_safetensors w;
    char            why[200];
    float           one = 1;
    cr_assert(parse("{\"\\u00e4\\ud83d\\ude00\\/\\n\":{\"dtype\":\"F32\",\"shape\":[1],"
                    "\"data_offsets\":[0,4]}}", &one, 4, &w, why));
    cr_expect_str_eq(w.tensors[0].name, "\xC3\xA4\xF0\x9F\x98\x80/\n");
    aez_safetensors_free(&w);
}

Test(safetensors, what_is_wrong_is_named)
{
    is_refused("[]", 0, "no JSON object");
    is_refused("{} {}", 0, "follows the object");
    is_refused("{\"a\":1}", 0, "no object");
    is_refused("{\"a\":{}}", 0, "something else than dtype");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 4, "once");
    is_refused("{\"a\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "type");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "size");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 4, "outside");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "outside");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "whole");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, "whole");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1e0],\"data_offsets\":[0,4]}}", 4, "whole");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551615,18446744073709551615],"
               "\"data_offsets\":[0,4]}}", 4, "size");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551616],\"data_offsets\":[0,4]}}",
               4, "whole");
    is_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "all of its");
    is_refused("{\"a\\u0000\":{}}", 0, "names and objects");
    is_refused("{\"\\ud800\":{}}", 0, "names and objects");
    is_refused("{\"\\ud83d\\udb50\":{}}", 0, "names and objects");
    is_refused("{\"\\ud83d\\u0041\":{}}", 0, "names and objects");
    is_refused("{\"\\udc00\":{}}", 0, "names and objects");
    is_refused("{\"__metadata__\":{\"a\":1}}", 0, "more than strings");
}

Test(safetensors, no_truncation_and_no_changed_byte_does_harm)
{
    static const char head[] = "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":"
                               "[2,2],\"data_offsets\":[0,16]},\"b\":{\"dtype\":\"F16\",\"shape\":[3],"
                               "\"data_offsets\":[16,22]}}";
    uint8_t           bytes[512], data[22] = {0};
    size_t            size = file_of(bytes, head, data, sizeof data), n = 0;
    for (size_t cut = 0; cut < size; cut++, n++) {
        uint8_t        *copy = malloc(cut + 1); /* ends where the bytes do, for the sanitizer */
        aez_safetensors w;
        char            why[200];
        memcpy(copy, bytes, cut);
        cr_expect_not(aez_safetensors_parse(&w, copy, cut, why, sizeof why), "%zu", cut);
        free(copy);
    }
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++, n++) {
            aez_safetensors w;
            char            why[200];
            bytes[i] ^= (uint8_t)(1 << bit);
            if (aez_safetensors_parse(&w, bytes, size, why, sizeof why))
                aez_safetensors_free(&w);
            bytes[i] ^= (uint8_t)(1 << bit);
        }
    cr_assert_eq(n, 9 * size);
}
