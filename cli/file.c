/* file.c - inputs that may be read twice, outputs that appear only when complete. */
#include "platform.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

#define COPY_BYTES ((size_t)256 * 1024)
#define IO_BYTES_MAX ((size_t)1 << 30) /* one call of read or write, below every system's limit */

static int fail_system(const char *name, const char *what, int error, const char *remedy)
{
    aez_error(name, "%s: %s: %s", what, strerror(error), remedy);
    return AEZ_EXIT_SYSTEM;
}

static int fail_write(const char *name, int error)
{
    const char *remedy = "check the device";
    if (error == ENOSPC || error == EDQUOT)
        remedy = "free some space, or choose another place with -o";
    else if (error == EPIPE)
        remedy = "the reader has gone away";
    else if (error == EFBIG)
        remedy = "raise the limit on file sizes, or choose another place with -o";
    return fail_system(name, "cannot write", error, remedy);
}

/* ---- exact reads and writes: 0, or an errno ---- */

/* At most size bytes from the present place (off < 0) or from off. */
static int read_fully(int fd, uint8_t *dst, size_t size, off_t off, size_t *got)
{
    *got = 0;
    while (*got < size) {
        size_t  want = size - *got < IO_BYTES_MAX ? size - *got : IO_BYTES_MAX;
        ssize_t n = off < 0 ? read(fd, dst + *got, want)
                            : pread(fd, dst + *got, want, off + (off_t)*got);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0)
            *got += (size_t)n;
    }
    return 0;
}

static int write_fully(int fd, const uint8_t *src, size_t size, off_t off)
{
    size_t done = 0;
    while (done < size) {
        size_t  want = size - done < IO_BYTES_MAX ? size - done : IO_BYTES_MAX;
        ssize_t n = off < 0 ? write(fd, src + done, want)
                            : pwrite(fd, src + done, want, off + (off_t)done);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return EIO;
        if (n > 0)
            done += (size_t)n;
    }
    return 0;
}

/* ---- spools ---- */

static const char *spool_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

int aez_spool_create(int *fd, aez_guard *guard)
{
    const char *folder = spool_folder();
    size_t      size = strlen(folder) + sizeof "/aez.XXXXXX";
    char       *path = malloc(size);
    int         error;
    if (!path)
        return fail_system(NULL, "cannot make a temporary file", ENOMEM, "free some memory");
    (void)snprintf(path, size, "%s/aez.XXXXXX", folder);
    aez_guard_lock(guard);
    *fd = mkstemp(path);
    error = errno;
    if (*fd >= 0)
        (void)unlink(path);
    aez_guard_unlock(guard);
    free(path);
    if (*fd < 0)
        return fail_system(folder, "cannot make a temporary file", error,
                           "name another folder in TMPDIR");
    return AEZ_EXIT_OK;
}

int aez_spool_read_at(int fd, void *dst, size_t size, uint64_t off)
{
    size_t got;
    int    error = read_fully(fd, dst, size, (off_t)off, &got);
    if (error == 0 && got < size)
        error = EIO;
    if (error)
        return fail_system(spool_folder(), "cannot read a temporary file", error,
                           "name another folder in TMPDIR");
    return AEZ_EXIT_OK;
}

int aez_spool_write_at(int fd, const void *src, size_t size, uint64_t off)
{
    int error = write_fully(fd, src, size, (off_t)off);
    if (error)
        return fail_system(spool_folder(), "cannot write a temporary file", error,
                           "free some space, or name another folder in TMPDIR");
    return AEZ_EXIT_OK;
}

/* ---- input ---- */

