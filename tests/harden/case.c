/* case.c - the case a program is at: what is saved when it crashes, hangs or is wrong. */
#define _POSIX_C_SOURCE 200809L
#include "case.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
#include <sanitizer/common_interface_defs.h>
#endif

static const char     *watch_path;
static const void     *case_bytes;
static size_t          case_size;
static struct timespec case_start;

static void tell(const char *text)
{
    if (write(2, text, strlen(text)) < 0)
        _exit(3);
}

/* Only what may be called from a signal handler. */
static void save(void)
{
    int fd = watch_path && case_bytes ? open(watch_path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd < 0)
        return;
    if (write(fd, case_bytes, case_size) == (ssize_t)case_size) {
        tell("the case is in ");
        tell(watch_path);
        tell("\n");
    }
    close(fd);
    case_bytes = NULL;
}

static void on_signal(int number)
{
    tell(number == SIGALRM ? "a case takes too long\n" : "a case is wrong\n");
    save();
    _exit(1);
}

void case_watch(const char *path)
{
    watch_path = path;
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
#ifdef SANITIZED
    __sanitizer_set_death_callback(save);
#else
    signal(SIGSEGV, on_signal);
    signal(SIGFPE, on_signal);
#endif
}

void case_begin(const void *bytes, size_t size)
{
    case_bytes = bytes;
    case_size = size;
    clock_gettime(CLOCK_MONOTONIC, &case_start);
    alarm(CASE_SECONDS);
}

double case_end(void)
{
    struct timespec now;
    alarm(0);
    case_bytes = NULL;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - case_start.tv_sec) + 1e-9 * (double)(now.tv_nsec - case_start.tv_nsec);
}
