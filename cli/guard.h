/* guard.h - removes the unfinished output when a signal ends the command. */
#ifndef AEZ_CLI_GUARD_H
#define AEZ_CLI_GUARD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* A thread waits for SIGINT, SIGTERM and SIGHUP (blocked everywhere else), removes `path`, and lets
 * the signal end the process. No signal handler, so no global state. */
typedef struct aez_guard {
    pthread_mutex_t lock; /* held while files appear and disappear */
    pthread_t       thread;
    sigset_t        signals;
    const char     *path; /* the unfinished file, or NULL; changed under the lock */
    bool            started;
} aez_guard;

/* Call before any other thread exists. Returns an exit code. */
int  aez_guard_start(aez_guard *guard);
void aez_guard_stop(aez_guard *guard);
void aez_guard_lock(aez_guard *guard);
void aez_guard_unlock(aez_guard *guard);

#endif
