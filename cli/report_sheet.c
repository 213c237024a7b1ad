/* report_sheet.c - rows of small images, original over restored, as PNG. */
#include "platform.h"

#include <errno.h>
#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "report_data.h"
#include "report_html.h"
#include "report_show.h"

#define MAX_ROWS 12
#define MAX_IMAGES 1000
#define GAP 1 /* pixels between images */

typedef struct sheet {
    report_array array[MAX_ROWS];
    char        *name[MAX_ROWS];
    size_t       n_rows; /* files: rows of the sheet */
    size_t      *index;  /* owned: which images */
    size_t       n_images, per_strip;
    size_t       height, width, channels; /* of an image: [height][width][channels] */
    double       low, high; /* black and white */
} sheet;

static void free_sheet(sheet *s)
{
    for (size_t i = 0; i < s->n_rows; i++) {
        report_array_free(&s->array[i]);
        free(s->name[i]);
    }
    free(s->index);
}

/* ---- what is asked for ---- */

/* items=0,5,7 or n=20: numbers of images, from 0. */
static int take_items(report_doc *doc, sheet *s)
{
    const char  *list = report_option(doc->item, "items");
    report_words words = {0};
    double       n = 10, per = 10;
    int          code = report_option_number(doc->item, &doc->at, "n", 1, MAX_IMAGES, &n);
    if (code == AEZ_EXIT_OK)
        code = report_option_number(doc->item, &doc->at, "per", 1, 100, &per);
    if (code == AEZ_EXIT_OK && list)
        code = report_split(&words, &doc->at, list);
    s->per_strip = (size_t)per;
    s->n_images = list ? words.n : (size_t)n;
    if (code == AEZ_EXIT_OK && s->n_images > MAX_IMAGES)
        code = report_error(&doc->at, "more than %d images in one sheet", MAX_IMAGES);
    s->index = calloc(s->n_images + 1, sizeof *s->index);
    if (code == AEZ_EXIT_OK && !s->index)
        code = report_no_memory(&doc->at);
    for (size_t i = 0; code == AEZ_EXIT_OK && i < s->n_images; i++) {
        double v = list ? report_number(words.word[i]) : (double)i;
        if (!(v >= 0 && v < 9e15 && v == floor(v)))
            code = report_error(&doc->at, "items=%s: give numbers of images from 0 on: 0,5,7",
                                list);
        else
            s->index[i] = (size_t)v;
    }
    report_words_free(&words);
    return code;
}

/* size=28x28 for files that have their pixels in one row, else what the first file's shape says. */
static int take_size(report_doc *doc, sheet *s)
{
    const char         *text = report_option(doc->item, "size");
    const report_array *a = &s->array[0];
    size_t              pixels = a->n_columns;
    if (text) {
        unsigned h = 0, w = 0, c = 1;
        int      got = sscanf(text, "%ux%ux%u", &h, &w, &c);
        if (got < 2 || h < 1 || w < 1 || h > 65535 || w > 65535 || (c != 1 && c != 3))
            return report_error(&doc->at, "size=%s: give height and width: 28x28, and x3 for "
                                "colours", text);
        s->height = h;
        s->width = w;
        s->channels = c;
    } else if (a->n_dims == 3 || (a->n_dims == 4 && (a->shape[3] == 1 || a->shape[3] == 3))) {
        s->height = (size_t)a->shape[1];
        s->width = (size_t)a->shape[2];
        s->channels = a->n_dims == 4 ? (size_t)a->shape[3] : 1;
    } else if (a->n_dims == 4 && a->shape[1] == 1) {
        s->height = (size_t)a->shape[2];
        s->width = (size_t)a->shape[3];
        s->channels = 1;
    } else {
        return report_error(&doc->at, "the first file does not tell the height and width of its "
                            "images: add size=28x28");
    }
    if (s->height == 0 || s->width == 0 || s->height > 4096 || s->width > 4096)
        return report_error(&doc->at, "images of %zu x %zu do not go into a sheet: 1 to 4096 each "
                            "way do", s->height, s->width);
    if (s->height * s->width * s->channels != pixels)
        return report_error(&doc->at, "images of %zu x %zu x %zu are not the %zu values an item "
                            "has: correct size=", s->height, s->width, s->channels, pixels);
    return AEZ_EXIT_OK;
}

