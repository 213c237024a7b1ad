/* report_widen.c - values of any type as doubles. */
#include "platform.h"

#include "report_widen.h"

#include <string.h>

void report_widen(double *dst, const void *src, aez_type type, size_t n)
{
#define WIDEN(c_type)                                                                              \
    do {                                                                                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            c_type v;                                                                              \
            memcpy(&v, (const uint8_t *)src + i * sizeof v, sizeof v);                             \
            dst[i] = (double)v;                                                                    \
        }                                                                                          \
    } while (0)
    switch (type) {
    case AEZ_U8:
        WIDEN(uint8_t);
        break;
    case AEZ_I8:
        WIDEN(int8_t);
        break;
    case AEZ_U16:
        WIDEN(uint16_t);
        break;
    case AEZ_I16:
        WIDEN(int16_t);
        break;
    case AEZ_U32:
        WIDEN(uint32_t);
        break;
    case AEZ_I32:
        WIDEN(int32_t);
        break;
    case AEZ_U64:
        WIDEN(uint64_t);
        break;
    case AEZ_I64:
        WIDEN(int64_t);
        break;
    case AEZ_F32:
        WIDEN(float);
        break;
    case AEZ_F64:
        WIDEN(double);
        break;
    case AEZ_OPAQUE:
        break;
    }
#undef WIDEN
}
