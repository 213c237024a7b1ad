/* model_file.h - model files: read whole, and used in several threads. */
#ifndef AEZ_CLI_MODEL_FILE_H
#define AEZ_CLI_MODEL_FILE_H

#include "cli.h"

/* Loads the model of that path. An exit code, having said what is wrong. */
int aez_model_load(const aez_cli *cli, const char *path, aez_trained **out);
/* The model of -m, or the first of --model. */
int aez_model_load_only(const aez_cli *cli, aez_trained **out);
/* The part of a path behind its last slash. */
const char *aez_base_name(const char *path);

/* Models that files may refer to. */
typedef struct aez_model_list {
    aez_trained **at; /* owned */
    size_t        n;
} aez_model_list;

/* All of --model. aez_model_list_free is right in every case. */
int  aez_model_list_load(aez_model_list *list, const aez_cli *cli);
void aez_model_list_free(aez_model_list *list);
/* Adds the model of that name beside the file, if there is one with this hash. */
bool aez_model_list_find(aez_model_list *list, const aez_cli *cli, const char *file,
                         const char *name, const uint8_t hash[16]);

/* z of rows [n][n_features]; an error when the model has no encoder. */
int aez_model_encode(const aez_cli *cli, const aez_trained *model, const double *rows, size_t n,
                     double *z);
/* Rows of z: by the float decoder, or by the integers that files are restored with. */
int aez_model_decode(const aez_cli *cli, const aez_trained *model, bool floats, const double *z,
                     size_t n, double *rows);

#endif
