/* sheet.c - stacks of images (IDX) as one tiled PGM sheet and back, for codecs of single pictures.
 *
 *   aez-sheet tile STACK.idx SHEET.pgm       n images as a grid of ceil(sqrt(n)) columns
 *   aez-sheet cut SHEET.pgm STACK.idx OUT    the sheet's pixels (PPM: green) in the form of the stack
 *   aez-sheet mse A.idx B.idx                mean squared difference of pixels scaled to 0 .. 1
 *   aez-sheet noise STACK.idx DEVIATION OUT  Gaussian noise on pixels scaled to 0 .. 1, clamped
 *   aez-sheet pick STACK.idx LABELS.idx DIGITS OUT.idx   the images with one of these labels */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stack {
    size_t   n, height, width;
    uint8_t *bytes; /* head and pixels */
    size_t   head, size;
} stack;

static void die(const char *file, const char *why)
{
    fprintf(stderr, "aez-sheet: %s: %s\n", file, why);
    exit(1);
}

static uint8_t *read_all(const char *path, size_t *size)
{
    FILE    *f = fopen(path, "rb");
    size_t   room = 1 << 16, got;
    uint8_t *p = malloc(room);
    *size = 0;
    if (!f || !p)
        die(path, "cannot be read");
    while ((got = fread(p + *size, 1, room - *size, f)) > 0) {
        *size += got;
        if (*size == room && !(p = realloc(p, room *= 2)))
            die(path, "not enough memory");
    }
    fclose(f);
    return p;
}

static size_t big_endian(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static stack read_stack(const char *path)
{
    stack s = {0};
    s.bytes = read_all(path, &s.size);
    s.head = 16;
    if (s.size < s.head || s.bytes[2] != 8 || s.bytes[3] != 3)
        die(path, "no IDX stack of images of bytes");
    s.n = big_endian(s.bytes + 4);
    s.height = big_endian(s.bytes + 8);
    s.width = big_endian(s.bytes + 12);
    if (s.n == 0 || s.height == 0 || s.width == 0 ||
        s.n > (s.size - s.head) / s.height / s.width)
        die(path, "fewer pixels than its head says");
    return s;
}

static size_t columns_of(const stack *s)
{
    size_t c = 1;
    while (c * c < s->n)
        c++;
    return c;
}

static uint8_t *pixel_row(const stack *s, uint8_t *pixels, size_t image, size_t y)
{
    size_t columns = columns_of(s);
    return pixels + ((image / columns * s->height + y) * columns + image % columns) * s->width;
}

static void write_all(const char *path, const char *head, size_t head_size, const uint8_t *p,
                      size_t size)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(head, 1, head_size, f) != head_size || fwrite(p, 1, size, f) != size ||
        fclose(f) != 0)
        die(path, "cannot be written");
}

static void tile(const char *from, const char *to)
{
    stack    s = read_stack(from);
    size_t   columns = columns_of(&s), rows = (s.n + columns - 1) / columns;
    size_t   size = columns * s.width * rows * s.height;
    uint8_t *pixels = calloc(size, 1);
    char     head[80];
    int      head_size = snprintf(head, sizeof head, "P5\n%zu %zu\n255\n", columns * s.width,
                                  rows * s.height);
    if (!pixels)
        die(to, "not enough memory");
    for (size_t i = 0; i < s.n; i++)
        for (size_t y = 0; y < s.height; y++)
            memcpy(pixel_row(&s, pixels, i, y),
                   s.bytes + s.head + (i * s.height + y) * s.width, s.width);
    write_all(to, head, (size_t)head_size, pixels, size);
    free(pixels);
    free(s.bytes);
}

