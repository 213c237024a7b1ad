/* test_args.c - the command line becomes the struct it says, or is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/message.h"

/* Splits a line at blanks; "_" stands for an empty argument. */
static int parse(aez_args *out, const char *line)
{
    static char text[1024];
    char       *argv[64], *word;
    int         argc = 0;
    (void)snprintf(text, sizeof text, "aez %s", line);
    for (word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "_") == 0 ? word + 1 : word;
    argv[argc] = NULL;
    return aez_args_parse(out, argc, argv);
}

static int status_of(const char *line)
{
    aez_args a;
    int      status = parse(&a, line);
    aez_args_free(&a);
    return status;
}

Test(args, an_empty_compress_has_the_defaults)
{
    aez_args a;
    cr_assert_eq(parse(&a, "compress"), AEZ_EXIT_OK);
    cr_expect_eq(a.command, AEZ_CMD_COMPRESS);
    cr_expect_eq(a.mode, AEZ_LOSSLESS);
    cr_expect_eq(a.variables, -1);
    cr_expect_eq(a.level, 0);
    cr_expect_eq(a.threads, 0u);
    cr_expect_eq(a.n_files, 0u);
    cr_expect_not(a.remove_input || a.force || a.to_stdout || a.quiet || a.verbose || a.help);
    cr_expect_null(a.output);
    cr_expect_null(a.bound_option);
    aez_args_free(&a);
}

Test(args, every_form_of_a_value_is_the_same)
{
    static const char *const lines[] = {
        "compress -T 3 -o x -7 f",     "compress -T3 -ox -7 f",
        "compress f --threads=3 --output=x --level=7", "-7 --threads 3 compress --output x f",
        "compress -7T3 -o x -- f",     "compress -7ox --threads 3 f"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        aez_args a;
        cr_assert_eq(parse(&a, lines[i]), AEZ_EXIT_OK, "%s", lines[i]);
        cr_expect_eq(a.threads, 3u, "%s", lines[i]);
        cr_expect_eq(a.level, 7, "%s", lines[i]);
        cr_expect_str_eq(a.output, "x", "%s", lines[i]);
        cr_expect_eq(a.n_files, 1u, "%s", lines[i]);
        cr_expect_str_eq(a.files[0], "f", "%s", lines[i]);
        aez_args_free(&a);
    }
}

Test(args, numbers_arrive_exactly)
{
    aez_args a;
    cr_assert_eq(parse(&a, "compress --rel 1e-3 --missing -9999.5 --seed 18446744073709551615 "
                           "--chunk 64K --memory 3G --type f64 --shape 2,0,18446744073709551615 "
                           "--variables 63 --entropy zstd --format raw -fqv"),
                 AEZ_EXIT_OK);
    cr_expect_eq(a.mode, AEZ_REL);
    cr_expect_eq(a.bound, 1e-3);
    cr_expect(a.has_missing && a.missing == -9999.5);
    cr_expect_eq(a.seed, UINT64_MAX);
    cr_expect_eq(a.chunk_bytes, 65536u);
    cr_expect_eq(a.memory_limit, (uint64_t)3 << 30);
    cr_expect_eq(a.type, AEZ_F64);
    cr_expect_eq(a.n_dims, 3u);
    cr_expect(a.shape[0] == 2 && a.shape[1] == 0 && a.shape[2] == UINT64_MAX);
    cr_expect_eq(a.variables, 63);
    cr_expect_eq(a.entropy, AEZ_ENTROPY_ZSTD);
    cr_expect_eq(a.format, AEZ_FORMAT_RAW);
    cr_expect(a.force && a.quiet && a.verbose);
    aez_args_free(&a);
    cr_assert_eq(parse(&a, "compress --missing nan"), AEZ_EXIT_OK);
    cr_expect(isnan(a.missing));
    aez_args_free(&a);
}

