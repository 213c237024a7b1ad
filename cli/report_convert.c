/* report_convert.c - files in the make that a peer reads. */
#include "platform.h"

#include "report_convert.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define PIECE ((size_t)256 * 1024)

void report_set_args(const report_set *set, aez_args *out)
{
    const char *p = set->shape;
    memset(out, 0, sizeof *out);
    out->variables = -1;
    out->type = set->type[0] ? aez_type_from_name(set->type) : (aez_type)0;
    while (*p && out->n_dims < AEZ_LAYOUT_DIMS) {
        char *end;
        out->shape[out->n_dims++] = strtoull(p, &end, 10);
        p = *end ? end + 1 : end;
    }
    out->has_shape = out->type != 0 && out->n_dims > 0;
}

static int cannot_write(const char *path)
{
    aez_error(path, "cannot write: %s: free some space, or name another folder in TMPDIR",
              strerror(errno));
    return AEZ_EXIT_SYSTEM;
}

/* size bytes of `in` from `off` on, to f. */
static int copy_bytes(FILE *f, const char *path, aez_input *in, uint64_t off, uint64_t size)
{
    uint8_t *buf = malloc(PIECE);
    int      code = buf ? AEZ_EXIT_OK : AEZ_EXIT_SYSTEM;
    while (code == AEZ_EXIT_OK && size > 0) {
        size_t n = size < PIECE ? (size_t)size : PIECE;
        code = aez_input_read_at(in, buf, n, off);
        if (code == AEZ_EXIT_OK && fwrite(buf, 1, n, f) != n)
            code = cannot_write(path);
        off += n;
        size -= n;
    }
    free(buf);
    return code;
}

int report_write_values(const report_task *task, const char *path)
{
    aez_input in = {.fd = -1};
    int       code = aez_input_open(&in, task->set->path, true, task->at->guard);
    FILE     *f = code == AEZ_EXIT_OK ? fopen(path, "wb") : NULL;
    if (code == AEZ_EXIT_OK && !f)
        code = cannot_write(path);
    if (code == AEZ_EXIT_OK)
        code = copy_bytes(f, path, &in, task->source->data_off, task->source->data_size);
    if (f && fclose(f) != 0 && code == AEZ_EXIT_OK)
        code = cannot_write(path);
    aez_input_close(&in);
    return code;
}

bool report_is_image(const aez_layout *l)
{
    if (l->type != AEZ_U8 || l->is_bool || l->fortran || l->n_dims < 2)
        return false;
    for (uint32_t d = 0; d < l->n_dims; d++)
        if (l->shape[d] == 0)
            return false;
    return l->n_dims <= 3 || (l->n_dims == 4 && l->shape[3] == 3);
}

typedef struct tiling {
    size_t n, height, width, channels; /* images */
    size_t across, down;               /* of the sheet */
} tiling;

static tiling tile(const aez_layout *l)
{
    tiling t = {1, 0, 0, 1, 1, 1};
    t.n = l->n_dims > 2 ? (size_t)l->shape[0] : 1;
    t.height = (size_t)l->shape[l->n_dims > 2 ? 1 : 0];
    t.width = (size_t)l->shape[l->n_dims > 2 ? 2 : 1];
    t.channels = l->n_dims == 4 ? 3 : 1;
    while (t.across * t.across < t.n)
        t.across++;
    t.down = (t.n + t.across - 1) / t.across;
    return t;
}

/* One row of images: `across` of them side by side, line by line. */
static int write_band(FILE *f, const char *path, const tiling *t, size_t band, aez_input *in,
                      uint64_t off, uint8_t *images, uint8_t *line)
{
    size_t row = t->width * t->channels, image = t->height * row, first = band * t->across;
    size_t n = t->n - first < t->across ? t->n - first : t->across;
    int    code = aez_input_read_at(in, images, n * image, off + (uint64_t)first * image);
    for (size_t y = 0; code == AEZ_EXIT_OK && y < t->height; y++) {
        memset(line, 0, t->across * row);
        for (size_t i = 0; i < n; i++)
            memcpy(line + i * row, images + i * image + y * row, row);
        if (fwrite(line, 1, t->across * row, f) != t->across * row)
            code = cannot_write(path);
    }
    return code;
}

