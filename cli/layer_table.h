/* layer_table.h - the words of a network as a table: each layer's shape and parameters. */
#ifndef AEZ_CLI_LAYER_TABLE_H
#define AEZ_CLI_LAYER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define AEZ_LAYER_WORD 64

typedef struct aez_layer_row {
    char     word[AEZ_LAYER_WORD];
    uint64_t c, h, w; /* of what comes out */
    uint64_t parameters;
} aez_layer_row;

/* The rows go on from a tensor of this shape (spec/networks.md). */
typedef struct aez_layer_walk {
    const char *text; /* what is left of the words */
    uint64_t    c, h, w;
    uint64_t    n_latent; /* what "latent" stands for */
    uint64_t    n_out;    /* of all: what "linear" gives, a way of its own beside the other layers */
} aez_layer_walk;

/* The next layer; false at the end, or at a word that is not known. */
bool aez_layer_next(aez_layer_walk *walk, aez_layer_row *row);

#endif
