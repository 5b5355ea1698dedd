// Keeps the process alive when it has no descriptors left.
//
// libdispatch, on which Swift's tasks run on Linux, looks once a second into /proc/<thread>/stat how many of its threads are
// running, and ends the process when that file cannot be opened (src/event/workqueue.c). A server without descriptors
// should refuse connections, not end. So the program has an `open` of its own, which is like the C library's, except that
// this one file is opened from a reserve: the process keeps its soft limit a little below what the system allows
// (FileLimit), and goes beyond it for the moment.

#if defined(__linux__)

#define _GNU_SOURCE
#include "CDescriptorReserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// The sanitizers put an `open` of theirs in the place of this one.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MARTLET_SANITIZED 1
#endif
#endif

#ifndef MARTLET_SANITIZED

static int is_thread_state(const char *path) {
    if (path == 0 || strncmp(path, "/proc/", 6) != 0) return 0;
    const char *end = path + 6;
    while (*end >= '0' && *end <= '9') end++;
    return end > path + 6 && strcmp(end, "/stat") == 0;
}

static int open_beyond_limit(const char *path, int flags) {
    // Others may take what is freed meanwhile; a second is long enough for the reserve, and too short to be a hang.
    for (int tries = 0; tries < 200; tries++) {
        struct rlimit limit;
        int descriptor = -1;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
            struct rlimit higher = {limit.rlim_max, limit.rlim_max};
            if (setrlimit(RLIMIT_NOFILE, &higher) == 0) {
                descriptor = openat(AT_FDCWD, path, flags);
                int reason = errno;
                setrlimit(RLIMIT_NOFILE, &limit);
                errno = reason;
            }
        } else {
            descriptor = openat(AT_FDCWD, path, flags);
        }
        if (descriptor >= 0 || (errno != EMFILE && errno != ENFILE)) return descriptor;
        struct timespec pause = {0, 5000000};
        nanosleep(&pause, 0);
    }
    errno = EMFILE;
    return -1;
}

int open(const char *path, int flags, ...) {
    mode_t mode = 0;
    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list arguments;
        va_start(arguments, flags);
        mode = (mode_t)va_arg(arguments, unsigned int);
        va_end(arguments);
    }
    int descriptor = openat(AT_FDCWD, path, flags, mode);
    if (descriptor >= 0 || (errno != EMFILE && errno != ENFILE) || !is_thread_state(path)) return descriptor;
    return open_beyond_limit(path, flags);
}

#endif
#endif
