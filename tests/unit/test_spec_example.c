/* test_spec_example.c - the examples of spec/aez-format.md, section 15, against the writer's bytes. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "aez.h"
#include "format/format.h"

#define TEXT "spec/aez-format.md" /* tests run from the root of the tree */
#define MAX_BYTES 256

static const aez_mem plain;

static int nibble(int c)
{
    return isdigit(c) ? c - '0' : c - 'A' + 10;
}

static int is_hex(int c)
{
    return isdigit(c) || (c >= 'A' && c <= 'F');
}

/* Bytes at the start of an indented line; three blanks begin the remark. */
static size_t take_line(const char *line, uint8_t *dst, size_t room)
{
    size_t n = 0;
    if (strncmp(line, "    ", 4) != 0)
        return 0;
    for (line += 4; is_hex(line[0]) && is_hex(line[1]) && n < room; n++) {
        dst[n] = (uint8_t)(nibble(line[0]) * 16 + nibble(line[1]));
        for (line += 2; *line == ' '; line++)
            if (strncmp(line, "   ", 3) == 0)
                return n + 1;
    }
    return n;
}

/* The bytes of section `number`; block counts the runs of indented lines in it from 0. */
static size_t read_example(const char *number, int block, uint8_t *dst)
{
    FILE  *f = fopen(TEXT, "r");
    char   line[1024], heading[16];
    int    inside = 0, at = -1, before = 0;
    size_t n = 0;
    cr_assert_not_null(f, "%s cannot be opened from the current folder", TEXT);
    snprintf(heading, sizeof heading, "### %s ", number);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            inside = strncmp(line, heading, strlen(heading)) == 0;
        if (inside && strncmp(line, "    ", 4) == 0) {
            at += !before;
            if (at == block)
                n += take_line(line, dst + n, MAX_BYTES - n);
        }
        before = strncmp(line, "    ", 4) == 0;
    }
    fclose(f);
    return n;
}

static void check_part(int block, const aez_buf *made)
{
    uint8_t want[MAX_BYTES];
    size_t  n = read_example("15.1", block, want);
    cr_assert(n > 0);
    cr_assert_eq(made->size, n);
    cr_assert_arr_eq(made->data, want, n);
}

/* A file of one lossless f32 field, as the command makes it. */
static size_t encode(const float *values, uint64_t n, uint8_t *dst)
{
    aez_field    field = {.type = AEZ_F32};
    aez_schema   schema = {.struct_size = sizeof schema, .n_dims = 1, .shape = {n},
                           .n_fields = 1, .fields = &field};
    aez_profile *profile;
    aez_encoder *encoder;
    aez_out      out = {.dst = dst, .size = MAX_BYTES};
    const void  *column = values;
    cr_assert_eq(aez_profile_create(&profile, NULL, &schema), AEZ_OK);
    cr_assert_eq(aez_profile_push(profile, &column, n), AEZ_OK);
    cr_assert_eq(aez_encoder_create(&encoder, NULL, &schema, profile), AEZ_OK);
    cr_assert_eq(aez_encoder_push(encoder, &column, n), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(encoder), AEZ_OK);
    cr_assert_eq(aez_encoder_pull(encoder, &out), AEZ_END);
    aez_encoder_destroy(encoder);
    aez_profile_destroy(profile);
    return out.pos;
}

static void decode(const uint8_t *file, size_t size, float *values, uint64_t n)
{
    aez_decoder *decoder;
    aez_in       in = {.src = file, .size = size};
    void        *column = values;
    uint64_t     got;
    cr_assert_eq(aez_decoder_create(&decoder, NULL), AEZ_OK);
    cr_assert_eq(aez_decoder_push(decoder, &in), AEZ_END, "its only chunk ends the file");
    cr_assert_eq(aez_decoder_pull(decoder, &column, n, &got), AEZ_OK);
    cr_assert_eq(got, n);
    cr_assert_eq(aez_decoder_finish(decoder), AEZ_OK);
    aez_decoder_destroy(decoder);
}

static void check_file(const char *number, const float *values, uint64_t n)
{
    uint8_t want[MAX_BYTES], made[MAX_BYTES];
    float   restored[8];
    size_t  size = read_example(number, 0, want), made_size = encode(values, n, made);
    cr_assert(size > 0);
    cr_assert_eq(made_size, size);
    cr_assert_arr_eq(made, want, size);
    decode(want, size, restored, n);
    cr_assert_arr_eq(restored, values, n * sizeof *values);
}

