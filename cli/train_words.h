/* train_words.h - widths of layers (--conv, --hidden) written out in the words of networks. */
#ifndef AEZ_CLI_TRAIN_WORDS_H
#define AEZ_CLI_TRAIN_WORDS_H

#include "args.h"

typedef struct aez_train_words {
    char *encoder, *decoder; /* owned; NULL: the trainer's own stacks of dense layers */
} aez_train_words;

/* An item as a tensor. */
typedef struct aez_tensor_shape {
    uint32_t channels, height, width;
} aez_tensor_shape;

/* Words for --conv, --hidden and --activation (spec/networks.md says which). Left NULL where the
 * trainer's stacks serve. An exit code; aez_train_words_free is right in every case. */
int  aez_train_words_make(aez_train_words *out, const aez_args *args, aez_tensor_shape shape);
void aez_train_words_free(aez_train_words *words);

#endif
