/* coders.h - the ways in which a field set may be coded. */
#ifndef AEZ_CHUNK_CODERS_H
#define AEZ_CHUNK_CODERS_H

#include "planned.h"

enum { /* how a field set is coded; numbers are those of the file format */
    AEZ_CODER_STAGES = 0,   /* every field by stages */
    AEZ_CODER_LATENTS = 1,  /* feature fields are the hat of latents, the others by stages */
    AEZ_CODER_HAT = 2,      /* every field by stages, which may tap the hats */
    AEZ_CODER_WAVELETS = 3, /* every field by stages, some as differences from a wavelet's hat */
    AEZ_CODER_MIXTURE = 4,  /* the only field by mixtures */
    AEZ_CODER_DIFFERENCES = 5 /* feature fields as differences from their hats, by STAGES or
                               * WAVELETS */
};

/* All that encodes appends its coder's byte first. */

/* By one of the coders STAGES, LATENTS, HAT; notes: [s->n] or NULL. */
aez_status aez_encode_with(aez_fieldset *s, int coder, const aez_search_options *options,
                           aez_buf *out, aez_coding_info *info, aez_search_note *notes);
/* Feature fields as differences from their hats. */
aez_status aez_encode_differences(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                                  aez_coding_info *info, aez_search_note *notes);
aez_status aez_decode_differences(aez_fieldset *s, aez_rd *in, aez_coding_info *info,
                                  char *describe);
/* The hat as something that stages tap, or differences from it, and with AEZ_USE_BEST what can be
 * had without the model; the smallest stays. */
aez_status aez_encode_best_hat(aez_fieldset *s, const aez_search_options *options, aez_buf *out,
                               aez_coding_info *info, aez_search_note *notes);
/* Appends latents (none with STAGES), and gives the hats; the caller frees them. */
aez_status aez_encode_hats(const aez_fieldset *s, int coder, const aez_search_options *options,
                           aez_buf *out, aez_coding_info *info, aez_hats *hats);
/* What follows the byte of a coder LATENTS or HAT, or STAGES. */
aez_status aez_decode_with(aez_fieldset *s, int coder, aez_rd *in, aez_coding_info *info,
                           char *describe);

/* Stages, and wavelets where they seem to gain; what is smaller stays. */
aez_status aez_encode_without_model(aez_fieldset *s, const aez_search_options *options,
                                    aez_buf *out, aez_coding_info *info, aez_search_note *notes);
aez_status aez_decode_wavelets(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe);

/* Mixtures beside what another coder made at out->data + start; what is smaller stays. */
aez_status aez_encode_best_mixture(const aez_fieldset *s, const aez_search_options *options,
                                   aez_buf *out, size_t start, aez_coding_info *info,
                                   aez_search_note *notes);
aez_status aez_decode_mixture(aez_fieldset *s, aez_rd *in, aez_coding_info *info, char *describe);

/* A copy of every k, one field after the other; NULL when memory is short. */
int64_t *aez_copy_values(const aez_fieldset *s);
void     aez_exchange_values(aez_fieldset *s, int64_t *all);

#endif
