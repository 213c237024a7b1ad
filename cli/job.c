/* job.c - what arrays and tables share on their way through aez compress. */
#include "platform.h"

#include "job.h"

#include "message.h"

void aez_job_options(const aez_job *j, aez_options *out)
{
    aez_cli_options(j->cli, out);
    out->trained = j->trained;
    out->refer = j->cli->args->model_ref;
}

int aez_job_drain(aez_job *j)
{
    aez_status status;
    do {
        aez_out out = {.dst = j->pulled, .size = AEZ_PULL_BYTES};
        status = aez_encoder_pull(j->encoder, &out);
        if (status >= 0 && j->counts) {
            j->out.pos += out.pos;
        } else if (status >= 0 && out.pos > 0) {
            int code = aez_output_write(&j->out, j->pulled, out.pos);
            if (code != AEZ_EXIT_OK)
                return code;
        }
    } while (status == AEZ_NEED_OUTPUT);
    if (status < 0)
        return aez_fail_status(j->cli, j->in.name, status, aez_encoder_message(j->encoder));
    return AEZ_EXIT_OK;
}
