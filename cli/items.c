/* items.c - an input as items: positions of the first axis of an array, or rows of a table. */
#include "platform.h"

#include "items.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static int no_memory(const aez_items *items)
{
    return aez_fail_status(items->cli, items->in.name, AEZ_ERR_NOMEM, NULL);
}

static int refuse_bytes(aez_items *items)
{
    uint8_t head[4] = {0};
    size_t  size = items->in.size < sizeof head ? (size_t)items->in.size : sizeof head;
    if (aez_input_read_at(&items->in, head, size, 0) == AEZ_EXIT_OK &&
        memcmp(head, "\x8F"
                     "AEZ",
               4) == 0)
        aez_error(items->in.name, "is compressed, or a model: restore it with aez decompress and "
                                  "take what comes out");
    else
        aez_error(items->in.name, "aez %s needs numbers, and these are bytes without a known "
                                  "meaning: add --type and --shape",
                  aez_command_name(items->cli->args->command));
    return AEZ_EXIT_USAGE;
}

/* --rows among n items. */
static int choose_rows(aez_items *items, uint64_t n)
{
    const aez_args *args = items->cli->args;
    uint64_t        end = args->end_row < n ? args->end_row : n;
    items->first = args->first_row;
    if (items->first >= end) {
        aez_error(items->in.name, "has %" PRIu64 " items: --rows %" PRIu64 ": leaves none: "
                  "correct it", n, args->first_row);
        return AEZ_EXIT_USAGE;
    }
    items->n_items = end - items->first;
    return AEZ_EXIT_OK;
}

static int open_array(aez_items *items)
{
    const aez_args   *args = items->cli->args;
    const aez_layout *l = &items->source.layout;
    aez_schema       *s = &items->schema;
    int               code;
    if (args->columns) {
        aez_error(items->in.name, "--columns is for tables, and this is an array: leave it out");
        return AEZ_EXIT_USAGE;
    }
    s->struct_size = sizeof *s;
    s->n_dims = aez_layout_grid(l, s->shape);
    s->n_fields = (uint32_t)aez_layout_n_fields(l);
    items->fields = calloc(s->n_fields, sizeof *items->fields);
    if (!items->fields || !aez_blocks_init(&items->blocks, l))
        return no_memory(items);
    for (uint32_t f = 0; f < s->n_fields; f++) {
        items->fields[f].type = l->type;
        items->fields[f].has_missing = args->has_missing;
        items->fields[f].missing = args->has_missing ? args->missing : 0;
    }
    s->fields = items->fields;
    code = choose_rows(items, s->shape[0]);
    if (code != AEZ_EXIT_OK)
        return code;
    items->inner = items->blocks.n_sites / s->shape[0];
    s->shape[0] = items->n_items;
    return AEZ_EXIT_OK;
}

int aez_items_open(aez_items *items, const aez_cli *cli, const char *path)
{
    int code;
    memset(items, 0, sizeof *items);
    items->cli = cli;
    items->in.fd = -1;
    aez_layout_init(&items->source.layout);
    code = aez_input_open(&items->in, path, true, cli->guard);
    if (code == AEZ_EXIT_OK)
        code = aez_source_find(&items->source, cli->args, &items->in);
    if (code != AEZ_EXIT_OK)
        return code;
    items->is_table = items->source.layout.format == AEZ_FORMAT_CSV;
    if (items->is_table)
        return aez_items_look_at_rows(items);
    return items->source.layout.type == AEZ_OPAQUE ? refuse_bytes(items) : open_array(items);
}

void aez_items_close(aez_items *items)
{
    for (uint32_t i = 0; items->names && i < items->n_columns; i++)
        free(items->names[i]);
    free(items->names);
    free(items->taken);
    free(items->cell);
    free(items->fields);
    aez_blocks_free(&items->blocks);
    aez_source_free(&items->source);
    aez_input_close(&items->in);
    memset(items, 0, sizeof *items);
    items->in.fd = -1;
}

int aez_items_each_sites(aez_items *items, aez_take_sites take, void *opaque)
{
    aez_blocks *b = &items->blocks;
    uint64_t    from = items->first * items->inner, to = from + items->n_items * items->inner, n;
    int         code = AEZ_EXIT_OK;
    for (uint64_t at = 0; code == AEZ_EXIT_OK && (n = aez_blocks_next(b, at)) > 0; at += n) {
        uint64_t lo = at < from ? from - at : 0, hi = at + n > to ? to - at : n;
        if (at >= to)
            break;
        if (at + n <= from)
            continue;
        code = aez_blocks_read(b, &items->in, items->source.data_off, at, n);
        for (uint64_t f = 0; f < b->n_fields; f++)
            b->columns[f] = (uint8_t *)b->columns[f] + lo * b->value_size;
        if (code == AEZ_EXIT_OK)
            code = take(opaque, (const void *const *)b->columns, hi - lo);
        for (uint64_t f = 0; f < b->n_fields; f++)
            b->columns[f] = (uint8_t *)b->columns[f] - lo * b->value_size;
        aez_progress_tick(items->cli->progress, (at + n) * b->n_fields * b->value_size);
    }
    return code;
}
