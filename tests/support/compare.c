/* compare.c - the largest error of a restored file over the bound it had to keep.
 *
 * Shares no code with the codec, so that it can judge it. Arrays (raw, .npy, IDX) are compared
 * value by value, tables cell by cell; whatever is not a finite number must be identical. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_SYSTEM = 3, MAX_DIMS = 32 };

static const char usage_text[] =
    "usage: aez-compare [--type T] [--csv [--delimiter C]] --abs E | --rel R | --pwrel R | --exact\n"
    "                   [--missing V] [--shape N,N,... --variables AXIS] ORIGINAL RESTORED\n"
    "Prints the largest error over the bound; exits 0 when it is at most 1, else 1.\n"
    ".npy and IDX files are known by their first bytes and need no type.\n";

/* ---- bytes and files ------------------------------------------------------------------------ */

typedef struct bytes {
    uint8_t *p;
    size_t   n;
} bytes;

static void die(int code, const char *what, const char *detail)
{
    fprintf(stderr, "aez-compare: %s%s%s\n", what, detail ? ": " : "", detail ? detail : "");
    exit(code);
}

static void *grow(void *block, size_t count, size_t size)
{
    void *grown = count < SIZE_MAX / size ? realloc(block, count * size + (count == 0)) : NULL;
    if (!grown)
        die(EXIT_SYSTEM, "not enough memory", NULL);
    return grown;
}

static bytes read_file(const char *path)
{
    bytes  b = { NULL, 0 };
    size_t cap = 1 << 16, got;
    FILE  *f = fopen(path, "rb");
    if (!f)
        die(EXIT_SYSTEM, path, strerror(errno));
    b.p = grow(NULL, cap, 1);
    while ((got = fread(b.p + b.n, 1, cap - b.n, f)) > 0) {
        b.n += got;
        if (b.n == cap)
            b.p = grow(b.p, cap *= 2, 1);
    }
    if (ferror(f))
        die(EXIT_SYSTEM, path, strerror(errno));
    fclose(f);
    return b;
}

/* ---- what is asked -------------------------------------------------------------------------- */

typedef enum mode { NO_MODE, ABS, REL, PWREL, EXACT } mode;

typedef struct request {
    mode        mode;
    double      bound;
    bool        csv, has_missing, verbose;
    double      missing;
    char        delimiter; /* 0: to be found */
    const char *type;
    size_t      shape[MAX_DIMS], n_dims;
    long        variables; /* axis; -1: none */
    const char *original, *restored;
} request;

/* The worst ratio so far and where it stands. */
typedef struct worst {
    double ratio;
    size_t field, at;
    bool   seen;
} worst;

static void note(worst *w, double ratio, size_t field, size_t at)
{
    if (!(ratio <= 1e308))
        ratio = INFINITY; /* NaN must not hide */
    if (!w->seen || ratio > w->ratio)
        *w = (worst){ ratio, field, at, true };
}

static double over(double error, double bound)
{
    if (error == 0)
        return 0;
    return bound > 0 ? error / bound : INFINITY;
}

static double field_bound(const request *q, double min, double max, bool any)
{
    if (q->mode == REL)
        return any ? q->bound * (max - min) : 0;
    return q->mode == EXACT ? 0 : q->bound;
}

static double value_bound(const request *q, double of_field, double x)
{
    return q->mode == PWREL ? q->bound * fabs(x) : of_field;
}

static bool is_missing(const request *q, double x)
{
    double narrow = (double)(float)q->missing; /* what a float32 array holds of 1e20 */
    return q->has_missing &&
           (x == q->missing || x == narrow || (isnan(x) && isnan(q->missing)));
}

/* ---- arrays --------------------------------------------------------------------------------- */

typedef struct array {
    const uint8_t *p;
    size_t         n; /* values */
    char           kind; /* 'u', 'i', 'f' */
    size_t         width;
    bool           big_endian, fortran;
    size_t         head; /* bytes before the values */
    size_t         shape[MAX_DIMS], n_dims;
} array;

static uint64_t bits_at(const array *a, size_t i)
{
    const uint8_t *p = a->p + i * a->width;
    uint64_t       v = 0;
    for (size_t j = 0; j < a->width; j++)
        v |= (uint64_t)p[j] << 8 * (a->big_endian ? a->width - 1 - j : j);
    return v;
}

