/* table_survey.h - what the first pass over a table remembers; for codec/table only. */
#ifndef AEZ_TABLE_SURVEY_H
#define AEZ_TABLE_SURVEY_H

#include "table.h"

#define SURVEY_SAMPLES 4096  /* rows kept at most; thinned by halves, so always evenly spaced */
#define SURVEY_TALLY 32      /* texts in a column of numbers */
#define SURVEY_TALLY_TEXT 48
#define SURVEY_PATTERNS 6
#define SURVEY_PLACES 40

/* The different texts of a column, in order of appearance, while there are not too many. */
typedef struct survey_distinct_item {
    size_t   off, size;
    uint64_t hash, count;
} survey_distinct_item;

typedef struct survey_distinct {
    int                   given_up;
    uint32_t              n, n_slots; /* n_slots is a power of two, or 0 */
    uint32_t             *slots;      /* item + 1, or 0 */
    survey_distinct_item *items;      /* [n_slots / 2] */
    aez_buf               text;
} survey_distinct;

typedef struct survey_tally {
    uint64_t count;
    size_t   size;
    char     text[SURVEY_TALLY_TEXT];
} survey_tally;

typedef struct survey_stamp {
    char     pattern[AEZ_STAMP_PATTERN];
    uint64_t n, gcd;
    int64_t  min, last;
} survey_stamp;

typedef struct survey_column {
    uint64_t        n, n_empty, n_numeric, n_zero_led;
    double          min, max;               /* of the numbers; 0, 0 when there are none */
    uint64_t        places[SURVEY_PLACES];  /* numbers by trimmed decimals, the last: more */
    uint64_t        digits[20];             /* numbers by significant digits */
    uint64_t        n_bytes;
    survey_distinct distinct;
    uint32_t        n_tally, n_stamps;
    survey_tally    tally[SURVEY_TALLY];
    survey_stamp    stamps[SURVEY_PATTERNS];
} survey_column;

typedef struct survey_sample { /* one block: cells, then their text, then the row's bytes */
    aez_row   row;
    aez_cell *cells;
} survey_sample;

struct aez_table_survey {
    const aez_mem *mem;
    uint64_t       n_rows; /* without the first */
    uint64_t       stride;
    survey_sample  first;  /* counted only when it turns out to be no header */
    survey_sample  samples[SURVEY_SAMPLES];
    uint32_t       n_samples;
    uint32_t       n_columns, cap_columns;
    survey_column **columns;
};

/* Counts a row that was set aside. */
aez_status aez_table_survey_count(aez_table_survey *survey, const aez_row *row);
/* Names of the columns out of the head; see table_schema.c. */
aez_status aez_table_read_names(aez_table_schema *schema);

#endif
