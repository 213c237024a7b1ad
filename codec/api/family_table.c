/* family_table.c - tables of a family: numeric columns matched, cells as numbers, text for stages. */
#include <math.h>
#include <string.h>

#include "family.h"
#include "table_profile.h"

aez_status aez_family_create_table(aez_family **out, const aez_options *options,
                                   const aez_table_options *table)
{
    aez_family *f;
    aez_status  st = aez_family_begin(out, options);
    if (st < 0)
        return st;
    f = *out;
    f->is_table = 1;
    if (!table)
        return aez_family_fail(f, AEZ_ERR_OPTION, "a table needs its options");
    f->table_options = (aez_table_options){.delimiter = table->delimiter, .header = table->header};
    return AEZ_OK;
}

/* ---- columns --------------------------------------------------------------------------------- */

static char *copy_cell(const aez_mem *mem, const aez_cell *cell)
{
    char *text = aez_take(mem, cell->size + 1, 1);
    if (text && cell->size)
        memcpy(text, cell->text, cell->size);
    return text;
}

/* Features are the numeric columns of the first file. */
static aez_status find_columns(aez_family *f)
{
    const aez_table_schema *s = &f->first;
    f->column = aez_take(&f->mem, s->n_columns, sizeof *f->column);
    f->name = aez_take(&f->mem, s->n_columns, sizeof *f->name);
    f->type = aez_take(&f->mem, s->n_columns, sizeof *f->type);
    if (!f->column || !f->name || !f->type)
        return aez_family_fail(f, AEZ_ERR_NOMEM, NULL);
    for (uint32_t c = 0; c < s->n_columns; c++) {
        if (!s->columns[c].numeric)
            continue;
        f->name[f->n_fields] = copy_cell(&f->mem, &s->columns[c].name);
        if (!f->name[f->n_fields])
            return aez_family_fail(f, AEZ_ERR_NOMEM, NULL);
        f->column[f->n_fields++] = c;
    }
    if (f->n_fields == 0)
        return aez_family_fail(f, AEZ_ERR_OPTION, "the table has no column of numbers");
    f->n_features = f->n_fields;
    aez_family_plan_blocks(f);
    return AEZ_OK;
}

static int same_name(const aez_cell *a, const aez_cell *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->text, b->text, a->size) == 0);
}

static int at_most(size_t size)
{
    return size < 60 ? (int)size : 60;
}

static aez_status compare_columns(aez_family *f)
{
    const aez_table_schema *a = &f->first, *b = &f->now;
    if (a->n_columns != b->n_columns)
        return aez_family_fail(f, AEZ_ERR_OPTION, "the first file has %u columns and this one %u",
                               (unsigned)a->n_columns, (unsigned)b->n_columns);
    for (uint32_t c = 0; c < a->n_columns; c++) {
        const aez_column *x = &a->columns[c], *y = &b->columns[c];
        if (!same_name(&x->name, &y->name))
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "column %u is named \"%.*s\" in the first file and \"%.*s\" in "
                                   "this one",
                                   (unsigned)c + 1, at_most(x->name.size), x->name.text,
                                   at_most(y->name.size), y->name.text);
        if (!x->numeric != !y->numeric)
            return aez_family_fail(f, AEZ_ERR_OPTION,
                                   "column %u (\"%.*s\") holds %s in the first file and %s in this "
                                   "one",
                                   (unsigned)c + 1, at_most(x->name.size), x->name.text,
                                   x->numeric ? "numbers" : "text", y->numeric ? "numbers" : "text");
    }
    return AEZ_OK;
}

aez_status aez_family_begin_table(aez_family *f, aez_table_profile *profile)
{
    const char *why = "";
    aez_status  st;
    if (f->state != AEZ_FAMILY_TAKING || !f->is_table)
        return AEZ_ERR_STATE;
    if (!profile)
        return aez_family_fail(f, AEZ_ERR_OPTION, "a table needs its profile");
    st = aez_family_settle(f);
    if (st < 0)
        return st;
    if (f->now.mem)
        aez_table_schema_free(&f->now);
    st = aez_table_schema_choose(f->n_files ? &f->now : &f->first, &f->mem, profile->survey,
                                 &f->table_options, &why);
    if (st < 0)
        return aez_family_fail(f, st, why[0] ? "%s" : NULL, why);
    st = f->n_files ? compare_columns(f) : find_columns(f);
    if (st < 0)
        return st;
    f->head_left = f->n_files ? f->now.n_head_rows : f->first.n_head_rows;
    f->n_files++;
    return AEZ_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static double number_in(const aez_column *column, const aez_row *row, uint32_t c)
{
    aez_number number;
    aez_cell   cell;
    if (c >= row->n_cells)
        return NAN;
    cell = aez_column_strip(column, row->cells[c]);
    if (!aez_number_parse(&number, cell.text, cell.size) || !isfinite(number.real))
        return NAN;
    return number.real;
}

static aez_status add_row(aez_family *f, const aez_row *row)
{
    const aez_table_schema *s = f->n_files > 1 ? &f->now : &f->first;
    aez_family_block       *b;
    if (f->block_left == 0 && aez_family_open_block(f, f->block_items) < 0)
        return AEZ_ERR_NOMEM;
    b = aez_family_open_one(f);
    for (uint32_t i = 0; b && i < f->n_fields; i++) {
        double v = number_in(&s->columns[f->column[i]], row, f->column[i]);
        aez_put(&b->values, &v, sizeof v);
    }
    if (b && b->values.failed)
        return AEZ_ERR_NOMEM;
    if (b && b->has_rows) {
        aez_status st = aez_row_store_add(&b->rows, row);
        if (st < 0)
            return st;
    }
    if (b)
        b->n_sites++;
    f->n_items++;
    if (--f->block_left == 0)
        aez_family_close_block(f);
    return AEZ_OK;
}

aez_status aez_family_push_rows(aez_family *f, const aez_row *rows, size_t n_rows)
{
    if (f->state != AEZ_FAMILY_TAKING || !f->is_table || (f->n_files == 0 && n_rows > 0))
        return AEZ_ERR_STATE;
    aez_drop(&f->mem, f->rows);
    f->rows = NULL;
    for (size_t i = 0; i < n_rows; i++) {
        aez_status st = AEZ_OK;
        if (f->head_left == 0)
            st = add_row(f, &rows[i]);
        else if (f->head_left-- > 0 && f->n_files == 1)
            st = aez_row_store_add(&f->head, &rows[i]);
        if (st < 0)
            return aez_family_fail(f, st, NULL);
    }
    return AEZ_OK;
}