/* Copies a pipe into a spool, which takes its place. */
static int spool_input(aez_input *in, aez_guard *guard)
{
    uint8_t *buf = malloc(COPY_BYTES);
    int      spool = -1, status;
    size_t   got = 0;
    if (!buf)
        return fail_system(in->name, "cannot read", ENOMEM, "free some memory");
    status = aez_spool_create(&spool, guard);
    while (status == AEZ_EXIT_OK) {
        status = aez_input_read(in, buf, COPY_BYTES, &got);
        if (status == AEZ_EXIT_OK)
            status = aez_spool_write_at(spool, buf, got, in->size);
        in->size += got;
        if (got < COPY_BYTES)
            break;
    }
    free(buf);
    if (status == AEZ_EXIT_OK) {
        in->fd = spool;
        in->owned = in->spooled = true;
    } else if (spool >= 0) {
        (void)close(spool);
    }
    return status;
}

static int open_named(aez_input *in, const char *path)
{
    /* NONBLOCK: a named pipe without a writer is refused below, not waited for. */
    in->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (in->fd < 0)
        return fail_system(path, "cannot open", errno,
                           errno == ENOENT ? "check the name" : "check its permissions");
    in->owned = true;
    if (fstat(in->fd, &in->st) != 0)
        return fail_system(path, "cannot open", errno, "check the file");
    if (S_ISDIR(in->st.st_mode)) {
        aez_error(path, "is a directory: name the files in it");
        return AEZ_EXIT_SYSTEM;
    }
    if (!S_ISREG(in->st.st_mode)) {
        aez_error(path, "is not a regular file: send it through a pipe");
        return AEZ_EXIT_SYSTEM;
    }
    in->size = (uint64_t)in->st.st_size;
    return AEZ_EXIT_OK;
}

int aez_input_open(aez_input *in, const char *path, bool again, aez_guard *guard)
{
    memset(in, 0, sizeof *in);
    in->fd = -1;
    in->name = path;
    if (strcmp(path, "-") != 0)
        return open_named(in, path);
    in->name = "stdin";
    in->is_stdin = true;
    in->fd = STDIN_FILENO;
    if (fstat(in->fd, &in->st) != 0)
        return fail_system(in->name, "cannot read", errno, "check what is connected");
    if (S_ISDIR(in->st.st_mode)) {
        aez_error(in->name, "is a directory: name the files in it");
        return AEZ_EXIT_SYSTEM;
    }
    if (S_ISREG(in->st.st_mode) && lseek(in->fd, 0, SEEK_CUR) == 0) {
        in->size = (uint64_t)in->st.st_size;
        return AEZ_EXIT_OK;
    }
    return again ? spool_input(in, guard) : AEZ_EXIT_OK;
}

void aez_input_close(aez_input *in)
{
    if (in->owned && in->fd >= 0)
        (void)close(in->fd);
    in->fd = -1;
}

int aez_input_read(aez_input *in, void *dst, size_t size, size_t *got)
{
    int error = read_fully(in->fd, dst, size, -1, got);
    if (error)
        return fail_system(in->name, "cannot read", error, "check the device");
    return AEZ_EXIT_OK;
}

static int fail_changed(const aez_input *in)
{
    aez_error(in->name, "changed while it was read: try again when nobody writes to it");
    return AEZ_EXIT_SYSTEM;
}

int aez_input_read_at(aez_input *in, void *dst, size_t size, uint64_t off)
{
    size_t got;
    int    error = read_fully(in->fd, dst, size, (off_t)off, &got);
    if (error)
        return fail_system(in->name, "cannot read", error, "check the device");
    return got < size ? fail_changed(in) : AEZ_EXIT_OK;
}

int aez_input_unchanged(const aez_input *in)
{
    struct stat st;
    if (in->spooled)
        return AEZ_EXIT_OK;
    if (fstat(in->fd, &st) != 0)
        return fail_system(in->name, "cannot read", errno, "check the file");
    if (st.st_size != in->st.st_size || st.st_mtim.tv_sec != in->st.st_mtim.tv_sec ||
        st.st_mtim.tv_nsec != in->st.st_mtim.tv_nsec)
        return fail_changed(in);
    return AEZ_EXIT_OK;
}

