/* restore.c - items through encoder and decoder and back. */
#include "platform.h"

#include "restore.h"

#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "model_file.h"

int aez_restore_open(aez_restore *r, const aez_cli *cli)
{
    int code;
    memset(r, 0, sizeof *r);
    r->cli = cli;
    code = aez_model_load_only(cli, &r->model);
    if (code == AEZ_EXIT_OK)
        aez_trained_describe(r->model, &r->about);
    return code;
}

void aez_restore_close(aez_restore *r)
{
    aez_trained_destroy(r->model);
    free(r->z);
    free(r->rows);
}

static bool make_room(aez_restore *r, size_t n)
{
    if (n <= r->cap)
        return true;
    free(r->z);
    free(r->rows);
    r->cap = 0;
    r->z = malloc((n * r->about.n_latent + 1) * sizeof *r->z);
    r->rows = malloc(n * r->about.n_features * sizeof *r->rows);
    if (!r->z || !r->rows)
        return false;
    r->cap = n;
    return true;
}

int aez_restore_run(aez_restore *r, const double *values, size_t n)
{
    bool floats = !r->cli->args->rounded && r->about.n_latent > 0;
    int  code = AEZ_EXIT_OK;
    if (!make_room(r, n))
        return aez_fail_status(r->cli, NULL, AEZ_ERR_NOMEM, NULL);
    if (r->about.n_latent > 0)
        code = aez_model_encode(r->cli, r->model, values, n, r->z);
    return code == AEZ_EXIT_OK ? aez_model_decode(r->cli, r->model, floats, r->z, n, r->rows)
                               : code;
}
