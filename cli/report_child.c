/* report_child.c - runs other programs: gnuplot, peers, aez itself. */
#include "platform.h"

#include "report_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

#define SAID_MAX ((size_t)4096)

char *report_find_program(const char *name)
{
    const char *path = getenv("PATH");
    size_t      name_len = strlen(name);
    while (path && *path) {
        const char *colon = strchr(path, ':');
        size_t      n = colon ? (size_t)(colon - path) : strlen(path);
        char       *full = malloc(n + name_len + 3);
        if (!full)
            return NULL;
        (void)snprintf(full, n + name_len + 3, "%.*s/%s", n ? (int)n : 1, n ? path : ".", name);
        if (access(full, X_OK) == 0)
            return full;
        free(full);
        path = colon ? colon + 1 : NULL;
    }
    return NULL;
}

char *report_own_path(void)
{
    char   *path = malloc(4097);
    ssize_t n = path ? readlink("/proc/self/exe", path, 4096) : -1;
    if (n <= 0) {
        free(path);
        return report_find_program("aez");
    }
    path[n] = '\0';
    return path;
}

/* In the child: signals as they were before the guard took them, descriptors in place. */
static void become(const report_run *run, int nothing, int said)
{
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(run->in_fd >= 0 ? run->in_fd : nothing, STDIN_FILENO) < 0 ||
        dup2(run->out_fd >= 0 ? run->out_fd : nothing, STDOUT_FILENO) < 0 ||
        dup2(said >= 0 ? said : nothing, STDERR_FILENO) < 0)
        _exit(127);
    execv(run->argv[0], run->argv);
    _exit(127);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool wait_for(report_run *run, pid_t child)
{
    struct rusage usage;
    int           status;
    pid_t         got;
    do
        got = wait4(child, &status, 0, &usage);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return false;
    run->peak_bytes = (uint64_t)usage.ru_maxrss * 1024; /* Linux counts KiB */
    run->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

static void keep_said(report_run *run, int said)
{
    off_t    size = lseek(said, 0, SEEK_END);
    size_t   n = size < 0 ? 0 : (size_t)size < SAID_MAX ? (size_t)size : SAID_MAX;
    uint8_t *room = aez_buf_room(run->said, n + 1);
    if (!room)
        return;
    if (n && pread(said, room, n, 0) != (ssize_t)n)
        n = 0;
    room[n] = 0;
    run->said->size += n;
}

/* A child that reads and writes what `run` says; meanwhile(opaque) runs here. */
static bool run_child(report_run *run, void (*meanwhile)(void *), void *opaque, int close_after)
{
    int    nothing = open("/dev/null", O_RDWR | O_CLOEXEC), said = -1;
    bool   good = false;
    double start;
    pid_t  child;
    run->status = 127;
    if (nothing >= 0 && (!run->said || aez_spool_create(&said, run->guard) == 0)) {
        (void)fflush(NULL);
        start = seconds_now();
        child = fork();
        if (child == 0)
            become(run, nothing, said);
        if (close_after >= 0)
            (void)close(close_after);
        if (child > 0) {
            if (meanwhile)
                meanwhile(opaque);
            good = wait_for(run, child);
            run->seconds = seconds_now() - start;
        }
        if (good && run->said)
            keep_said(run, said);
    } else if (close_after >= 0) {
        (void)close(close_after);
    }
    if (said >= 0)
        (void)close(said);
    if (nothing >= 0)
        (void)close(nothing);
    return good;
}

bool report_child_run(report_run *run)
{
    return run_child(run, NULL, NULL, -1);
}

typedef struct drain {
    int      fd;
    aez_buf *out;
} drain;

static void read_all(void *opaque)
{
    drain  *d = opaque;
    uint8_t buf[16384];
    for (;;) {
        ssize_t n = read(d->fd, buf, sizeof buf);
        if (n > 0)
            aez_put(d->out, buf, (size_t)n);
        else if (n == 0 || errno != EINTR)
            return;
    }
}

/* The input lies in a spool, so neither side waits for the other. */
bool report_child_filter(report_run *run, const void *input, size_t size, aez_buf *out)
{
    int   pipes[2] = {-1, -1}, spool = -1;
    bool  good = aez_spool_create(&spool, run->guard) == 0 &&
                aez_spool_write_at(spool, input, size, 0) == 0 && pipe(pipes) == 0;
    drain d = {pipes[0], out};
    if (good) {
        (void)fcntl(pipes[0], F_SETFD, FD_CLOEXEC);
        (void)fcntl(pipes[1], F_SETFD, FD_CLOEXEC);
        run->in_fd = spool;
        run->out_fd = pipes[1];
        good = run_child(run, read_all, &d, pipes[1]) && !out->failed;
    }
    if (pipes[0] >= 0)
        (void)close(pipes[0]);
    if (spool >= 0)
        (void)close(spool);
    return good;
}
