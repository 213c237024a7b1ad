/* job.h - one input on its way through aez compress. */
#ifndef AEZ_CLI_JOB_H
#define AEZ_CLI_JOB_H

#include "blocks.h"
#include "cli.h"
#include "source.h"

#define AEZ_PULL_BYTES ((size_t)64 * 1024)

typedef struct aez_job {
    const aez_cli     *cli;
    aez_input          in;
    const char        *out_path;
    char              *out_owned; /* what out_path points to, when it was put together */
    aez_output         out;
    aez_source         source;
    aez_blocks         blocks;
    aez_schema         schema;
    aez_field         *fields;   /* owned */
    uint8_t           *envelope; /* owned */
    aez_profile       *profile;
    aez_table_profile *table_profile;
    aez_encoder       *encoder;
    const aez_trained *trained; /* of --model; NULL: none */
    bool               counts; /* the output is measured alone: out.pos grows, nothing is written */
    bool               no_table; /* what looked like one has a row without end: bytes it is */
    uint8_t           *pulled; /* owned: [AEZ_PULL_BYTES] */
} aez_job;

/* Writes what the encoder has ready. An exit code. */
int aez_job_drain(aez_job *j);
/* Options for compressing. */
void aez_job_options(const aez_job *j, aez_options *out);
/* Compresses the input as a table. An exit code. */
int aez_job_table(aez_job *j);

#endif
