/* lattice.h - typed values <-> integers: which integers stand for which values, and within what
 * error. */
#ifndef AEZ_LATTICE_LATTICE_H
#define AEZ_LATTICE_LATTICE_H

#include "../base/buf.h"
#include "../base/ifield.h"

typedef enum aez_lattice_kind {                          /* numbers are those of the file format */
                                AEZ_LATTICE_INTEGER = 1, /* integer types: value = k, clamped to the
                                                          * type; u64 as its i64 pattern, but with
                                                          * step > 1 as k itself, 0 .. 2^63 - 1 */
                                AEZ_LATTICE_DECIMAL = 2, /* floats: value = (type) ((double) k /
                                                            10^digits); digits 0: integers */
                                AEZ_LATTICE_UNIT = 3,    /* bounded floats: value = (type) (offset +
                                                            (double) k * unit) */
                                AEZ_LATTICE_TABLE =
                                    4, /* value = table[k], k clamped to 0 .. n_table - 1 */
                                AEZ_LATTICE_BITS = 5, /* lossless floats: k = ordered bit pattern */
                                AEZ_LATTICE_LOG = 6 /* point-wise relative: sign and magnitude on an
                                                       exponential grid */
} aez_lattice_kind;

typedef struct aez_lattice {
    aez_lattice_kind kind;
    aez_type         type;
    uint64_t         step;      /* S of ifield.h: 1 where exact */
    unsigned         digits;    /* DECIMAL: 0 .. 22 */
    int              via_f32; /* f64 only: the value is rounded to f32 first (a widened float32) */
    double           offset, unit; /* UNIT, LOG */
    uint32_t         n_table;   /* TABLE: 1 .. 65536 */
    uint64_t        *table; /* TABLE: raw bit patterns of the values in increasing order; owned */
    uint32_t        *find;      /* TABLE: hash of `table` for forward; owned; NULL: binary search */
    double epsilon; /* absolute bound that the restored values keep; 0: exact. Not stored */
    double           relative;  /* LOG: point-wise bound. Not stored */
    int any_error; /* PSNR: aez_lattice_check asks only for finite values. Not stored */
} aez_lattice;

/* One pass over a field: everything that choosing a lattice needs. */
typedef struct aez_survey aez_survey;

aez_status aez_survey_create(aez_survey **out, const aez_mem *mem, const aez_field *field);
aez_status aez_survey_push(aez_survey *survey, const void *values, size_t n);
void       aez_survey_stats(const aez_survey *survey, aez_field_stats *out);
void       aez_survey_destroy(aez_survey *survey);

/* The raw bit pattern of the field's fill value in its own type. 0: it has none, or none that the
 * type can hold (-1 in u8), so no value equals it. */
int aez_missing_bits(const aez_field *field, uint64_t *bits);

/* The smallest exact lattice for a lossless field, or the bounded one. survey may be NULL (types
 * alone decide: INTEGER or BITS, or UNIT with an absolute bound and scale unknown). With
 * AEZ_ERR_OPTION *why points to a static sentence. */
aez_status aez_lattice_choose(aez_lattice *out, const aez_mem *mem, const aez_field *field,
                              const aez_survey *survey, const char **why);
void       aez_lattice_free(aez_lattice *lattice, const aez_mem *mem);
void       aez_lattice_put(const aez_lattice *lattice, aez_buf *out);
/* Reads and checks; the type comes from the schema. CORRUPT, LIMIT, NOMEM. */
aez_status aez_lattice_get(aez_lattice *lattice, const aez_mem *mem, aez_type type, aez_rd *in);
/* A short phrase for people: "step 0.0123 (f 8)", "3 decimals", "table of 812". */
void aez_lattice_text(const aez_lattice *lattice, char *text, size_t size);

/* k[i] for values[i]; odd[i] = 1 where the value has no k (NaN, infinity, -0, fill value, off the
 * lattice, out of the bound even for q*S = 0), else 0. Returns how many are odd. missing: NULL or
 * the raw bit pattern of the fill value. k is 0 where odd. Values lie in [k, k + 1] of UNIT and
 * LOG. */
size_t aez_lattice_forward(const aez_lattice *lattice, const void *values, size_t n,
                           const uint64_t *missing, int64_t *k, uint8_t *odd);
void   aez_lattice_restore(const aez_lattice *lattice, const int64_t *k, size_t n, void *values);
/* Whether restored[i] keeps the bound (or is bit-identical, where exact) for every i with
 * odd[i] == 0; marks offenders odd[i] = 1 and returns how many there were. */
size_t aez_lattice_check(const aez_lattice *lattice, const void *values, const void *restored,
                         size_t n, uint8_t *odd);

/* Exceptions of a chunk: values that are kept beside the lattice. */
#define AEZ_EXCEPTION_CLASSES 15
#define AEZ_EXCEPTION_RARE 255
typedef struct aez_exceptions {
    uint32_t  n_classes;
    uint64_t  pattern[AEZ_EXCEPTION_CLASSES]; /* raw bit patterns of the frequent ones */
    uint8_t  *mask; /* [n] 0, class 1 .. n_classes, AEZ_EXCEPTION_RARE; or NULL */
    size_t    n_rare;
    uint64_t *rare_site; /* increasing */
    uint64_t *rare_bits;
} aez_exceptions;

/* Sorts the odd values into classes (a pattern worth a mask) and the rare list. No odd value: mask
 * is NULL and everything zero. */
aez_status aez_exceptions_find(aez_exceptions *out, const aez_mem *mem, aez_type type,
                               const void *values, const uint8_t *odd, size_t n);
void       aez_exceptions_free(aez_exceptions *e, const aez_mem *mem);
/* Classes and rare list to bytes and back; the mask of classes itself travels as an integer field,
 * and aez_exceptions_get leaves mask NULL. */
void       aez_exceptions_put(const aez_exceptions *e, aez_buf *out);
aez_status aez_exceptions_get(aez_exceptions *e, const aez_mem *mem, size_t n, aez_rd *in);
/* Writes the exceptional values over restored ones. */
void aez_exceptions_apply(const aez_exceptions *e, aez_type type, void *values, size_t n);

#endif