static double as_double(const array *a, uint64_t bits)
{
    if (a->kind == 'f' && a->width == 8) {
        double d;
        memcpy(&d, &bits, 8);
        return d;
    }
    if (a->kind == 'f') {
        uint32_t low = (uint32_t)bits;
        float    f;
        memcpy(&f, &low, 4);
        return (double)f;
    }
    if (a->kind == 'u')
        return (double)bits;
    if (a->width < 8 && bits >> (8 * a->width - 1))
        return (double)bits - ldexp(1, 8 * (int)a->width);
    return a->width < 8 ? (double)bits : (double)(int64_t)bits;
}

/* |y - x| in the array's own type: binary64 holds differences of float32 and of narrow integers
 * exactly; 64-bit integers are subtracted as integers. */
static double difference(const array *a, uint64_t x, uint64_t y)
{
    if (a->kind == 'u' && a->width == 8)
        return (double)(x > y ? x - y : y - x);
    if (a->kind == 'i' && a->width == 8)
        return (double)((int64_t)x > (int64_t)y ? x - y : y - x);
    return fabs(as_double(a, y) - as_double(a, x));
}

static bool set_type(array *a, const char *name)
{
    static const struct {
        const char *name;
        char        kind;
        size_t      width;
    } types[] = { { "u8", 'u', 1 },  { "i8", 'i', 1 },  { "u16", 'u', 2 }, { "i16", 'i', 2 },
                  { "u32", 'u', 4 }, { "i32", 'i', 4 }, { "u64", 'u', 8 }, { "i64", 'i', 8 },
                  { "f32", 'f', 4 }, { "f64", 'f', 8 } };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0) {
            a->kind = types[i].kind;
            a->width = types[i].width;
            return true;
        }
    return false;
}

/* Text between `key` and the end of the header dictionary; NULL when the key is not there. */
static const char *npy_value(const char *dict, const char *key)
{
    const char *at = strstr(dict, key);
    at = at ? strchr(at + strlen(key), ':') : NULL;
    return at ? at + 1 + strspn(at + 1, " ") : NULL;
}

static bool npy_dict(array *a, const char *dict)
{
    const char *descr = npy_value(dict, "'descr'");
    const char *order = npy_value(dict, "'fortran_order'");
    const char *shape = npy_value(dict, "'shape'");
    if (!descr || !order || !shape || *descr != '\'' || *shape != '(')
        return false;
    a->big_endian = descr[1] == '>';
    a->kind = descr[2] == 'b' ? 'u' : descr[2];
    a->width = strtoul(descr + 3, NULL, 10);
    a->fortran = strncmp(order, "True", 4) == 0;
    for (shape++; *shape && *shape != ')'; shape += strspn(shape, ", ")) {
        char *end;
        if (a->n_dims == MAX_DIMS)
            return false;
        a->shape[a->n_dims++] = strtoul(shape, &end, 10);
        if (end == shape)
            return false;
        shape = end;
    }
    return strchr("uif", a->kind) && a->kind && (a->width == 8 || a->width == 4 ||
           (a->kind != 'f' && (a->width == 1 || a->width == 2)));
}

static bool npy_header(array *a, bytes b)
{
    size_t length, start;
    char  *dict;
    bool   good;
    if (b.n < 12 || memcmp(b.p, "\x93NUMPY", 6) != 0)
        return false;
    start = b.p[6] == 1 ? 10 : 12;
    length = b.p[8] | (size_t)b.p[9] << 8;
    if (start == 12)
        length |= (size_t)b.p[10] << 16 | (size_t)b.p[11] << 24;
    if (length > b.n - start)
        return false;
    dict = grow(NULL, length + 1, 1);
    memcpy(dict, b.p + start, length);
    dict[length] = 0;
    good = npy_dict(a, dict);
    free(dict);
    a->head = start + length;
    return good;
}

static bool idx_header(array *a, bytes b)
{
    static const char *const names[16] = { [8] = "u8",   [9] = "i8",   [11] = "i16",
                                           [12] = "i32", [13] = "f32", [14] = "f64" };
    if (b.n < 4 || b.p[0] || b.p[1] || b.p[2] > 15 || !names[b.p[2]] || b.p[3] == 0 ||
        b.p[3] > MAX_DIMS || b.n < 4 + 4 * (size_t)b.p[3])
        return false;
    set_type(a, names[b.p[2]]);
    a->big_endian = true;
    a->n_dims = b.p[3];
    a->head = 4 + 4 * a->n_dims;
    for (size_t d = 0; d < a->n_dims; d++) {
        const uint8_t *p = b.p + 4 + 4 * d;
        a->shape[d] = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    }
    return true;
}

