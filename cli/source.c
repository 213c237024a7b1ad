/* source.c - finds out how an input file is made. */
#include "platform.h"

#include "source.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "idx.h"
#include "message.h"
#include "npy.h"

#define MAX_FIELDS 65535

typedef enum verdict { NOT_THIS, TAKEN, FAILED } verdict;

static void explain(aez_source *s, const char *text)
{
    (void)snprintf(s->why, sizeof s->why, "%s", text);
}

static verdict out_of_memory(const aez_input *in)
{
    aez_error(in->name, "not enough memory");
    return FAILED;
}

/* Places head, values and tail in a file of in->size bytes; the values are `data` bytes. False when
 * they do not fit or the tail is too long to be kept in the envelope. */
static bool place(aez_source *s, const aez_input *in, uint64_t head)
{
    uint64_t tail;
    if (!aez_layout_data_size(&s->layout, &s->data_size))
        return false;
    if (head > in->size || s->data_size > in->size - head)
        return false;
    tail = in->size - head - s->data_size;
    s->data_off = head;
    s->layout.tail_size = (size_t)tail;
    return tail <= AEZ_LAYOUT_BYTES_MAX && (tail == 0 || tail < s->data_size);
}

static verdict keep_ends(aez_source *s, aez_input *in, const uint8_t *head)
{
    aez_layout *l = &s->layout;
    size_t      tail_size = l->tail_size;
    l->tail_size = 0;
    if (!aez_layout_set(&l->head, &l->head_size, head, (size_t)s->data_off))
        return out_of_memory(in);
    if (tail_size > 0) {
        l->tail = malloc(tail_size);
        if (!l->tail)
            return out_of_memory(in);
        l->tail_size = tail_size;
        if (aez_input_read_at(in, l->tail, tail_size, s->data_off + s->data_size) != AEZ_EXIT_OK)
            return FAILED;
    }
    return TAKEN;
}

/* A header that cannot be believed: an error when the user insists, else no such file. */
static verdict refuse(aez_source *s, const aez_input *in, bool insist, const char *format_name,
                      const char *why)
{
    if (insist) {
        aez_error(in->name, "is no .%s file that aez knows: %s: use --format bytes", format_name,
                  why);
        return FAILED;
    }
    (void)snprintf(s->why, sizeof s->why, "looks like .%s, but %s", format_name, why);
    aez_layout_free(&s->layout);
    aez_layout_init(&s->layout);
    return NOT_THIS;
}

static verdict try_npy(aez_source *s, aez_input *in, const uint8_t *head, size_t size, bool insist)
{
    const char    *why = "it does not start with \\x93NUMPY";
    size_t         header_size = 0;
    aez_npy_status status = aez_npy_parse(head, size, &s->layout, &header_size, &why);
    s->layout.format = AEZ_FORMAT_NPY;
    if (status == AEZ_NPY_NOT && !insist) {
        aez_layout_init(&s->layout);
        return NOT_THIS;
    }
    if (status != AEZ_NPY_ARRAY)
        return refuse(s, in, insist, "npy", why);
    if (!place(s, in, header_size))
        return refuse(s, in, insist, "npy", "its header does not match its size");
    explain(s, "header of NumPy");
    return keep_ends(s, in, head);
}

static verdict try_idx(aez_source *s, aez_input *in, const uint8_t *head, size_t size, bool insist)
{
    size_t header_size = 0;
    if (!aez_idx_parse(head, size, &s->layout, &header_size)) {
        if (insist)
            return refuse(s, in, insist, "idx", "it does not start with 00 00, type, dimensions");
        aez_layout_init(&s->layout);
        return NOT_THIS;
    }
    s->layout.format = AEZ_FORMAT_IDX;
    if (!place(s, in, header_size))
        return refuse(s, in, insist, "idx", "its header does not match its size");
    explain(s, "header of IDX");
    return keep_ends(s, in, head);
}

static int take_raw(aez_source *s, const aez_args *args, const aez_input *in)
{
    aez_layout *l = &s->layout;
    size_t      size = aez_type_size(args->type);
    l->format = AEZ_FORMAT_RAW;
    l->type = args->type;
    if (args->has_shape) {
        l->n_dims = args->n_dims;
        memcpy(l->shape, args->shape, sizeof l->shape);
        if (!aez_layout_data_size(l, &s->data_size)) {
            aez_error(in->name, "--shape makes more values than any file can hold: correct it");
            return AEZ_EXIT_USAGE;
        }
        if (s->data_size != in->size) {
            aez_error(in->name,
                      "has %" PRIu64 " bytes, but --type %s and --shape make %" PRIu64
                      ": correct one of them",
                      in->size, aez_type_name(args->type), s->data_size);
            return AEZ_EXIT_USAGE;
        }
    } else {
        if (in->size % size != 0) {
            aez_error(in->name,
                      "has %" PRIu64 " bytes, no multiple of the %zu bytes of a value of type %s: "
                      "correct --type",
                      in->size, size, aez_type_name(args->type));
            return AEZ_EXIT_USAGE;
        }
        l->n_dims = 1;
        l->shape[0] = in->size / size;
    }
    s->data_size = in->size;
    explain(s, "--type");
    return AEZ_EXIT_OK;
}