int report_write_sheet(const report_task *task, const char *path)
{
    tiling    t = tile(&task->source->layout);
    size_t    row = t.width * t.channels;
    aez_input in = {.fd = -1};
    uint8_t  *images = calloc(t.across, t.height * row), *line = malloc(t.across * row);
    int       code = aez_input_open(&in, task->set->path, true, task->at->guard);
    FILE     *f = code == AEZ_EXIT_OK ? fopen(path, "wb") : NULL;
    if (code == AEZ_EXIT_OK && !f)
        code = cannot_write(path);
    if (!images || !line)
        code = AEZ_EXIT_SYSTEM;
    if (code == AEZ_EXIT_OK &&
        fprintf(f, "P%c\n%zu %zu\n255\n", t.channels == 3 ? '6' : '5', t.across * t.width,
                t.down * t.height) < 0)
        code = cannot_write(path);
    for (size_t band = 0; code == AEZ_EXIT_OK && band < t.down; band++)
        code = write_band(f, path, &t, band, &in, task->source->data_off, images, line);
    if (f && fclose(f) != 0 && code == AEZ_EXIT_OK)
        code = cannot_write(path);
    aez_input_close(&in);
    free(images);
    free(line);
    return code;
}

/* Whether n bytes of both, from these places on, are the same. */
static bool same_bytes(aez_input in[2], const uint64_t off[2], uint64_t n)
{
    uint8_t *buf = malloc(2 * PIECE);
    bool     same = buf != NULL;
    for (uint64_t done = 0; same && done < n;) {
        size_t part = n - done < PIECE ? (size_t)(n - done) : PIECE;
        same = aez_input_read_at(&in[0], buf, part, off[0] + done) == AEZ_EXIT_OK &&
               aez_input_read_at(&in[1], buf + PIECE, part, off[1] + done) == AEZ_EXIT_OK &&
               memcmp(buf, buf + PIECE, part) == 0;
        done += part;
    }
    free(buf);
    return same;
}

bool report_same_files(aez_guard *guard, const char *a, const char *b)
{
    static const uint64_t start[2] = {0, 0};
    aez_input             in[2] = {{.fd = -1}, {.fd = -1}};
    bool                  same = aez_input_open(&in[0], a, true, guard) == AEZ_EXIT_OK &&
                aez_input_open(&in[1], b, true, guard) == AEZ_EXIT_OK &&
                in[0].size == in[1].size && same_bytes(in, start, in[0].size);
    aez_input_close(&in[0]);
    aez_input_close(&in[1]);
    return same;
}

/* Bytes before the pixels of a PNM file, and how many there are; 0: none that we know. */
static size_t pnm_header(aez_input *in, uint64_t *pixels)
{
    char   head[200] = "", kind;
    size_t n = in->size < sizeof head - 1 ? (size_t)in->size : sizeof head - 1;
    unsigned long w, h;
    int    used = 0;
    if (aez_input_read_at(in, head, n, 0) != AEZ_EXIT_OK ||
        sscanf(head, "P%c %lu %lu 255%n", &kind, &w, &h, &used) != 3 || used == 0)
        return 0;
    *pixels = (uint64_t)w * h * (kind == '6' ? 3 : 1);
    return (size_t)used + 1; /* one blank */
}

bool report_same_pixels(aez_guard *guard, const char *a, const char *b)
{
    aez_input in[2] = {{.fd = -1}, {.fd = -1}};
    uint64_t  pixels[2] = {0, 0}, head[2] = {0, 0};
    bool      same = aez_input_open(&in[0], a, true, guard) == AEZ_EXIT_OK &&
                aez_input_open(&in[1], b, true, guard) == AEZ_EXIT_OK;
    for (int i = 0; same && i < 2; i++) {
        head[i] = pnm_header(&in[i], &pixels[i]);
        same = head[i] > 0 && head[i] + pixels[i] == in[i].size;
    }
    same = same && pixels[0] == pixels[1] && same_bytes(in, head, pixels[0]);
    aez_input_close(&in[0]);
    aez_input_close(&in[1]);
    return same;
}
