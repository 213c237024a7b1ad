/* status.c - versions, phrases for statuses, names and sizes of types. */
#include <string.h>

#include "aez.h"

unsigned aez_version_number(void)
{
    return AEZ_VERSION_NUMBER;
}

const char *aez_status_text(aez_status status)
{
    switch (status) {
    case AEZ_OK:
        return "ok";
    case AEZ_NEED_INPUT:
        return "more input is needed";
    case AEZ_NEED_OUTPUT:
        return "more output is waiting";
    case AEZ_END:
        return "the end was reached";
    case AEZ_ERR_NOMEM:
        return "not enough memory";
    case AEZ_ERR_MODEL:
        return "the file needs a model that was not given";
    case AEZ_ERR_LIMIT:
        return "a limit is exceeded";
    case AEZ_ERR_MAGIC:
        return "not an .aez file";
    case AEZ_ERR_VERSION:
        return "made by a newer version of aez";
    case AEZ_ERR_CORRUPT:
        return "the data are corrupt";
    case AEZ_ERR_TRUNCATED:
        return "the data end too soon";
    case AEZ_ERR_OPTION:
        return "an option makes no sense";
    case AEZ_ERR_STATE:
        return "calls in the wrong order";
    case AEZ_ERR_CANCELLED:
        return "cancelled";
    }
    return "unknown status";
}

static const struct {
    const char *name;
    size_t      size;
} types[] = {
    [AEZ_U8] = {"u8", 1},   [AEZ_I8] = {"i8", 1},   [AEZ_U16] = {"u16", 2}, [AEZ_I16] = {"i16", 2},
    [AEZ_U32] = {"u32", 4}, [AEZ_I32] = {"i32", 4}, [AEZ_U64] = {"u64", 8}, [AEZ_I64] = {"i64", 8},
    [AEZ_F32] = {"f32", 4}, [AEZ_F64] = {"f64", 8}, [AEZ_OPAQUE] = {"bytes", 1},
};

size_t aez_type_size(aez_type type)
{
    return (int)type >= AEZ_U8 && (int)type <= AEZ_OPAQUE ? types[type].size : 0;
}

const char *aez_type_name(aez_type type)
{
    return (int)type >= AEZ_U8 && (int)type <= AEZ_OPAQUE ? types[type].name : NULL;
}

aez_type aez_type_from_name(const char *name)
{
    for (int t = AEZ_U8; t <= AEZ_F64; t++) {
        if (strcmp(types[t].name, name) == 0)
            return (aez_type)t;
    }
    return (aez_type)0;
}
