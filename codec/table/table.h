/* table.h - rows of text <-> integer fields and side bytes, in memory, byte for byte.
 *
 * First pass: a survey sees all rows; a schema (dialect and columns) is chosen from it. Second
 * pass: each chunk of rows is split into integer fields over the row axis plus side bytes that the
 * caller packs; join makes the text again. A row that the schema cannot regenerate travels
 * verbatim, a cell that its column cannot regenerate as an odd cell: byte for byte, always. */
#ifndef AEZ_TABLE_TABLE_H
#define AEZ_TABLE_TABLE_H

#include "../base/buf.h"
#include "../base/ifield.h"
#include "notation.h"
#include "stamp.h"

#define AEZ_TABLE_MAX_COLUMNS 65535
#define AEZ_TABLE_MAX_ENTRIES 65536 /* of one dictionary or table of values */
#define AEZ_TABLE_ODD 14            /* frequent odd texts of a column */
#define AEZ_TABLE_SIDES 3           /* 0 structure, 1 text of cells, 2 rows kept verbatim */

typedef enum aez_column_kind { /* numbers are those of the file format */
    AEZ_COLUMN_TEXT = 0,       /* bytes in the side */
    AEZ_COLUMN_DICTIONARY = 1, /* k = number of the entry */
    AEZ_COLUMN_STAMP = 2,      /* date and time: (base + unit * k) in units of the pattern */
    AEZ_COLUMN_DECIMAL = 3,    /* number: (base + unit * k) * 10^-places */
    AEZ_COLUMN_DECFLOAT = 4,   /* number of at most `precision` digits, k in order of value */
    AEZ_COLUMN_FLOAT = 5       /* number: ordered bit pattern of a float of `width` bits */
} aez_column_kind;

typedef enum aez_detour { /* what happened to a decimal before it was printed */
    AEZ_DETOUR_NONE = 0,
    AEZ_DETOUR_SINGLE = 1,   /* through binary32 */
    AEZ_DETOUR_STEPWISE = 2, /* aez_decimal_stepwise */
    AEZ_DETOUR_BOTH = 3      /* through binary32, shortest binary64 text, stepwise */
} aez_detour;

typedef enum aez_print { /* digits of a binary float */
    AEZ_PRINT_SHORTEST = 0,
    AEZ_PRINT_PRECISION = 1, /* print_digits significant digits */
    AEZ_PRINT_PLACES = 2     /* print_digits decimals */
} aez_print;

typedef enum aez_quoting {
    AEZ_QUOTE_NEEDED = 0,    /* where delimiter, quote, CR or LF are inside */
    AEZ_QUOTE_ALWAYS = 1,
    AEZ_QUOTE_NOT_BLANK = 2, /* all but the empty cell and NA */
    AEZ_QUOTE_NEVER = 3
} aez_quoting;

typedef struct aez_column {
    aez_cell        name; /* owned */
    aez_column_kind kind;
    int             numeric;   /* counts as a number for bounds */
    aez_quoting     quoting;
    unsigned        lead;      /* blanks before the cell */
    unsigned        width;     /* the cell is padded by blanks on its left to so many bytes */
    aez_notation    notation;
    int             places;    /* DECIMAL, DECFLOAT: decimals of the finest grid */
    unsigned        precision; /* DECFLOAT: 1 .. 17 */
    int             has_fine;  /* DECFLOAT: k counts 10^-coarse, the digits below go to side 1 */
    int             coarse;    /* below `places`, by 17 at most */
    int64_t         base;
    uint64_t        unit;
    aez_detour      detour;
    aez_print       print;
    unsigned        print_digits, print_width;
    unsigned        width_bits; /* FLOAT: 32 or 64 */
    uint64_t        step;       /* S of ifield.h; above 1 only in bounded DECIMAL columns */
    double          epsilon;    /* the bound that step keeps; 0: exact */
    char            pattern[AEZ_STAMP_PATTERN];
    uint32_t        n_entries; /* dictionary, or table of values: k numbers its entries */
    aez_cell       *entries;   /* owned, with their text */
    char           *entry_text;
    uint32_t        n_odd; /* odd texts with a class of their own */
    aez_cell        odd[AEZ_TABLE_ODD];
} aez_column;

typedef struct aez_table_schema {
    const aez_mem *mem;
    char           delimiter;
    int            crlf;
    uint32_t       n_columns;
    aez_column    *columns;
    char          *head; /* bytes before the first data row: a header row, or nothing */
    size_t         head_size;
    uint32_t       n_head_rows; /* rows that the caller leaves out of split: 0 or 1 */
} aez_table_schema;

/* ---- first pass ---- */

typedef struct aez_table_survey aez_table_survey;

aez_status aez_table_survey_create(aez_table_survey **out, const aez_mem *mem);
aez_status aez_table_survey_push(aez_table_survey *survey, const aez_row *rows, size_t n_rows);
void       aez_table_survey_destroy(aez_table_survey *survey);

/* Fills *out (free it with aez_table_schema_free, also after an error). AEZ_ERR_OPTION: a rule
 * names no numeric column, or a bound makes no sense; *why then points to a static sentence. The
 * survey may not be pushed to afterwards. */
