/* cmd_help.c - aez help and aez version. */
#include "platform.h"

#include <stdio.h>

#include "cli.h"
#include "help_models.h"
#include "message.h"

static const char text_all[] =
    "aez - compressor for numeric arrays, with models learnt from the data\n"
    "\n"
    "  aez compress   [options] [FILE...]   FILE becomes FILE.aez\n"
    "  aez decompress [options] [FILE...]   FILE.aez becomes FILE\n"
    "  aez test       [options] [FILE...]   decode and check, write nothing\n"
    "  aez info       [--json]  [FILE...]   what a file or a model holds, and where the bytes went\n"
    "  aez train      DATA... -o M.aezm     a model of many files of a make\n"
    "  aez latents    FILE -m M.aezm        what its encoder makes of items\n"
    "  aez reconstruct Z -m M.aezm -o OUT   and back\n"
    "  aez score      FILE -m M.aezm        how far items are from what the model makes of them\n"
    "  aez denoise    FILE -m M.aezm -o OUT items through encoder and decoder\n"
    "  aez sample     -n N -m M.aezm --from DATA -o OUT   new items\n"
    "  aez export     M.aezm -o W.safetensors   weights by name\n"
    "  aez report     PAGE... -o FILE       plots, tables and pictures as one HTML file\n"
    "  aez help       [COMMAND]             this text, or the options of a command\n"
    "  aez version\n"
    "\n"
    "Files are lossless unless a bound is given. Inputs are kept. - is standard input or output;\n"
    "without files, standard input goes to standard output. Options and files come in any order,\n"
    "and -- ends the options.\n"
    "\n"
    "Exit codes: 0 good, 1 bad data, 2 wrong usage, 3 files, memory or disk.\n";

static const char text_common[] =
    "  -T, --threads N   threads; 0: one per core (default)\n"
    "      --memory SIZE refuse what needs more memory (K, M, G; default 8G)\n"
    "  -q, --quiet       only errors\n"
    "  -v, --verbose     say more\n"
    "      --no-progress no progress line\n"
    "  -h, --help        this text\n";

static const char text_output[] =
    "  -o, --output FILE where the result goes; - is standard output\n"
    "  -c, --stdout      write to standard output\n"
    "  -f, --force       replace existing files; allow terminals\n"
    "  -k, --keep        keep the input (default)\n"
    "      --rm          remove the input once the output is complete\n";

static const char text_compress[] =
    "aez compress [options] [FILE...]\n"
    "\n"
    "Finds .npy, IDX and tables (CSV, TSV) by their content; other files are raw numbers with\n"
    "--type, or bytes.\n"
    "\n"
    "Error bound (lossless without one; give at most one):\n"
    "      --abs E       |restored - original| <= E\n"
    "      --rel R       the same with E = R x (max - min)\n"
    "      --pwrel R     |restored - original| <= R x |original|\n"
    "      --psnr DB     20 log10((max - min) / rmse) >= DB\n"
    "      --missing V   V is a fill value: kept exactly, left out of the range\n"
    "  In tables --abs and --rel also take bounds of single columns: --abs pt=50,eta=1e-3\n"
    "      --exact A,B   columns of a table that stay exact\n"
    "Input:\n"
    "      --type T      raw numbers: u8 i8 u16 i16 u32 i32 u64 i64 f32 f64, little-endian\n"
    "      --shape A,B,C their shape, outermost first (default: one dimension)\n"
    "      --variables K axis K holds variables, each compressed as its own field\n"
    "      --format F    raw, npy, idx, csv or bytes (default: by content)\n"
    "      --delimiter C what stands between the cells of a table: a character, or tab\n"
    "      --header W    yes or no: the first row of a table names its columns\n"
    "Coding:\n"
    "  -1 ... -9         level: faster ... smaller (default 5)\n"
    "      --level N     the same\n"
    "      --chunk SIZE  raw bytes a chunk, 4K to 1G (default 16M)\n"
    "      --seed N      seed of what is random in training\n"
    "      --entropy E   zstd or any (default)\n"
    "Autoencoder (items are positions of the first axis, or rows of a table):\n"
    "      --model M     stages, autoencoder (always), both (the smaller), auto (both from -6 on),\n"
    "                    or the file of a model (aez help train), which the output then carries\n"
    "      --model-ref   leave the model out: the output names it by its hash, and readers need it\n"
    "                    (with -v the file is compressed without it, too, to tell when it pays)\n"
    "      --latent-only keep latents alone: no bound holds, the error is printed beside PCA's\n"
    "      --hidden A,B  widths of the hidden layers of the encoder; the decoder mirrors them\n"
    "      --latent N    latents an item (default 16, or as many as there are features)\n"
    "      --steps N     batches of training (default: by level and size)\n"
    "      --latent-step S  quantisation step of latents, in standard deviations (default: found)\n"
    "      --lambda L    bits that one unit of squared error is worth, in place of --latent-step\n"
    "Output:\n";

