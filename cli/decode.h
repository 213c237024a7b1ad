/* decode.h - reads .aez bytes and hands the restored file on, or only checks it. */
#ifndef AEZ_CLI_DECODE_H
#define AEZ_CLI_DECODE_H

#include "cli.h"
#include "file.h"
#include "layout.h"
#include "model_file.h"

typedef struct aez_decode aez_decode;

struct aez_decode {
    const aez_cli  *cli;
    aez_input      *in;
    aez_output     *out; /* NULL: the values are checked and dropped */
    aez_model_list *models; /* that the file may refer to; one found beside it is added */
    /* Called once all has been read and found good, while the decoder still lives; may be NULL. */
    void (*on_end)(const aez_decode *d, const aez_decoder *decoder, const aez_layout *layout);
    void    *opaque;
    uint64_t packed_bytes, raw_bytes; /* set by aez_decode_input */
};

/* Decodes the one .aez file that the input has to be. An exit code. */
int aez_decode_input(aez_decode *d);

#endif