aez_status aez_table_schema_choose(aez_table_schema *out, const aez_mem *mem,
                                   aez_table_survey *survey, const aez_table_options *options,
                                   const char **why);
/* Whether the rule is about column i: by name, or by its number from 1. */
int        aez_table_rule_names(const aez_table_rule *rule, const aez_column *column, uint32_t i);
void       aez_table_schema_free(aez_table_schema *schema);
/* Makes every column plain text: all that a table needs whose rows are stored. */
void       aez_table_schema_bare(aez_table_schema *schema);
void       aez_table_schema_put(const aez_table_schema *schema, aez_buf *out);
aez_status aez_table_schema_get(aez_table_schema *out, const aez_mem *mem, aez_rd *in);
/* A short phrase about a column: "decimal, 3 places", "dictionary of 12". */
void aez_table_column_text(const aez_column *column, char *text, size_t size);

/* ---- chunks ---- */

/* The integer fields of a chunk, before or after their values are known. */
typedef struct aez_table_field {
    uint32_t column;
    int      is_mask;
    int      mask_field; /* the earlier field whose nonzero entries are skipped here, or -1 */
    uint64_t step;
    unsigned image_width;
    int      image_scale;
} aez_table_field;

typedef struct aez_table_layout {
    const aez_mem   *mem;
    uint32_t         n_fields;
    aez_table_field *fields;
} aez_table_layout;

typedef struct aez_table_part {
    const aez_mem   *mem;
    aez_table_layout layout;
    aez_ifield      *fields; /* [n_fields]; k is owned by the part */
    uint8_t        **masks;  /* [n_fields], owned: what `skip` points to; NULL for most */
    aez_buf          side[AEZ_TABLE_SIDES];
    uint64_t         n_verbatim;  /* rows kept verbatim */
    uint64_t         n_odd_cells; /* cells kept as text in columns that are not text */
    uint64_t         text_size;   /* bytes of the rows */
    uint64_t         cost;        /* a rough count of bytes that side and odd cells will cost */
} aez_table_part;

/* NOMEM only. Free the part after any status. */
aez_status aez_table_split(const aez_table_schema *schema, const aez_mem *mem, const aez_row *rows,
                           size_t n_rows, aez_table_part *out);
void       aez_table_part_free(aez_table_part *part);

/* Which fields a chunk has, from side 0 alone. CORRUPT, LIMIT, NOMEM; free after any status. */
aez_status aez_table_layout_get(aez_table_layout *out, const aez_table_schema *schema,
                                const aez_mem *mem, size_t n_rows, const void *side0,
                                size_t side0_size);
void       aez_table_layout_free(aez_table_layout *layout);

typedef struct aez_span {
    const void *bytes;
    size_t      size;
} aez_span;

/* Appends the text of n_rows rows, at most max_size bytes (LIMIT beyond). k[f] are the restored
 * values of field f of the layout. All of it is untrusted: CORRUPT where it makes no sense. */
aez_status aez_table_join(const aez_table_schema *schema, const aez_mem *mem, size_t n_rows,
                          const int64_t *const *k, const aez_span side[AEZ_TABLE_SIDES],
                          size_t max_size, aez_buf *out);

/* Whether joining with these restored values keeps the promise: the rows' own bytes where every
 * column is exact, else each number within its bound in binary64 and all other cells as they were.
 * AEZ_OK, NOMEM, or CORRUPT with *row set to the first row that fails. */
aez_status aez_table_check(const aez_table_schema *schema, const aez_mem *mem, const aez_row *rows,
                           size_t n_rows, const int64_t *const *k,
                           const aez_span side[AEZ_TABLE_SIDES], size_t *row);

/* ---- shared inside codec/table ---- */

/* The value k stands for, as its column prints it; 0 when it stands for none. */
int    aez_column_decimal(const aez_column *column, int64_t k, aez_decimal *out);
/* The text of k, at most AEZ_NUMBER_TEXT bytes; 0 when there is none. Numbers and stamps only,
 * and as if the column had no table. */
size_t aez_column_write(const aez_column *column, int64_t k, char *text);
/* A DECFLOAT integer as its part above 10^-coarse (toward zero) and the digits below it, which are
 * 0 .. radix - 1, the radix following from the upper part alone. 0: it has no such parts. */
uint64_t aez_column_radix(const aez_column *column, int64_t upper);
int      aez_column_part(const aez_column *column, int64_t k, int64_t *upper, uint64_t *fine);
int      aez_column_unite(const aez_column *column, int64_t upper, uint64_t fine, int64_t *k);
/* The k of a number; 0 when it has none. The text of that k may still differ from the cell. */
int    aez_column_index(const aez_column *column, const aez_number *number, int64_t *k);
/* Blanks, quotes and text of one cell as the dialect writes it. */
void   aez_table_put_cell(const aez_table_schema *schema, const aez_column *column,
                          const char *text, size_t size, aez_buf *out);
/* The cell without the blanks that the column's layout puts before it. */
aez_cell aez_column_strip(const aez_column *column, aez_cell cell);

#endif
