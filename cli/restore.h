/* restore.h - items through encoder and decoder and back. */
#ifndef AEZ_CLI_RESTORE_H
#define AEZ_CLI_RESTORE_H

#include "cli.h"

typedef struct aez_restore {
    const aez_cli    *cli;
    aez_trained      *model; /* owned */
    aez_trained_about about;
    double           *z, *rows; /* owned: [cap][n_latent], [cap][n_features] */
    size_t            cap;
} aez_restore;

/* Loads the model of -m. aez_restore_close is right in every case. Exit codes throughout. */
int  aez_restore_open(aez_restore *r, const aez_cli *cli);
void aez_restore_close(aez_restore *r);
/* r->rows becomes what the model makes of n items: by floats, or (--rounded) by rounded latents and
 * the integer decoder. A model without latents gives its mean. */
int aez_restore_run(aez_restore *r, const double *values, size_t n);

#endif
