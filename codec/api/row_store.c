/* row_store.c - rows of a chunk, copied so that the caller's may go. */
#include "row_store.h"

#include <string.h>

void aez_row_store_init(aez_row_store *s, const aez_mem *mem)
{
    memset(s, 0, sizeof *s);
    aez_buf_init(&s->text, mem);
    aez_buf_init(&s->cell_text, mem);
    aez_buf_init(&s->row_size, mem);
    aez_buf_init(&s->cell_count, mem);
    aez_buf_init(&s->cell_size, mem);
}

void aez_row_store_clear(aez_row_store *s)
{
    aez_buf_free(&s->text);
    aez_buf_free(&s->cell_text);
    aez_buf_free(&s->row_size);
    aez_buf_free(&s->cell_count);
    aez_buf_free(&s->cell_size);
    s->n_rows = 0;
}

aez_status aez_row_store_add(aez_row_store *s, const aez_row *row)
{
    if (row->size > UINT32_MAX)
        return AEZ_ERR_LIMIT;
    aez_put(&s->text, row->bytes, row->size);
    aez_put_u64(&s->row_size, row->size);
    aez_put_u32(&s->cell_count, row->n_cells);
    for (uint32_t c = 0; c < row->n_cells; c++) {
        if (row->cells[c].size > UINT32_MAX)
            return AEZ_ERR_LIMIT;
        aez_put(&s->cell_text, row->cells[c].text, row->cells[c].size);
        aez_put_u32(&s->cell_size, (uint32_t)row->cells[c].size);
    }
    s->n_rows++;
    return s->text.failed || s->row_size.failed || s->cell_count.failed || s->cell_text.failed ||
                   s->cell_size.failed
               ? AEZ_ERR_NOMEM
               : AEZ_OK;
}

aez_status aez_row_store_view(const aez_row_store *s, aez_row **rows, aez_cell **cells)
{
    size_t      n_cells = s->cell_size.size / 4, at = 0;
    const char *text = s->text.size ? (const char *)s->text.data : "";
    const char *cell_text = s->cell_text.size ? (const char *)s->cell_text.data : "";
    aez_rd      row_size, cell_count, cell_size;
    aez_row    *r = aez_take(s->text.mem, s->n_rows, sizeof *r);
    aez_cell   *c = aez_take(s->text.mem, n_cells, sizeof *c);
    *rows = r;
    *cells = c;
    if (!r || !c) {
        aez_drop(s->text.mem, r);
        aez_drop(s->text.mem, c);
        *rows = NULL;
        *cells = NULL;
        return AEZ_ERR_NOMEM;
    }
    aez_rd_init(&row_size, s->row_size.data, s->row_size.size);
    aez_rd_init(&cell_count, s->cell_count.data, s->cell_count.size);
    aez_rd_init(&cell_size, s->cell_size.data, s->cell_size.size);
    for (size_t i = 0; i < s->n_rows; i++) {
        r[i].bytes = text;
        r[i].size = aez_get_u64(&row_size);
        r[i].n_cells = aez_get_u32(&cell_count);
        r[i].cells = c + at;
        text += r[i].size;
        for (uint32_t k = 0; k < r[i].n_cells; k++, at++) {
            c[at].size = aez_get_u32(&cell_size);
            c[at].text = cell_text;
            cell_text += c[at].size;
        }
    }
    return AEZ_OK;
}
