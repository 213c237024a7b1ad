/* test_status.c - phrases, names and sizes. */
#include <criterion/criterion.h>

#include <string.h>

#include "aez.h"

Test(status, every_status_has_a_phrase_of_its_own)
{
    for (int s = AEZ_ERR_CANCELLED; s <= AEZ_END; s++) {
        cr_assert_gt(strlen(aez_status_text((aez_status)s)), 0);
        for (int t = AEZ_ERR_CANCELLED; t < s; t++)
            cr_assert_str_neq(aez_status_text((aez_status)s), aez_status_text((aez_status)t));
    }
    cr_assert_not_null(aez_status_text((aez_status)-100));
    cr_assert_not_null(aez_status_text((aez_status)100));
}

Test(status, types_have_the_names_and_sizes_of_the_format)
{
    static const struct {
        aez_type    type;
        const char *name;
        size_t      size;
    } want[] = {{AEZ_U8, "u8", 1},   {AEZ_I8, "i8", 1},   {AEZ_U16, "u16", 2}, {AEZ_I16, "i16", 2},
                {AEZ_U32, "u32", 4}, {AEZ_I32, "i32", 4}, {AEZ_U64, "u64", 8}, {AEZ_I64, "i64", 8},
                {AEZ_F32, "f32", 4}, {AEZ_F64, "f64", 8}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        cr_assert_str_eq(aez_type_name(want[i].type), want[i].name);
        cr_assert_eq(aez_type_size(want[i].type), want[i].size);
        cr_assert_eq(aez_type_from_name(want[i].name), want[i].type);
    }
    cr_assert_str_eq(aez_type_name(AEZ_OPAQUE), "bytes");
    cr_assert_eq(aez_type_size(AEZ_OPAQUE), 1);
    for (int t = -1; t < 300; t = t < 0 ? 0 : t ? t + 12 : 12) {
        if (t >= AEZ_U8 && t <= AEZ_OPAQUE)
            continue;
        cr_assert_eq(aez_type_size((aez_type)t), 0);
        cr_assert_null(aez_type_name((aez_type)t));
    }
    cr_assert_eq((int)aez_type_from_name("f16"), 0);
    cr_assert_eq((int)aez_type_from_name(""), 0);
    cr_assert_eq((int)aez_type_from_name("bytes"), 0);
}

Test(status, the_version_is_that_of_the_header)
{
    cr_assert_eq(aez_version_number(), AEZ_VERSION_NUMBER);
}
