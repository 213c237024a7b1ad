/* report_model.h - model files in a report; the curve of a training, from one or from a table. */
#ifndef AEZ_CLI_REPORT_MODEL_H
#define AEZ_CLI_REPORT_MODEL_H

#include <stddef.h>

#include "aez.h"
#include "report_place.h"

typedef struct report_curve {
    size_t  n;
    double *epoch, *train, *valid; /* owned; NAN where a loss was not measured */
    int     has_valid;
} report_curve;

/* A model file, or a table with the columns epoch, train_loss and, if it likes, valid_loss. */
int  report_curve_load(report_curve *out, const report_place *at, const char *path);
void report_curve_free(report_curve *curve);

/* A model file, for what it tells of itself; NULL and an error when it is none. */
aez_trained *report_model_open(const report_place *at, const char *path);

#endif
