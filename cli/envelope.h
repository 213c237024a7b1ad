/* envelope.h - a file's layout as the few bytes kept beside its data in the schema. */
#ifndef AEZ_CLI_ENVELOPE_H
#define AEZ_CLI_ENVELOPE_H

#include "layout.h"

/* Sets *out to an owned block (NULL when the envelope is empty, as for plain raw arrays). A layout
 * whose head is the one that its format implies is stored without it. False: memory is short. */
bool aez_envelope_encode(const aez_layout *layout, uint8_t **out, size_t *out_size);

/* Rebuilds the layout, head included, from schema and envelope, none of which is trusted. On
 * failure *why points to a static sentence and *out is empty. aez_layout_free either way. */
aez_status aez_envelope_decode(const aez_schema *schema, aez_layout *out, const char **why);

#endif
