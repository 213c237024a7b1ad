/* train_options.h - a training task with its defaults filled in, and what can be said against
 * it. */
#ifndef AEZ_TRAIN_TRAIN_OPTIONS_H
#define AEZ_TRAIN_TRAIN_OPTIONS_H

#include "float_model.h"

#include <stdio.h>

/* The first sentence that holds against the task, or NULL. */
const char *aez_task_complaint(const aez_train_task *task);
/* Default numbers that do not depend on the model. */
void aez_task_settle(const aez_train_task *given, aez_train_task *out);
/* lambda from the step of latents or the other way round, where latents are standardised:
 * latent_step^2 * lambda = 6 / ln 2, the step of least lambda * error + bits for an orthonormal
 * transform. */
void aez_task_settle_step(aez_train_task *task);
/* Steps of the main part, and the finish as a share of those. OPTION with a sentence. */
aez_status aez_task_settle_steps(aez_train_task *task, const aez_float_model *m, char *why,
                                 size_t why_size);
/* What only the layers tell. */
aez_status aez_task_check_layers(const aez_train_task *task, const aez_float_model *m, char *why,
                                 size_t why_size);

/* OPTION, with a sentence. */
static inline aez_status aez_refuse(char *why, size_t why_size, const char *sentence)
{
    if (why && why_size)
        snprintf(why, why_size, "%s", sentence);
    return AEZ_ERR_OPTION;
}

#endif
