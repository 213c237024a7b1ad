/* help_models.c - the help texts of the commands that train and use models. */
#include "platform.h"

#include "help_models.h"

#include <stddef.h>

#define INPUT_TEXT                                                                                 \
    "Input:\n"                                                                                     \
    "      --type T, --shape A,B,C, --variables K, --format F, --delimiter C, --header W,\n"       \
    "      --missing V   as in aez help compress\n"                                                \
    "      --rows A:B    items A to B - 1 alone, counted from 0; A: and :B go to the ends\n"

#define OUTPUT_TEXT                                                                                \
    "Output:\n"                                                                                    \
    "  -o, --output FILE where the result goes; its end says how: .npy .csv .tsv .idx .raw\n"      \
    "      --output-type T  of the values: u8 ... f32 f64; integers are rounded and clamped\n"     \
    "  -f, --force       replace existing files\n"

static const char text_train[] =
    "aez train [options] DATA... -o MODEL.aezm\n"
    "\n"
    "Trains one model of many files of a make: an autoencoder of their items (positions of the\n"
    "first axis, or rows of a table), and stages for what it leaves over.\n"
    "\n"
    "Layers (one of three ways; spec/networks.md):\n"
    "      --hidden A,B  widths of dense layers of the encoder; the decoder mirrors them\n"
    "      --conv A,B    channels of convolutions before them, each with batch normalisation, and\n"
    "                    pooling by 2 where it can be undone\n"
    "      --activation W  relu (default), leaky, tanh, sigmoid or linear\n"
    "      --encoder WORDS --decoder WORDS   layers in words: \"dense:128 relu latent\"\n"
    "      --linear      principal components\n"
    "      --latent K    latents an item; 0: the mean alone\n"
    "      --scale W     each (feature), common, sites (mean of each, one deviation) or range\n"
    "Training:\n"
    "      --loss W      rate (default: bits of the latents and error), mse, bce or rmse\n"
    "      --optimizer W adam (default), adadelta or sgd;  --momentum M of sgd\n"
    "      --learning-rate R, --clip G;  --schedule cycle, constant, cosine or plateau\n"
    "      --epochs N, --steps N, --batch N\n"
    "      --valid S     share of the items kept aside;  --patience N epochs without a better loss\n"
    "      --noise D     Gaussian noise on inputs, in standard deviations: a denoising autoencoder\n"
    "      --l1 P, --contractive P   prices of |latents| and of the encoder's Jacobian\n"
    "      --lambda L, --latent-step S   as in aez help compress\n"
    "      --seed N\n"
    "      --time S      stop after S seconds: another run will then give another model\n"
    "      --init FILE   start from a model, or from weights by name (.safetensors)\n"
    "      --keep-state  keep what --resume needs: the model file grows some four times\n"
    "      --resume      go on where the model of --init stopped\n"
    "Stages:\n"
    "      --rel R, --abs E, --lossless   bounds to look for stages for; several may be given\n"
    "                    (default: lossless)\n"
    "      --no-stages   none\n"
    "  -1 ... -9         level: how long to look (default 5)\n" INPUT_TEXT
    "      --columns A,B columns of a table to take alone: names, or numbers from 1\n"
    "Output:\n"
    "  -o, --output FILE the model\n"
    "  -f, --force       replace existing files\n"
    "  -v, --verbose     a line an epoch\n";

static const char text_latents[] =
    "aez latents [options] FILE -m MODEL.aezm [-o z.npy]\n"
    "\n"
    "What the model's encoder makes of items, in steps: a file's latents are these rounded.\n"
    "Without -o they go to standard output as a table.\n"
    "\n"
    "  -m, --model FILE  the model\n"
    "      --rounded     as files have them\n" INPUT_TEXT OUTPUT_TEXT;

static const char text_reconstruct[] =
    "aez reconstruct [options] Z -m MODEL.aezm -o OUT\n"
    "\n"
    "Items out of latents (.npy, table, IDX, or raw with --type and --shape), which are rounded and\n"
    "decoded as files are.\n"
    "\n"
    "  -m, --model FILE  the model\n"
    "      --float       latents as they are, by the float decoder\n" INPUT_TEXT OUTPUT_TEXT;

static const char text_score[] =
    "aez score [options] FILE -m MODEL.aezm [-o s.npy]\n"
    "\n"
    "How far each item is from what the model makes of it: the mean squared error of its\n"
    "standardised features. Prints mean and quantiles.\n"
    "\n"
    "  -m, --model FILE  the model\n"
    "      --rounded     latents rounded, by the integer decoder\n"
    "      --per-feature a column for each feature, too: (restored - original) / scale\n"
    "      --threshold Q the score that a share Q of the items is below, and how many are above\n"
    INPUT_TEXT OUTPUT_TEXT;

static const char text_denoise[] =
    "aez denoise [options] FILE -m MODEL.aezm -o OUT\n"
    "\n"
    "Items through encoder and decoder, in the form they came in. Of a table, columns that the\n"
    "model does not know stay as they are.\n"
    "\n"
    "  -m, --model FILE  the model\n"
    "      --rounded     latents rounded, by the integer decoder\n" INPUT_TEXT OUTPUT_TEXT;

static const char text_sample[] =
    "aez sample [options] -n N -m MODEL.aezm --from DATA -o OUT\n"
    "\n"
    "New items: latents drawn from a Gaussian with full covariance, fitted to those of DATA, rounded\n"
    "and decoded.\n"
    "\n"
    "  -n, --count N     items to draw\n"
    "  -m, --model FILE  the model\n"
    "      --from DATA   items whose latents they are drawn like\n"
    "      --float       latents as they are, by the float decoder\n"
    "      --seed N\n" INPUT_TEXT OUTPUT_TEXT;

static const char text_export[] =
    "aez export [options] MODEL.aezm -o WEIGHTS.safetensors\n"
    "\n"
    "Weights of the float encoder and decoder by name, as safetensors (F32).\n"
    "\n"
    "  -o, --output FILE where they go\n"
    "  -f, --force       replace existing files\n";

const char *aez_help_about_models(aez_command about)
{
    switch (about) {
    case AEZ_CMD_TRAIN:
        return text_train;
    case AEZ_CMD_LATENTS:
        return text_latents;
    case AEZ_CMD_RECONSTRUCT:
        return text_reconstruct;
    case AEZ_CMD_SCORE:
        return text_score;
    case AEZ_CMD_DENOISE:
        return text_denoise;
    case AEZ_CMD_SAMPLE:
        return text_sample;
    case AEZ_CMD_EXPORT:
        return text_export;
    default:
        return NULL;
    }
}
