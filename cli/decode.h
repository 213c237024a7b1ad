/* decode.h - reads .aez bytes and hands the restored file on, or only checks it. */
#ifndef AEZ_CLI_DECODE_H
#define AEZ_CLI_DECODE_H

#include "cli.h"
#include "file.h"
#include "layout.h"

/* What is known about one .aez file inside the input (several may follow each other). */
typedef struct aez_member {
    const aez_decoder *decoder; /* all of it has been read */
    const aez_schema  *schema;
    const aez_layout  *layout;
    uint64_t           packed_bytes, raw_bytes;
} aez_member;

typedef struct aez_decode {
    const aez_cli *cli;
    aez_input     *in;
    aez_output    *out; /* NULL: the values are checked and dropped */
    void (*on_member)(void *opaque, const aez_member *member); /* may be NULL */
    void    *opaque;
    uint64_t packed_bytes, raw_bytes, n_members; /* set by aez_decode_all */
} aez_decode;

/* Decodes every member to the end of the input. An exit code. */
int aez_decode_all(aez_decode *d);

#endif
