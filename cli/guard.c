/* guard.c - removes the unfinished output when a signal ends the command. */
#include "platform.h"

#include "guard.h"

#include <string.h>
#include <unistd.h>

#include "message.h"

static void *wait_for_signal(void *arg)
{
    aez_guard *guard = arg;
    int        number = 0;
    if (sigwait(&guard->signals, &number) != 0)
        return NULL;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    aez_guard_lock(guard); /* and never unlock: no file appears after this */
    if (guard->path)
        (void)unlink(guard->path);
    (void)signal(number, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, &guard->signals, NULL);
    (void)raise(number);
    _exit(128 + number);
}

/* Signals that somebody else ignores for us (nohup) stay ignored. */
static void add_unless_ignored(sigset_t *set, int number)
{
    struct sigaction now;
    if (sigaction(number, NULL, &now) == 0 && now.sa_handler != SIG_IGN)
        (void)sigaddset(set, number);
}

int aez_guard_start(aez_guard *guard)
{
    memset(guard, 0, sizeof *guard);
    (void)sigemptyset(&guard->signals);
    add_unless_ignored(&guard->signals, SIGINT);
    add_unless_ignored(&guard->signals, SIGTERM);
    add_unless_ignored(&guard->signals, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write, seen and cleaned up */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (pthread_mutex_init(&guard->lock, NULL) != 0 ||
        pthread_sigmask(SIG_BLOCK, &guard->signals, NULL) != 0 ||
        pthread_create(&guard->thread, NULL, wait_for_signal, guard) != 0) {
        aez_error(NULL, "cannot start a thread: raise the limit on processes");
        return AEZ_EXIT_SYSTEM;
    }
    guard->started = true;
    return AEZ_EXIT_OK;
}

void aez_guard_stop(aez_guard *guard)
{
    if (!guard->started)
        return;
    (void)pthread_cancel(guard->thread);
    (void)pthread_join(guard->thread, NULL);
    (void)pthread_mutex_destroy(&guard->lock);
    guard->started = false;
}

void aez_guard_lock(aez_guard *guard)
{
    (void)pthread_mutex_lock(&guard->lock);
}

void aez_guard_unlock(aez_guard *guard)
{
    (void)pthread_mutex_unlock(&guard->lock);
}