static const char text_decompress[] =
    "aez decompress [options] [FILE...]\n"
    "\n"
    "Restores files; the name loses its .aez. With -c, several files come one after the other.\n"
    "\n"
    "  -m, --model FILE  a model that files may refer to; any number. One that lies beside the file\n"
    "                    under the name it had is found without\n";

static const char text_test[] = "aez test [options] [FILE...]\n"
                                "\n"
                                "Decodes files and checks them; writes nothing.\n"
                                "\n"
                                "  -m, --model FILE  a model that files may refer to\n";

static const char text_info[] = "aez info [options] [FILE...]\n"
                                "\n"
                                "Decodes files and says what they hold and where the bytes went.\n"
                                "Of a model: layers, sizes, origin, losses.\n"
                                "\n"
                                "      --json        as JSON: an array with an object per file\n"
                                "      --curve FILE  the losses of a model's training as a table\n"
                                "  -m, --model FILE  a model that files may refer to\n";

static const char text_report[] =
    "aez report [options] PAGE... -o out.html\n"
    "aez report [options] --corpus LIST -o out.html\n"
    "\n"
    "Makes one HTML file that needs nothing else. A PAGE is a text that says in order what is to be\n"
    "seen: tables, loss curves, plots, histograms, images, latents, ROC curves (spec/report.md).\n"
    "With --corpus, every set of LIST is compressed by aez and by those peers that are installed,\n"
    "restored, compared, and put into tables and plots. Plots are drawn by gnuplot.\n"
    "\n"
    "  -o, --output FILE where the page goes; - is standard output\n"
    "      --json FILE   the numbers as JSON, too\n"
    "      --csv FILE    the numbers as CSV, too\n"
    "  -f, --force       replace existing files\n"
    "  -q, --quiet       only errors\n"
    "With --corpus:\n"
    "      --bounds A,B  relative bounds, and the word lossless (default lossless,1e-2,1e-3)\n"
    "      --methods A,B of aez, zstd, xz, bzip2, brotli, zfp, jxl (default: all)\n"
    "  -1 ... -9         level of aez (default 5)\n"
    "  -h, --help        this text\n";

int aez_cmd_help(aez_command about)
{
    switch (about) {
    case AEZ_CMD_COMPRESS:
        fputs(text_compress, stdout);
        fputs(text_output, stdout);
        break;
    case AEZ_CMD_DECOMPRESS:
        fputs(text_decompress, stdout);
        fputs(text_output, stdout);
        break;
    case AEZ_CMD_TEST:
        fputs(text_test, stdout);
        break;
    case AEZ_CMD_INFO:
        fputs(text_info, stdout);
        break;
    case AEZ_CMD_REPORT:
        fputs(text_report, stdout);
        return AEZ_EXIT_OK;
    case AEZ_CMD_TRAIN:
    case AEZ_CMD_LATENTS:
    case AEZ_CMD_RECONSTRUCT:
    case AEZ_CMD_SCORE:
    case AEZ_CMD_DENOISE:
    case AEZ_CMD_SAMPLE:
    case AEZ_CMD_EXPORT:
        fputs(aez_help_about_models(about), stdout);
        break;
    case AEZ_CMD_NONE:
    case AEZ_CMD_HELP:
    case AEZ_CMD_VERSION:
        fputs(text_all, stdout);
        return AEZ_EXIT_OK;
    }
    fputs(text_common, stdout);
    return AEZ_EXIT_OK;
}

int aez_cmd_version(void)
{
    unsigned v = aez_version_number();
    printf("aez %d.%d.%d (library %u.%u.%u, file format %d)\n", AEZ_VERSION_MAJOR,
           AEZ_VERSION_MINOR, AEZ_VERSION_PATCH, v / 10000, v / 100 % 100, v % 100,
           AEZ_FORMAT_VERSION);
    return AEZ_EXIT_OK;
}