void aez_source_take_bytes(aez_source *s, const aez_input *in)
{
    s->layout.format = AEZ_FORMAT_BYTES;
    s->layout.type = AEZ_OPAQUE;
    s->layout.n_dims = 1;
    s->layout.shape[0] = s->data_size = in->size;
    s->data_off = 0; /* a header that was looked at has set it */
}

static void take_table(aez_source *s, const aez_input *in, char delimiter)
{
    aez_source_take_bytes(s, in);
    s->layout.format = AEZ_FORMAT_CSV;
    s->delimiter = delimiter;
    explain(s, delimiter == '\t' ? "rows of cells, tabs between them" : "rows of cells");
}

static verdict try_table(aez_source *s, const aez_args *args, const aez_input *in,
                         const uint8_t *head, size_t size)
{
    char delimiter = ',';
    int  found = csv_sniff((const char *)head, size, size == in->size, &delimiter);
    if (args->delimiter)
        delimiter = args->delimiter;
    if (!found && args->format != AEZ_FORMAT_CSV && !args->delimiter)
        return NOT_THIS;
    take_table(s, in, delimiter);
    return TAKEN;
}

static int find_layout(aez_source *s, const aez_args *args, aez_input *in)
{
    uint8_t *head = NULL;
    size_t   size = in->size < AEZ_LAYOUT_BYTES_MAX ? (size_t)in->size : AEZ_LAYOUT_BYTES_MAX;
    verdict  found = NOT_THIS;
    if (args->type != 0)
        return take_raw(s, args, in);
    head = malloc(size + 1);
    if (!head) {
        aez_error(in->name, "not enough memory");
        return AEZ_EXIT_SYSTEM;
    }
    if (aez_input_read_at(in, head, size, 0) != AEZ_EXIT_OK)
        found = FAILED;
    if (found == NOT_THIS && (args->format == AEZ_FORMAT_AUTO || args->format == AEZ_FORMAT_NPY))
        found = try_npy(s, in, head, size, args->format == AEZ_FORMAT_NPY);
    if (found == NOT_THIS && (args->format == AEZ_FORMAT_AUTO || args->format == AEZ_FORMAT_IDX))
        found = try_idx(s, in, head, size, args->format == AEZ_FORMAT_IDX);
    if (found == NOT_THIS && (args->format == AEZ_FORMAT_AUTO || args->format == AEZ_FORMAT_CSV))
        found = try_table(s, args, in, head, size);
    if (found == NOT_THIS) {
        aez_source_take_bytes(s, in);
        if (args->format == AEZ_FORMAT_BYTES)
            explain(s, "--format bytes");
        else if (!*s->why)
            explain(s, "no header that aez knows");
    }
    free(head);
    return found == FAILED ? AEZ_EXIT_DATA : AEZ_EXIT_OK;
}

/* --variables counts the axes as the user sees them: a Fortran array's run the other way. */
static int take_axis(aez_source *s, const aez_args *args, const aez_input *in)
{
    aez_layout *l = &s->layout;
    uint32_t    axis = (uint32_t)args->variables;
    if (l->type == AEZ_OPAQUE || axis >= l->n_dims) {
        aez_error(in->name, "--variables %d: the array has %u dimensions: count from 0", axis,
                  l->type == AEZ_OPAQUE ? 0 : l->n_dims);
        return AEZ_EXIT_USAGE;
    }
    if (l->fortran)
        axis = l->n_dims - 1 - axis;
    if (l->shape[axis] == 0) /* an empty array has no variables to tell apart */
        return AEZ_EXIT_OK;
    if (l->shape[axis] > MAX_FIELDS) {
        aez_error(in->name, "--variables %d: %" PRIu64 " variables, more than the %d possible: "
                  "choose another axis", args->variables, l->shape[axis], MAX_FIELDS);
        return AEZ_EXIT_USAGE;
    }
    l->axis = (int)axis;
    return AEZ_EXIT_OK;
}

int aez_source_find(aez_source *out, const aez_args *args, aez_input *in)
{
    int status;
    memset(out, 0, sizeof *out);
    aez_layout_init(&out->layout);
    status = find_layout(out, args, in);
    if (status == AEZ_EXIT_OK && args->variables >= 0)
        status = take_axis(out, args, in);
    if (status == AEZ_EXIT_OK && args->n_rules && out->layout.format != AEZ_FORMAT_CSV) {
        aez_error(in->name,
                  "bounds of single columns need a table, and this is none: give one bound");
        status = AEZ_EXIT_USAGE;
    }
    if (status == AEZ_EXIT_OK && args->bound_option && out->layout.format == AEZ_FORMAT_BYTES) {
        aez_error(in->name, "%s needs numbers, and these are bytes without a known meaning: add "
                  "--type and --shape", args->bound_option);
        status = AEZ_EXIT_USAGE;
    }
    return status;
}

void aez_source_free(aez_source *source)
{
    aez_layout_free(&source->layout);
}
