/* families.h - files of arrays and tables collected into a family, in pieces of any size. */
#ifndef AEZ_TESTS_FAMILIES_H
#define AEZ_TESTS_FAMILIES_H

#include "tests/support/plain_trainer.h"
#include "tests/support/tables.h"

static inline aez_options families_options(int level)
{
    aez_options o;
    aez_options_init(&o);
    o.trainer = &plain_trainer;
    o.level = level;
    return o;
}

/* Begins a file and pushes its values, `piece` sites at a time (0: all). */
static inline aez_status families_file(aez_family *f, const aez_schema *s, void *const *columns,
                                       uint64_t piece)
{
    void     **moved = malloc(s->n_fields * sizeof *moved);
    uint64_t   n = arrays_sites(s);
    aez_status st = aez_family_begin_file(f, s);
    if (piece == 0)
        piece = n ? n : 1;
    for (uint64_t at = 0; st >= 0 && at < n; at += piece) {
        arrays_move(s, columns, at, moved);
        st = aez_family_push(f, (const void *const *)moved, piece < n - at ? piece : n - at);
    }
    free(moved);
    return st;
}

static inline aez_status families_take(void *handle, const aez_row *rows, size_t n)
{
    return aez_family_push_rows(handle, rows, n);
}

static inline aez_status families_table(aez_family *f, const aez_options *o, const char *text,
                                        size_t piece)
{
    const aez_row     *rows;
    size_t             n;
    csv_reader        *reader = tables_rows(text, strlen(text), ',', &rows, &n);
    aez_table_profile *profile = NULL;
    aez_status         st = aez_table_profile_create(&profile, o);
    if (piece == 0)
        piece = n ? n : 1;
    if (st >= 0)
        st = tables_push(tables_profile, profile, rows, n);
    if (st >= 0)
        st = aez_family_begin_table(f, profile);
    aez_table_profile_destroy(profile);
    for (size_t at = 0; st >= 0 && at < n; at += piece)
        st = tables_push(families_take, f, rows + at, piece < n - at ? piece : n - at);
    csv_reader_destroy(reader);
    return st;
}

#endif