int aez_input_remove(const aez_input *in)
{
    struct stat st;
    /* Only the very file that was read: another may have taken its name. */
    if (lstat(in->name, &st) != 0 || st.st_dev != in->st.st_dev || st.st_ino != in->st.st_ino) {
        aez_error(in->name, "is no longer the file that was read, so it stays: remove it yourself");
        return AEZ_EXIT_SYSTEM;
    }
    if (unlink(in->name) != 0)
        return fail_system(in->name, "cannot remove", errno, "remove it yourself");
    return AEZ_EXIT_OK;
}

/* ---- output ---- */

/* Length of the folder part of a path, its slash included. */
static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* FOLDER/.NAME.XXXXXX.tmp with six random letters; NULL when memory is short. */
static char *temp_name(const char *target)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t            folder = folder_len(target), n = strlen(target) - folder;
    size_t            keep = n < NAME_MAX - 16 ? n : NAME_MAX - 16; /* the whole fits a name */
    unsigned char     noise[6];
    char              word[7] = {0};
    char             *path = malloc(folder + keep + 16);
    if (!path || getentropy(noise, sizeof noise) != 0) {
        free(path);
        return NULL;
    }
    for (size_t i = 0; i < sizeof noise; i++)
        word[i] = letters[noise[i] % (sizeof letters - 1)];
    (void)snprintf(path, folder + keep + 16, "%.*s.%.*s.%s.tmp", (int)folder, target, (int)keep,
                   target + folder, word);
    return path;
}

/* Sets target to where the file will be. A link is followed, so that it goes on pointing there. */
static int find_target(aez_output *out, const char *path, const aez_input *in, bool *in_place)
{
    struct stat st;
    *in_place = false;
    if (lstat(path, &st) != 0) {
        if (errno != ENOENT)
            return fail_system(path, "cannot write", errno, "choose another place with -o");
        out->target = strdup(path);
        return out->target ? AEZ_EXIT_OK : AEZ_EXIT_SYSTEM;
    }
    out->target = realpath(path, NULL);
    if (!out->target || stat(out->target, &st) != 0)
        return fail_system(path, "cannot follow this link", errno, "remove it");
    if (S_ISDIR(st.st_mode)) {
        aez_error(path, "is a directory: name a file with -o");
        return AEZ_EXIT_SYSTEM;
    }
    if (st.st_dev == in->st.st_dev && st.st_ino == in->st.st_ino) {
        aez_error(path, "is input and output at once: name another file with -o");
        return AEZ_EXIT_SYSTEM;
    }
    *in_place = S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode);
    if (!*in_place && !out->force) {
        aez_error(path, "already exists: replace it with -f, or name another file with -o");
        return AEZ_EXIT_SYSTEM;
    }
    if (!*in_place && !S_ISREG(st.st_mode)) {
        aez_error(path, "is not a regular file: use -c and a pipe");
        return AEZ_EXIT_SYSTEM;
    }
    return AEZ_EXIT_OK;
}

