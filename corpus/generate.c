/* generate.c - data for tests and demonstrations: the same seed gives the same bytes everywhere.
 *
 * Only +, -, *, / on binary64 are used (no libm), so that compilers and machines agree. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIMS = 4, N_WAVES = 6, IMAGE = 28, MAP = 24, N_PATTERNS = 12 };

static const char usage_text[] =
    "usage: aez-generate KIND N[,N...] [SEED]   (to standard output)\n"
    "  field  N,N,...   float32 array, smooth with a little noise, 1 to 4 axes\n"
    "  field64 N,N,...  the same in float64\n"
    "  family N         float32 array N,24,24: maps that mix the same 12 rough patterns\n"
    "  table  ROWS      CSV: numbers, decimals, floats, text, empty cells\n"
    "  series ROWS      CSV: time stamps and sensors with a daily period\n"
    "  images N         IDX: N images of 28 x 28 bytes\n";

/* ---- numbers -------------------------------------------------------------------------------- */

typedef struct source {
    uint64_t state;
} source;

static uint64_t next(source *s) /* splitmix64 */
{
    uint64_t z = s->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double uniform(source *s) /* [0, 1) */
{
    return (double)(next(s) >> 11) / 9007199254740992.0;
}

static double normal(source *s) /* variance 1 nearly: a sum of four uniforms */
{
    double sum = uniform(s);
    sum += uniform(s);
    sum += uniform(s);
    sum += uniform(s);
    return (sum - 2) * 1.7320508075688772;
}

static size_t below(source *s, size_t n)
{
    return (size_t)(next(s) % n);
}

/* cos for |x| <= 4 by its series: the same on every machine. */
static double cosine(double x)
{
    double term = 1, sum = 1;
    for (int i = 1; i <= 16; i++) {
        term *= -x * x / ((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

static void *take(size_t count, size_t size)
{
    void *block = calloc(count ? count : 1, size);
    if (!block) {
        fputs("aez-generate: not enough memory\n", stderr);
        exit(3);
    }
    return block;
}

/* cos(phase + i * pi * turns / n) for i < n, by the recurrence c[i+1] = 2 cos(w) c[i] - c[i-1]. */
static double *wave(size_t n, double turns, double phase)
{
    double *c = take(n + 2, sizeof *c);
    double  w = 3.141592653589793 * turns / (double)n;
    c[0] = cosine(phase);
    c[1] = cosine(phase + w);
    for (size_t i = 2; i < n; i++)
        c[i] = 2 * cosine(w) * c[i - 1] - c[i - 2];
    return c;
}

/* ---- arrays --------------------------------------------------------------------------------- */

static void put_le(uint64_t bits, size_t width)
{
    for (size_t i = 0; i < width; i++)
        putchar((int)(bits >> 8 * i & 0xFF));
}

static void put_float(double v, size_t width)
{
    float    narrow = (float)v;
    uint32_t low;
    uint64_t bits;
    memcpy(&low, &narrow, 4);
    memcpy(&bits, &v, 8);
    put_le(width == 4 ? low : bits, width);
}

/* A sum of products of waves, one factor per axis, and noise of a thousandth of the amplitude. */
static void field(source *s, const size_t *shape, size_t width)
{
    double *waves[N_WAVES][MAX_DIMS];
    size_t  inner = shape[MAX_DIMS - 1], outer = shape[0] * shape[1] * shape[2];
    for (size_t m = 0; m < N_WAVES; m++)
        for (size_t d = 0; d < MAX_DIMS; d++) {
            double turns = (double)(m + 1) * (0.5 + uniform(s));
            waves[m][d] = wave(shape[d], turns, uniform(s)); /* one draw a statement: order holds */
        }
    for (size_t row = 0; row < outer; row++) {
        size_t at[3] = { row / shape[2] / shape[1], row / shape[2] % shape[1], row % shape[2] };
        double factor[N_WAVES];
        for (size_t m = 0; m < N_WAVES; m++)
            factor[m] = 10.0 / (double)(m + 1) * waves[m][0][at[0]] * waves[m][1][at[1]] *
                        waves[m][2][at[2]];
        for (size_t x = 0; x < inner; x++) {
            double v = 280;
            for (size_t m = 0; m < N_WAVES; m++)
                v += factor[m] * waves[m][3][x];
            put_float(v + 0.01 * normal(s), width);
        }
    }
    for (size_t m = 0; m < N_WAVES; m++)
        for (size_t d = 0; d < MAX_DIMS; d++)
            free(waves[m][d]);
}

/* Maps of one family: what they share no single map shows, so a model of many is what helps. */
static void family(source *s, size_t n)
{
    double *pattern = take((size_t)N_PATTERNS * MAP * MAP, sizeof *pattern);
    for (size_t i = 0; i < (size_t)N_PATTERNS * MAP * MAP; i++)
        pattern[i] = normal(s);
    for (size_t i = 0; i < n; i++) {
        double share[N_PATTERNS];
        for (size_t k = 0; k < N_PATTERNS; k++)
            share[k] = normal(s) / (double)(k + 1);
        for (size_t p = 0; p < MAP * MAP; p++) {
            double v = 0.02 * normal(s);
            for (size_t k = 0; k < N_PATTERNS; k++)
                v += share[k] * pattern[k * MAP * MAP + p];
            put_float(v, 4);
        }
    }
    free(pattern);
}

/* Two or three soft discs a picture, on black. */
static void images(source *s, size_t n)
{
    static const uint8_t head[4] = { 0, 0, 8, 3 };
    const uint32_t       dims[3] = { (uint32_t)n, IMAGE, IMAGE };
    fwrite(head, 1, sizeof head, stdout);
    for (size_t d = 0; d < 3; d++)
        for (int shift = 24; shift >= 0; shift -= 8)
            putchar((int)(dims[d] >> shift & 0xFF));
    for (size_t i = 0; i < n; i++) {
        double disc[3][3]; /* y, x, radius squared */
        size_t n_discs = 2 + below(s, 2);
        for (size_t k = 0; k < n_discs; k++) {
            disc[k][0] = 6 + 16 * uniform(s);
            disc[k][1] = 6 + 16 * uniform(s);
            disc[k][2] = 9 + 20 * uniform(s);
        }
        for (size_t p = 0; p < IMAGE * IMAGE; p++) {
            double light = 0;
            for (size_t k = 0; k < n_discs; k++) {
                double dy = (double)(p / IMAGE) - disc[k][0], dx = (double)(p % IMAGE) - disc[k][1];
                double in = 1.5 - (dy * dy + dx * dx) / disc[k][2];
                light = in > light ? in : light;
            }
            light = light > 1 ? 1 : light;
            putchar((int)(light * 255));
        }
    }
}

/* ---- tables --------------------------------------------------------------------------------- */

static void table(source *s, size_t rows)
{
    static const char *const cities[] = { "Bergen", "Lima", "Osaka", "\"Paris, Texas\"", "Turin" };
    puts("id,city,code,rooms,area,price,score,note");
    for (size_t i = 0; i < rows; i++) {
        size_t city = below(s, 5), rooms = 1 + below(s, 6);
        double area = 18.0 * (double)rooms + 12 * uniform(s);
        double price = area * (1500 + 400 * (double)city) + 9000 * normal(s);
        printf("%zu,%s,%03zu,%zu,%.1f,%.2f,", i + 1, cities[city], below(s, 40), rooms, area,
               price);
        if (below(s, 20))
            printf("%.9g,", 0.5 * normal(s) + 0.001 * area);
        else
            putchar(',');
        puts(below(s, 10) ? "" : "sold");
    }
}

static void series(source *s, size_t rows)
{
    double *day = wave(48, 2, 0);
    double  drift = 0, load = 400;
    puts("time,temperature,pressure,load,count");
    for (size_t i = 0; i < rows; i++) {
        size_t minutes = 30 * i, count;
        double warm = 15 + 6 * day[(i + 30) % 48] + 0.1 * normal(s);
        drift += 0.02 * normal(s);
        load += 0.1 * (400 + 80 * day[i % 48] - load) + 2 * normal(s);
        count = (size_t)(load / 7) + below(s, 4);
        printf("2024-%02zu-%02zu %02zu:%02zu:00,%.2f,%.1f,%.8g,%zu\n", minutes / 40320 % 12 + 1,
               minutes / 1440 % 28 + 1, minutes / 60 % 24, minutes % 60,
               warm + drift, 1013 + 5 * drift, load, count);
    }
    free(day);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Right-aligned in shape, ones before; returns the number of axes, 0 when the text is no shape. */
static size_t parse_shape(const char *text, size_t *shape)
{
    size_t read[MAX_DIMS], n = 0;
    for (;;) {
        char *end;
        if (n == MAX_DIMS)
            return 0;
        read[n] = strtoul(text, &end, 10);
        if (end == text || read[n] == 0 || (*end && *end != ','))
            return 0;
        n++;
        if (!*end)
            break;
        text = end + 1;
    }
    for (size_t d = 0; d < MAX_DIMS; d++)
        shape[d] = d + n < MAX_DIMS ? 1 : read[d + n - MAX_DIMS];
    return n;
}

int main(int argc, char **argv)
{
    source      s = { argc > 3 ? strtoull(argv[3], NULL, 10) : 1 };
    size_t      shape[MAX_DIMS];
    size_t      n_dims = argc > 2 ? parse_shape(argv[2], shape) : 0;
    const char *kind = argc > 1 ? argv[1] : "";
    size_t      n = n_dims ? shape[MAX_DIMS - 1] : 0;
    int         known = n_dims > 0;
    if (known && strcmp(kind, "field") == 0)
        field(&s, shape, 4);
    else if (known && strcmp(kind, "field64") == 0)
        field(&s, shape, 8);
    else if (n_dims == 1 && strcmp(kind, "table") == 0)
        table(&s, n);
    else if (n_dims == 1 && strcmp(kind, "series") == 0)
        series(&s, n);
    else if (n_dims == 1 && strcmp(kind, "family") == 0)
        family(&s, n);
    else if (n_dims == 1 && strcmp(kind, "images") == 0)
        images(&s, n);
    else {
        fputs(usage_text, stderr);
        return 2;
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 3;
}