static void cut(const char *sheet, const char *like, const char *to)
{
    stack    s = read_stack(like);
    size_t   size, columns = columns_of(&s), at = 0, number[3] = {0}, channels;
    uint8_t *p = read_all(sheet, &size);
    if (size < 3 || p[0] != 'P' || (p[1] != '5' && p[1] != '6'))
        die(sheet, "no binary PGM or PPM picture");
    channels = p[1] == '6' ? 3 : 1;
    at = 2;
    for (int i = 0; i < 3; i++) {
        while (at < size && (p[at] == ' ' || p[at] == '\n' || p[at] == '#'))
            if (p[at++] == '#')
                while (at < size && p[at] != '\n')
                    at++;
        while (at < size && p[at] >= '0' && p[at] <= '9')
            number[i] = number[i] * 10 + (size_t)(p[at++] - '0');
    }
    at++;
    if (number[0] != columns * s.width || number[2] != 255 ||
        size < at || (size - at) / channels < number[0] * ((s.n + columns - 1) / columns * s.height))
        die(sheet, "another size than the stack's sheet");
    for (size_t i = 0; channels == 3 && i < (size - at) / 3; i++)
        p[at + i] = p[at + 3 * i + 1]; /* green: colours of a grey sheet differ by rounding */
    for (size_t i = 0; i < s.n; i++)
        for (size_t y = 0; y < s.height; y++)
            memcpy(s.bytes + s.head + (i * s.height + y) * s.width, pixel_row(&s, p + at, i, y),
                   s.width);
    write_all(to, (const char *)s.bytes, s.head, s.bytes + s.head, s.n * s.height * s.width);
    free(p);
    free(s.bytes);
}

static void mse(const char *one, const char *other)
{
    stack  a = read_stack(one), b = read_stack(other);
    size_t n = a.n * a.height * a.width;
    double sum = 0;
    if (a.n != b.n || a.height != b.height || a.width != b.width)
        die(other, "another shape than the first stack's");
    for (size_t i = 0; i < n; i++) {
        double d = (a.bytes[a.head + i] - b.bytes[b.head + i]) / 255.0;
        sum += d * d;
    }
    printf("%.6f\n", sum / (double)n);
    free(a.bytes);
    free(b.bytes);
}

/* Gaussian by Box and Muller from a counter-based generator: the same noise everywhere. */
static double uniform(uint64_t i)
{
    uint64_t z = (i + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

static void noise(const char *from, const char *deviation, const char *to)
{
    stack  s = read_stack(from);
    size_t n = s.n * s.height * s.width;
    double sigma = atof(deviation);
    for (size_t i = 0; i < n; i++) {
        double g = sqrt(-2 * log(uniform(2 * i))) * cos(6.283185307179586 * uniform(2 * i + 1));
        double v = s.bytes[s.head + i] + 255 * sigma * g;
        s.bytes[s.head + i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
    }
    write_all(to, (const char *)s.bytes, s.head, s.bytes + s.head, n);
    free(s.bytes);
}

static void pick(const char *from, const char *labels, const char *digits, const char *to)
{
    stack    s = read_stack(from);
    size_t   size, kept = 0, item = s.height * s.width;
    uint8_t *l = read_all(labels, &size), *pixels = s.bytes + s.head;
    if (size < 8 || l[2] != 8 || l[3] != 1 || size - 8 < s.n)
        die(labels, "no IDX list with a label for each image");
    for (size_t i = 0; i < s.n; i++)
        if (l[8 + i] < 10 && strchr(digits, '0' + l[8 + i]))
            memmove(pixels + kept++ * item, pixels + i * item, item);
    for (int i = 0; i < 4; i++)
        s.bytes[4 + i] = (uint8_t)(kept >> (24 - 8 * i));
    write_all(to, (const char *)s.bytes, s.head, pixels, kept * item);
    free(l);
    free(s.bytes);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "tile") == 0)
        tile(argv[2], argv[3]);
    else if (argc == 5 && strcmp(argv[1], "cut") == 0)
        cut(argv[2], argv[3], argv[4]);
    else if (argc == 4 && strcmp(argv[1], "mse") == 0)
        mse(argv[2], argv[3]);
    else if (argc == 5 && strcmp(argv[1], "noise") == 0)
        noise(argv[2], argv[3], argv[4]);
    else if (argc == 6 && strcmp(argv[1], "pick") == 0)
        pick(argv[2], argv[3], argv[4], argv[5]);
    else
        die("usage", "tile STACK SHEET | cut SHEET STACK OUT | mse A B | noise STACK DEVIATION OUT "
                     "| pick STACK LABELS DIGITS OUT");
    return 0;
}