/* Opens the temporary; the guard knows its name from the moment it exists. */
static int open_temp(aez_output *out, mode_t mode)
{
    int error = EEXIST;
    for (int tries = 0; tries < 100 && error == EEXIST; tries++) {
        free(out->temp);
        out->temp = temp_name(out->target);
        if (!out->temp)
            return fail_system(out->name, "cannot name a temporary file", ENOMEM,
                               "free some memory");
        aez_guard_lock(out->guard);
        out->fd = open(out->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        error = errno;
        if (out->fd >= 0)
            out->guard->path = out->temp;
        aez_guard_unlock(out->guard);
        if (out->fd >= 0) {
            out->owned = true;
            return AEZ_EXIT_OK;
        }
    }
    free(out->temp);
    out->temp = NULL;
    return fail_system(out->name, "cannot create", error, "choose another place with -o");
}

int aez_output_open(aez_output *out, const char *path, bool force, const aez_input *in,
                    aez_guard *guard)
{
    bool   in_place;
    int    status;
    mode_t mode = in->is_stdin ? 0666 : in->st.st_mode & 0777; /* less umask: the system does it */
    memset(out, 0, sizeof *out);
    out->name = path;
    out->guard = guard;
    out->force = force;
    out->fd = -1;
    if (strcmp(path, "-") == 0) {
        out->name = "stdout";
        out->fd = STDOUT_FILENO;
        return AEZ_EXIT_OK;
    }
    status = find_target(out, path, in, &in_place);
    if (status != AEZ_EXIT_OK)
        return status;
    if (!in_place)
        return open_temp(out, mode);
    out->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (out->fd < 0)
        return fail_system(path, "cannot open", errno, "choose another place with -o");
    out->owned = true;
    return AEZ_EXIT_OK;
}

int aez_output_write(aez_output *out, const void *src, size_t size)
{
    int error = write_fully(out->fd, src, size, out->temp ? (off_t)out->pos : -1);
    if (error)
        return fail_write(out->name, error);
    out->pos += size;
    return AEZ_EXIT_OK;
}

bool aez_output_seekable(const aez_output *out)
{
    return out->temp != NULL;
}

int aez_output_write_at(aez_output *out, const void *src, size_t size, uint64_t off)
{
    int error = write_fully(out->fd, src, size, (off_t)off);
    return error ? fail_write(out->name, error) : AEZ_EXIT_OK;
}

/* Gives the temporary its name; without force, not over a file that has appeared meanwhile. */
static int take_name(const aez_output *out)
{
    struct stat st;
    if (out->force)
        return rename(out->temp, out->target) == 0 ? 0 : errno;
    if (link(out->temp, out->target) == 0)
        return unlink(out->temp) == 0 ? 0 : errno;
    if (errno == EEXIST)
        return EEXIST;
    /* A file system without hard links. */
    if (lstat(out->target, &st) == 0)
        return EEXIST;
    return rename(out->temp, out->target) == 0 ? 0 : errno;
}

/* So that the new name survives a crash: the input may be removed next. */
static void sync_folder(const char *target)
{
    size_t n = folder_len(target);
    char  *folder = n ? strndup(target, n) : strdup(".");
    int    fd = folder ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd); /* some file systems cannot: the data itself is safe */
        (void)close(fd);
    }
    free(folder);
}

int aez_output_commit(aez_output *out, const aez_input *in)
{
    int error = 0;
    if (!out->temp) {
        if (out->owned && close(out->fd) != 0)
            error = errno;
        if (out->owned)
            out->fd = -1;
        return error ? fail_write(out->name, error) : AEZ_EXIT_OK;
    }
    if (!in->is_stdin) {
        struct timespec times[2] = {in->st.st_atim, in->st.st_mtim};
        if (futimens(out->fd, times) != 0)
            return fail_system(out->name, "cannot set its time", errno, "choose another place");
    }
    if (fsync(out->fd) != 0)
        return fail_write(out->name, errno);
    if (close(out->fd) != 0)
        error = errno;
    out->fd = -1;
    if (error)
        return fail_write(out->name, error);
    aez_guard_lock(out->guard);
    error = take_name(out);
    if (error == 0)
        out->guard->path = NULL;
    aez_guard_unlock(out->guard);
    if (error == EEXIST)
        return fail_system(out->name, "has appeared meanwhile", error, "replace it with -f");
    if (error)
        return fail_system(out->name, "cannot rename", error, "choose another place with -o");
    free(out->temp);
    out->temp = NULL;
    sync_folder(out->target);
    return AEZ_EXIT_OK;
}

void aez_output_close(aez_output *out)
{
    if (out->owned && out->fd >= 0)
        (void)close(out->fd);
    if (out->temp) {
        aez_guard_lock(out->guard);
        (void)unlink(out->temp);
        out->guard->path = NULL;
        aez_guard_unlock(out->guard);
    }
    free(out->temp);
    free(out->target);
    out->temp = out->target = NULL;
    out->fd = -1;
}