/* Bytes are 0 .. 255; other values reach from the least to the greatest of the original shown. */
static int take_values(report_doc *doc, sheet *s)
{
    const char         *text = report_option(doc->item, "range");
    const report_array *a = &s->array[0];
    size_t              n = s->n_images * a->n_columns;
    if (text) {
        if (sscanf(text, "%lf,%lf", &s->low, &s->high) == 2 && s->low < s->high)
            return AEZ_EXIT_OK;
        return report_error(&doc->at, "range=%s: give black and white: 0,255", text);
    }
    s->low = 0;
    s->high = 255;
    if (a->type == AEZ_U8)
        return AEZ_EXIT_OK;
    s->low = INFINITY;
    s->high = -INFINITY;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a->values[i])) {
            s->low = fmin(s->low, a->values[i]);
            s->high = fmax(s->high, a->values[i]);
        }
    if (!(s->low < s->high)) { /* all alike, or no number at all */
        s->low = isfinite(s->low) ? s->low - 0.5 : 0;
        s->high = s->low + 1;
    }
    return AEZ_EXIT_OK;
}

static int add_row(report_doc *doc, sheet *s, const char *name, const char *file)
{
    char *path;
    int   code;
    if (s->n_rows == MAX_ROWS)
        return report_error(&doc->at, "more than %d rows in one sheet: make two of it", MAX_ROWS);
    path = report_resolve(doc->page, file);
    s->name[s->n_rows++] = strdup(name);
    code = path && s->name[s->n_rows - 1]
               ? report_array_pick(&s->array[s->n_rows - 1], &doc->at, path, s->index, s->n_images)
               : report_no_memory(&doc->at);
    if (code == AEZ_EXIT_OK && s->array[s->n_rows - 1].n_columns != s->array[0].n_columns)
        code = report_error_in(&doc->at, path, "has items of %zu values, the first file %zu: rows "
                               "show the same images", s->array[s->n_rows - 1].n_columns,
                               s->array[0].n_columns);
    free(path);
    return code;
}

static int collect_rows(report_doc *doc, sheet *s)
{
    static const char *const own[] = {"title", "note", "size", "range"};
    static const char *const names[] = {"original", "restored"};
    report_item *item = doc->item;
    const char  *word;
    report_arg  *arg;
    size_t       cursor = 0;
    int          code = take_items(doc, s);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        (void)report_option(item, own[i]);
    for (size_t i = 0; code == AEZ_EXIT_OK && (word = report_word(item, i)); i++)
        code = add_row(doc, s, i < 2 ? names[i] : word, word);
    while (code == AEZ_EXIT_OK && (arg = report_next_series(item, &cursor)))
        code = add_row(doc, s, arg->name, arg->value);
    if (code == AEZ_EXIT_OK && s->n_rows == 0)
        code = report_error(&doc->at, "sheet: name images: sheet: original=a.idx denoised=b.npy");
    return code;
}

/* ---- pixels ---- */

static uint8_t level_of(const sheet *s, double v)
{
    double at = (v - s->low) / (s->high - s->low) * 255;
    if (!(at > 0)) /* NaN too */
        return 0;
    return at >= 255 ? 255 : (uint8_t)(at + 0.5);
}

/* Images first .. first + n of a row side by side, with clear gaps: [height][wide][4] RGBA. */
static void paint(const sheet *s, const report_array *a, size_t first, size_t n, size_t wide,
                  uint8_t *rgba)
{
    memset(rgba, 0, s->height * wide * 4);
    for (size_t i = 0; i < n; i++)
        for (size_t y = 0; y < s->height; y++)
            for (size_t x = 0; x < s->width; x++) {
                const double *v = a->values + (first + i) * a->n_columns +
                                  (y * s->width + x) * s->channels;
                uint8_t      *to = rgba + (y * wide + i * (s->width + GAP) + x) * 4;
                for (size_t c = 0; c < 3; c++)
                    to[c] = level_of(s, v[s->channels == 3 ? c : 0]);
                to[3] = 255;
            }
}