static array open_array(const request *q, bytes b)
{
    array a = { 0 };
    if (q->type) {
        if (!set_type(&a, q->type))
            die(EXIT_USAGE, "no such type", q->type);
    } else if (!npy_header(&a, b) && (a = (array){ 0 }, !idx_header(&a, b))) {
        die(EXIT_USAGE, "--type is needed: neither .npy nor IDX", q->original);
    }
    if (q->n_dims) {
        a.n_dims = q->n_dims;
        memcpy(a.shape, q->shape, sizeof a.shape);
    }
    a.p = b.p + a.head;
    a.n = (b.n - a.head) / a.width;
    return a;
}

/* Values are numbered outer * n_fields * inner + field * inner + rest. */
static size_t field_layout(const request *q, const array *a, size_t *n_fields)
{
    size_t inner = 1, axis = (size_t)q->variables;
    *n_fields = 1;
    if (q->variables < 0)
        return a->n ? a->n : 1;
    if (axis >= a->n_dims)
        die(EXIT_USAGE, "--variables needs --shape with that axis", NULL);
    if (a->fortran)
        axis = a->n_dims - 1 - axis;
    for (size_t d = axis + 1; d < a->n_dims; d++)
        inner *= a->shape[a->fortran ? a->n_dims - 1 - d : d];
    *n_fields = a->shape[q->variables];
    if (inner == 0 || *n_fields == 0)
        die(EXIT_USAGE, "an axis is empty", NULL);
    return inner;
}

static worst compare_arrays(const request *q, bytes original, bytes restored)
{
    array   a = open_array(q, original), b = a;
    worst   w = { 0 };
    size_t  n_fields, inner = field_layout(q, &a, &n_fields);
    double *min = grow(NULL, n_fields, sizeof *min), *max = grow(NULL, n_fields, sizeof *max);
    bool   *any = grow(NULL, n_fields, sizeof *any);
    size_t  body = a.head + a.n * a.width;
    memset(any, 0, n_fields * sizeof *any);
    b.p = restored.p + a.head;
    if (original.n != restored.n || memcmp(original.p, restored.p, a.head) != 0 ||
        memcmp(original.p + body, restored.p + body, original.n - body) != 0) {
        puts("size, header or trailing bytes differ");
        note(&w, INFINITY, 0, 0);
        goto done;
    }
    for (size_t i = 0; i < a.n; i++) {
        size_t f = i / inner % n_fields;
        double x = as_double(&a, bits_at(&a, i));
        if (!isfinite(x) || is_missing(q, x))
            continue;
        if (!any[f] || x < min[f])
            min[f] = x;
        if (!any[f] || x > max[f])
            max[f] = x;
        any[f] = true;
    }
    for (size_t i = 0; i < a.n; i++) {
        size_t   f = i / inner % n_fields;
        uint64_t x = bits_at(&a, i), y = bits_at(&b, i);
        double   v = as_double(&a, x);
        if (!isfinite(v) || is_missing(q, v) || q->mode == EXACT)
            note(&w, x == y ? 0 : INFINITY, f, i);
        else
            note(&w, over(difference(&a, x, y),
                          value_bound(q, field_bound(q, min[f], max[f], any[f]), v)), f, i);
    }
done:
    free(min);
    free(max);
    free(any);
    return w;
}

/* ---- tables --------------------------------------------------------------------------------- */

typedef struct cell {
    const char *p;
    size_t      n;
    size_t      column; /* 0: begins a row */
} cell;

typedef struct cells {
    cell  *list;
    size_t n, cap;
    size_t n_columns;
} cells;

static void add_cell(cells *t, const char *p, size_t n, size_t column)
{
    if (t->n == t->cap)
        t->list = grow(t->list, t->cap = t->cap ? 2 * t->cap : 1024, sizeof *t->list);
    t->list[t->n++] = (cell){ p, n, column };
    if (column >= t->n_columns)
        t->n_columns = column + 1;
}

/* Cells keep their quotes and blanks; the bytes of the line end belong to the last cell of the row
 * only when they are not a plain line feed (so that CR LF against LF is a difference). */
