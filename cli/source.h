/* source.h - finds out how an input file is made. */
#ifndef AEZ_CLI_SOURCE_H
#define AEZ_CLI_SOURCE_H

#include "args.h"
#include "file.h"

typedef struct aez_source {
    aez_layout layout;
    uint64_t   data_off, data_size;
    char       delimiter; /* of a table */
    char       why[160]; /* for -v: how the layout was found */
} aez_source;

/* Looks at the content, or does what --format and --type say. An exit code; aez_source_free is
 * right in every case. */
int  aez_source_find(aez_source *out, const aez_args *args, aez_input *in);
/* Takes the whole input as opaque bytes. */
void aez_source_take_bytes(aez_source *s, const aez_input *in);
void aez_source_free(aez_source *source);

#endif