Test(spec_example, container_parts_are_those_of_the_text)
{
    const aez_index_entry entries[2] = {{40, 300, 0, 1000}, {340, 20, 1000, 24}};
    aez_buf               b, index, header;
    aez_buf_init(&b, &plain);
    aez_buf_init(&index, &plain);
    aez_buf_init(&header, &plain);
    aez_header_put(&header);
    aez_section_put(&b, AEZ_SECTION_SCHEMA, "aez", 3, aez_section_seed(header.data, 8));
    check_part(0, &b);
    b.size = 0;
    aez_index_put(&index, entries, 2);
    aez_section_put(&b, AEZ_SECTION_INDEX, index.data, index.size,
                    aez_section_seed(header.data, 360));
    check_part(1, &b);
    b.size = 0;
    aez_trailer_put(&b, 360, 403);
    check_part(2, &b);
    aez_buf_free(&header);
    aez_buf_free(&index);
    aez_buf_free(&b);
}

Test(spec_example, stored_file_is_that_of_the_text)
{
    const float values[2] = {1.0f, 2.5f};
    check_file("15.2", values, 2);
}

/* The rows of 15.4 as the text lists them; the first is the head. */
static uint32_t list_rows(char *text, aez_cell *cells, aez_row *rows)
{
    static const char all[] =
        "cm\n"
        "137.9\n158.6\n122.4\n149.3\n163.1\n131.7\n155.5\n144.8\n"
        "126.2\n160.0\n139.3\n151.7\n138.6\n159.3\n123.1\n150.0\n"
        "164.8\n132.4\n156.2\n145.5\n127.9\n161.7\n140.0\n152.4\n";
    uint32_t n = 0;
    strcpy(text, all);
    for (char *end; (end = strchr(text, '\n')); text = end + 1, n++) {
        cells[n] = (aez_cell){text, (size_t)(end - text)};
        rows[n] = (aez_row){text, cells[n].size + 1, &cells[n], 1};
    }
    return n;
}

Test(spec_example, table_is_that_of_the_text)
{
    char               text[MAX_BYTES], restored[MAX_BYTES];
    aez_cell           cells[32];
    aez_row            rows[32];
    uint32_t           n = list_rows(text, cells, rows);
    size_t             text_size = strlen(text);
    aez_table_options  options = {.delimiter = ',', .header = 1};
    aez_table_profile *profile;
    aez_encoder       *encoder;
    aez_decoder       *decoder;
    uint8_t            made[MAX_BYTES], want[MAX_BYTES];
    size_t             size = read_example("15.4", 0, want);
    aez_out            out = {.dst = made, .size = sizeof made};
    aez_out            back = {.dst = restored, .size = sizeof restored};
    aez_in             in = {.src = want, .size = size};
    cr_assert(n == 25 && size > 0);
    cr_assert_eq(aez_table_profile_create(&profile, NULL), AEZ_OK);
    cr_assert_eq(aez_table_profile_push(profile, rows, n), AEZ_OK);
    cr_assert_eq(aez_encoder_create_table(&encoder, NULL, &options, profile, NULL, 0), AEZ_OK);
    cr_assert_eq(aez_encoder_push_rows(encoder, rows, n), AEZ_OK);
    cr_assert_eq(aez_encoder_finish(encoder), AEZ_OK);
    cr_assert_eq(aez_encoder_pull(encoder, &out), AEZ_END);
    aez_encoder_destroy(encoder);
    aez_table_profile_destroy(profile);
    cr_assert_eq(out.pos, size);
    cr_assert_arr_eq(made, want, size);
    cr_assert_eq(aez_decoder_create(&decoder, NULL), AEZ_OK);
    cr_assert_eq(aez_decoder_push(decoder, &in), AEZ_END);
    cr_assert_eq(aez_decoder_pull_text(decoder, &back), AEZ_END);
    cr_assert_eq(aez_decoder_finish(decoder), AEZ_OK);
    aez_decoder_destroy(decoder);
    cr_assert_eq(back.pos, text_size);
    cr_assert_arr_eq(restored, text, text_size);
}

Test(spec_example, coded_file_is_that_of_the_text)
{
    const float values[8] = {20.5f, 20.7f, 20.9f, 21.0f, 21.2f, 21.3f, 21.5f, 21.6f};
    check_file("15.3", values, 8);
}