static cells split(bytes b, char delimiter)
{
    cells  t = { 0 };
    size_t start = 0, column = 0;
    bool   quoted = false;
    for (size_t i = 0; i < b.n; i++) {
        char c = (char)b.p[i];
        if (c == '"')
            quoted = !quoted;
        if (quoted || (c != delimiter && c != '\n'))
            continue;
        add_cell(&t, (const char *)b.p + start, i - start, column);
        column = c == delimiter ? column + 1 : 0;
        start = i + 1;
    }
    if (start < b.n || column)
        add_cell(&t, (const char *)b.p + start, b.n - start, column);
    return t;
}

/* The candidate with which most of the first lines have as many cells as the first one. */
static char find_delimiter(bytes b)
{
    static const char candidates[] = ",;\t| ";
    char              best = ',';
    size_t            best_score = 0;
    bytes             top = b;
    for (size_t i = 0, lines = 0; i < b.n; i++)
        if (b.p[i] == '\n' && ++lines == 64) {
            top.n = i + 1;
            break;
        }
    for (size_t c = 0; candidates[c]; c++) {
        cells  t = split(top, candidates[c]);
        size_t first = 1, score = 0, width = 0;
        while (first < t.n && t.list[first].column)
            first++;
        for (size_t i = 0; i < t.n && first > 1; i++) {
            width++;
            if (i + 1 == t.n || t.list[i + 1].column == 0) {
                score += width == first;
                width = 0;
            }
        }
        if (score > best_score) {
            best_score = score;
            best = candidates[c];
        }
        free(t.list);
    }
    return best;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static cell trim(cell c)
{
    while (c.n && is_blank(c.p[c.n - 1]))
        c.n--;
    while (c.n && is_blank(*c.p))
        c.p++, c.n--;
    if (c.n >= 2 && c.p[0] == '"' && c.p[c.n - 1] == '"')
        c.p++, c.n -= 2;
    return c;
}

/* [+-] digits [. digits] [e [+-] digits], finite. *padded: an integer part such as 007. */
static bool number(cell c, double *value, bool *padded)
{
    char   text[512];
    size_t i = 0, n_digits = 0;
    c = trim(c);
    *padded = false;
    if (c.n == 0 || c.n >= sizeof text)
        return false;
    memcpy(text, c.p, c.n);
    text[c.n] = 0;
    if (text[i] == '+' || text[i] == '-')
        i++;
    *padded = text[i] == '0' && isdigit((unsigned char)text[i + 1]);
    while (isdigit((unsigned char)text[i]))
        i++, n_digits++;
    if (text[i] == '.')
        for (i++; isdigit((unsigned char)text[i]); i++)
            n_digits++;
    if (n_digits == 0)
        return false;
    if (text[i] == 'e' || text[i] == 'E') {
        i += text[i + 1] == '+' || text[i + 1] == '-' ? 2 : 1;
        if (!isdigit((unsigned char)text[i]))
            return false;
        while (isdigit((unsigned char)text[i]))
            i++;
    }
    *value = strtod(text, NULL);
    return i == c.n && isfinite(*value);
}

typedef struct column {
    size_t n_filled, n_numbers;
    bool   padded, numeric;
    double min, max;
    worst  worst;
} column;

static column *survey(const request *q, const cells *t)
{
    column *cols = grow(NULL, t->n_columns, sizeof *cols);
    memset(cols, 0, t->n_columns * sizeof *cols);
    for (size_t i = 0; i < t->n; i++) {
        column *k = &cols[t->list[i].column];
        double  x;
        bool    padded, is_number = number(t->list[i], &x, &padded);
        k->n_filled += trim(t->list[i]).n > 0;
        k->padded |= is_number && padded;
        if (!is_number || is_missing(q, x))
            continue;
        if (k->n_numbers == 0 || x < k->min)
            k->min = x;
        if (k->n_numbers == 0 || x > k->max)
            k->max = x;
        k->n_numbers++;
    }
    for (size_t c = 0; c < t->n_columns; c++)
        cols[c].numeric = cols[c].n_numbers > 0 && 2 * cols[c].n_numbers >= cols[c].n_filled &&
                          !cols[c].padded;
    return cols;
}

/* 0 for identical cells; INFINITY where they should have been. */
static double cell_ratio(const request *q, const column *k, cell a, cell b)
{
    double x, y;
    bool   padded;
    if (a.n == b.n && memcmp(a.p, b.p, a.n) == 0)
        return 0;
    if (q->mode == EXACT || !k->numeric || !number(a, &x, &padded) || is_missing(q, x) ||
        !number(b, &y, &padded))
        return INFINITY;
    return over(fabs(y - x),
                value_bound(q, field_bound(q, k->min, k->max, k->n_numbers > 0), x));
}

static worst compare_tables(const request *q, bytes original, bytes restored)
{
    char    delimiter = q->delimiter ? q->delimiter : find_delimiter(original);
    cells   a = split(original, delimiter), b = split(restored, delimiter);
    column *cols = survey(q, &a);
    worst   w = { 0 };
    size_t  row = 0, n_numeric = 0;
    if (a.n != b.n) {
        printf("%zu cells became %zu\n", a.n, b.n);
        note(&w, INFINITY, 0, 0);
        goto done;
    }
    for (size_t i = 0; i < a.n; i++) {
        size_t c = a.list[i].column;
        row += c == 0;
        note(&cols[c].worst, c == b.list[i].column ? cell_ratio(q, &cols[c], a.list[i], b.list[i])
                                                   : INFINITY, c, row);
    }
    for (size_t c = 0; c < a.n_columns; c++) {
        n_numeric += cols[c].numeric;
        note(&w, cols[c].worst.ratio, c, cols[c].worst.at);
        if (q->verbose)
            printf("column %zu %s: %.9g at row %zu\n", c, cols[c].numeric ? "numeric" : "text",
                   cols[c].worst.ratio, cols[c].worst.at);
    }
    if (q->verbose)
        printf("%zu of %zu columns numeric\n", n_numeric, a.n_columns);
done:
    free(a.list);
    free(b.list);
    free(cols);
    return w;
}

/* ---- the command ---------------------------------------------------------------------------- */

static void usage(void)
{
    fputs(usage_text, stderr);
    exit(EXIT_USAGE);
}

static double real(const char *text)
{
    char  *end;
    double v = strtod(text, &end);
    if (end == text || *end)
        die(EXIT_USAGE, "not a number", text);
    return v;
}

static void set_shape(request *q, const char *text)
{
    for (;;) {
        char *end;
        if (q->n_dims == MAX_DIMS)
            usage();
        q->shape[q->n_dims++] = strtoul(text, &end, 10);
        if (end == text || (*end && *end != ','))
            die(EXIT_USAGE, "not a shape", text);
        if (!*end)
            return;
        text = end + 1;
    }
}

static void set_mode(request *q, mode m, const char *bound)
{
    if (q->mode != NO_MODE)
        usage();
    q->mode = m;
    q->bound = bound ? real(bound) : 0;
}

static void set_option(request *q, const char *name, const char *value)
{
    if (strcmp(name, "--abs") == 0)
        set_mode(q, ABS, value);
    else if (strcmp(name, "--rel") == 0)
        set_mode(q, REL, value);
    else if (strcmp(name, "--pwrel") == 0)
        set_mode(q, PWREL, value);
    else if (strcmp(name, "--type") == 0)
        q->type = value;
    else if (strcmp(name, "--shape") == 0)
        set_shape(q, value);
    else if (strcmp(name, "--delimiter") == 0)
        q->delimiter = value[0] == '\\' && value[1] == 't' ? '\t' : value[0];
    else if (strcmp(name, "--variables") == 0)
        q->variables = (long)real(value);
    else if (strcmp(name, "--missing") == 0)
        q->has_missing = true, q->missing = real(value);
    else
        usage();
}

static request parse(int argc, char **argv)
{
    request q = { .variables = -1 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--csv") == 0)
            q.csv = true;
        else if (strcmp(argv[i], "--exact") == 0)
            set_mode(&q, EXACT, NULL);
        else if (strcmp(argv[i], "-v") == 0)
            q.verbose = true;
        else if (argv[i][0] == '-' && argv[i][1] == '-' && i + 1 < argc)
            set_option(&q, argv[i], argv[i + 1]), i++;
        else if (!q.original)
            q.original = argv[i];
        else if (!q.restored)
            q.restored = argv[i];
        else
            usage();
    }
    if (!q.restored || q.mode == NO_MODE)
        usage();
    return q;
}

int main(int argc, char **argv)
{
    request q = parse(argc, argv);
    bytes   a = read_file(q.original), b = read_file(q.restored);
    worst   w = q.csv ? compare_tables(&q, a, b) : compare_arrays(&q, a, b);
    printf("%.9g %s %zu at %s %zu\n", w.ratio, q.csv ? "column" : "variable", w.field,
           q.csv ? "row" : "value", w.at);
    free(a.p);
    free(b.p);
    return w.ratio <= 1 ? 0 : 1;
}
