/* file.h - inputs that may be read twice, outputs that appear only when complete. */
#ifndef AEZ_CLI_FILE_H
#define AEZ_CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "guard.h"

/* Functions returning int give an exit code and have said what went wrong. */

typedef struct aez_input {
    const char *name; /* for messages */
    int         fd;
    bool        is_stdin; /* the descriptor, or what was spooled, came from standard input */
    bool        owned;    /* the descriptor is ours to close */
    bool        spooled;  /* the descriptor is a temporary copy */
    uint64_t    size;     /* bytes; 0 for a pipe that is only streamed */
    struct stat st;       /* as it was when opened */
} aez_input;

/* path "-" is standard input. again: it must be readable at any place (a pipe is spooled). */
int  aez_input_open(aez_input *in, const char *path, bool again, aez_guard *guard);
void aez_input_close(aez_input *in);
/* Up to size bytes in order; *got < size only at the end. */
int aez_input_read(aez_input *in, void *dst, size_t size, size_t *got);
/* Exactly size bytes at off; fewer mean that the file has changed. */
int aez_input_read_at(aez_input *in, void *dst, size_t size, uint64_t off);
/* Says so and gives an exit code when the file is no longer the one that was opened. */
int aez_input_unchanged(const aez_input *in);
/* Removes the file that was read. */
int aez_input_remove(const aez_input *in);

typedef struct aez_output {
    const char *name;   /* for messages */
    char       *target; /* owned; NULL: standard output, or a device written in place */
    char       *temp;   /* owned; the unfinished file beside the target */
    aez_guard  *guard;
    int         fd;
    bool        owned; /* the descriptor is ours to close */
    bool        force; /* an existing target may be replaced */
    uint64_t    pos;   /* bytes written in order */
} aez_output;

/* path "-" is standard output; force allows to replace a file. Nothing is visible under the name
 * until aez_output_commit. `in` gives the permissions, and may not be the same file. */
int aez_output_open(aez_output *out, const char *path, bool force, const aez_input *in,
                    aez_guard *guard);
int aez_output_write(aez_output *out, const void *src, size_t size);
/* Whether aez_output_write_at works: a temporary beside the target, not a pipe. */
bool aez_output_seekable(const aez_output *out);
int  aez_output_write_at(aez_output *out, const void *src, size_t size, uint64_t off);
/* Flushes to the disk, takes over the times of `in`, and gives the file its name. */
int aez_output_commit(aez_output *out, const aez_input *in);
/* Closes, and removes what is unfinished. Harmless after a commit. */
void aez_output_close(aez_output *out);

/* An unlinked temporary file in $TMPDIR, or /tmp. */
int aez_spool_create(int *fd, aez_guard *guard);
/* pread and pwrite of exactly size bytes on a spool. */
int aez_spool_read_at(int fd, void *dst, size_t size, uint64_t off);
int aez_spool_write_at(int fd, const void *src, size_t size, uint64_t off);

#endif