Test(args, the_edges_of_every_range_are_taken)
{
    static const char *const good[] = {
        "compress --chunk 4096",   "compress --chunk 1G",    "compress --chunk 1048576K",
        "compress --threads 0",    "compress --threads 1024", "compress --seed 0",
        "compress --level 1",      "compress -9",            "compress --psnr 60",
        "compress --abs 5e-324",   "compress --pwrel 0x1p-3", "decompress --memory 1",
        "info --json -",           "test - a b",
        "decompress -c a b",             "compress --abs 1 --abs 2",
        "compress --shape 1 --type u8", "decompress --rm -k -c"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_eq(status_of(good[i]), AEZ_EXIT_OK, "%s", good[i]);
}

Test(args, wrong_usage_is_refused)
{
    static const char *const bad[] = {
        "_",                  "frob",                   "compress --chunk 4095",
        "compress --chunk 1025M", "compress --chunk 18446744073709551616",
        "compress --chunk 18014398509481985K", "compress --chunk K", "compress --chunk -1",
        "compress --chunk 8KB", "test --memory 18014398509481985K",
        "compress --seed 18446744073709551616", "compress --seed +1",
        "compress --seed _",  "compress --threads 1025", "compress --level 0",
        "compress --level 10",
        "compress -0",        "compress --abs inf",     "compress --abs -0", "compress --abs _",
        "compress --abs 1e999", "compress --abs 1 --psnr 3", "compress --missing _",
        "compress --missing 1,5", "compress --type u8 --shape 1,,2", "compress --type u8 --shape ,",
        "compress --type u8 --shape _", "compress --type u8 --shape 1x2",
        "compress --type u8 --shape 1,2,", "compress --shape 3",
        "compress --type u8 --shape 18446744073709551616", "compress --variables 64",
        "compress --variables -1", "compress --type U8", "compress --format auto",
        "compress --format raw", "compress --type u8 --format idx", "compress --rm --stdout",
        "compress --rm -o -", "compress -o x a b", "compress -o x -c", "compress -c a b",
        "compress -o _",
        "compress --fo a",    "compress --=3",          "compress --quiet=1", "compress -o",
        "compress -qo",       "compress --rel",         "compress -x", "decompress --type u8",
        "decompress -3",      "test --rm",              "test -c", "info -o x", "help -q",
        "compress --json"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(status_of(bad[i]), AEZ_EXIT_USAGE, "%s", bad[i]);
}

Test(args, a_shape_has_at_most_64_dimensions)
{
    char line[400] = "compress --type u8 --shape 1";
    for (int i = 1; i < AEZ_LAYOUT_DIMS; i++)
        strcat(line, ",1");
    cr_expect_eq(status_of(line), AEZ_EXIT_OK);
    strcat(line, ",1");
    cr_expect_eq(status_of(line), AEZ_EXIT_USAGE);
}

Test(args, help_and_version_win_over_what_is_wrong_later)
{
    aez_args a;
    cr_assert_eq(parse(&a, "-V"), AEZ_EXIT_OK);
    cr_expect_eq(a.command, AEZ_CMD_VERSION);
    aez_args_free(&a);
    cr_assert_eq(parse(&a, "-V compress a"), AEZ_EXIT_OK);
    cr_expect_eq(a.command, AEZ_CMD_VERSION);
    aez_args_free(&a);
    cr_assert_eq(parse(&a, "compress -o x a b -h"), AEZ_EXIT_OK);
    cr_expect(a.help && a.command == AEZ_CMD_COMPRESS);
    aez_args_free(&a);
}

Test(args, after_two_dashes_all_are_files)
{
    aez_args a;
    cr_assert_eq(parse(&a, "compress -- -o --rm -"), AEZ_EXIT_OK);
    cr_assert_eq(a.n_files, 3u);
    cr_expect_str_eq(a.files[1], "--rm");
    cr_expect_not(a.remove_input);
    aez_args_free(&a);
}