static int put_png(report_doc *doc, const uint8_t *rgba, size_t wide, size_t high)
{
    png_image        image;
    png_alloc_size_t size = 0;
    uint8_t         *bytes = NULL;
    bool             good;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32)wide;
    image.height = (png_uint_32)high;
    image.format = PNG_FORMAT_RGBA;
    good = png_image_write_get_memory_size(image, size, 0, rgba, 0, NULL) &&
           (bytes = malloc(size + 1)) != NULL &&
           png_image_write_to_memory(&image, bytes, &size, 0, rgba, 0, NULL);
    if (good)
        report_put_data_uri(&doc->html, "image/png", bytes, size);
    png_image_free(&image);
    free(bytes);
    if (good)
        return AEZ_EXIT_OK;
    return image.message[0] ? report_error(&doc->at, "cannot make a PNG: %s", image.message)
                            : report_no_memory(&doc->at);
}

/* One file's row of one strip. */
static int put_row(report_doc *doc, const sheet *s, size_t row, size_t first, size_t n)
{
    size_t   per = s->per_strip < s->n_images ? s->per_strip : s->n_images;
    size_t   wide = per * (s->width + GAP) - GAP; /* of all strips alike: equal scales */
    uint8_t *rgba = malloc(s->height * wide * 4);
    size_t   scale = wide < 1 ? 1 : (900 + wide - 1) / wide;
    int      code = AEZ_EXIT_OK;
    if (!rgba)
        return report_no_memory(&doc->at);
    paint(s, &s->array[row], first, n, wide, rgba);
    report_put(&doc->html, "<div class=\"row\"><span>");
    report_put_rich(&doc->html, s->name[row]);
    report_putf(&doc->html, "</span><img style=\"max-width:%zupx\" alt=\"",
                wide * (scale > 4 ? 4 : scale));
    report_put_escaped(&doc->html, s->name[row]);
    report_putf(&doc->html, ", images %zu to %zu\" src=\"", first + 1, first + n);
    code = put_png(doc, rgba, wide, s->height);
    report_put(&doc->html, "\"/></div>\n");
    free(rgba);
    return code;
}

/* Mean squared error of each row against the first, in units of the range. */
static void note_errors(report_doc *doc, const sheet *s)
{
    for (size_t r = 1; r < s->n_rows; r++) {
        double sum = 0, span = s->high - s->low;
        size_t n = s->n_images * s->array[0].n_columns;
        for (size_t i = 0; i < n; i++) {
            double d = (s->array[r].values[i] - s->array[0].values[i]) / span;
            sum += isfinite(d) ? d * d : 0;
        }
        report_note(doc, s->name[r], "mse_shown", NAN, n ? sum / (double)n : NAN);
    }
}

static int put_sheet(report_doc *doc, const sheet *s)
{
    const char *title = report_option(doc->item, "title"), *note = report_option(doc->item, "note");
    int         code = AEZ_EXIT_OK;
    report_put(&doc->html, "<figure class=\"sheet\">\n");
    if (title) {
        report_put(&doc->html, "<figcaption>");
        report_put_rich(&doc->html, title);
        report_put(&doc->html, "</figcaption>\n");
    }
    for (size_t first = 0; code == AEZ_EXIT_OK && first < s->n_images; first += s->per_strip) {
        size_t left = s->n_images - first, n = left < s->per_strip ? left : s->per_strip;
        report_put(&doc->html, "<div class=\"strip\">\n");
        for (size_t r = 0; code == AEZ_EXIT_OK && r < s->n_rows; r++)
            code = put_row(doc, s, r, first, n);
        report_put(&doc->html, "</div>\n");
    }
    if (note) {
        report_put(&doc->html, "<p class=\"note\">");
        report_put_rich(&doc->html, note);
        report_put(&doc->html, "</p>\n");
    }
    report_put(&doc->html, "</figure>\n");
    return code;
}

int report_show_sheet(report_doc *doc)
{
    sheet s = {.n_rows = 0};
    int   code = collect_rows(doc, &s);
    if (code == AEZ_EXIT_OK)
        code = take_size(doc, &s);
    if (code == AEZ_EXIT_OK)
        code = take_values(doc, &s);
    if (code == AEZ_EXIT_OK)
        code = report_no_more(doc->item, &doc->at);
    if (code == AEZ_EXIT_OK)
        code = put_sheet(doc, &s);
    if (code == AEZ_EXIT_OK)
        note_errors(doc, &s);
    free_sheet(&s);
    return code;
}
