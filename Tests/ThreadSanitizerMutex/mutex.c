// ThreadSanitizer sees the fast path of Swift's Mutex, which is compiled into its users, but not the slow one, which lies
// in a library without instrumentation: each lock that two threads wanted at once would look like none. These stand
// before the library's functions and tell what the library does.
//
// Linked in builds for ThreadSanitizer only (scripts/sanitize).

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void martlet_lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT _Bool martlet_try_lock_slow(SELF void *mutex) __asm__(TRY_LOCK);
SWIFT void martlet_unlock_slow(SELF void *mutex) __asm__(UNLOCK);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function) return function;
    fprintf(stderr, "This toolchain's Mutex has no %s; Tests/ThreadSanitizerMutex has to be written anew.\n", name);
    abort();
}

SWIFT void martlet_lock_slow(uint32_t thread, SELF void *mutex) {
    ((SWIFT void (*)(uint32_t, SELF void *))next(LOCK))(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT _Bool martlet_try_lock_slow(SELF void *mutex) {
    _Bool locked = ((SWIFT _Bool (*)(SELF void *))next(TRY_LOCK))(mutex);
    if (locked) __tsan_acquire(mutex);
    return locked;
}

SWIFT void martlet_unlock_slow(SELF void *mutex) {
    __tsan_release(mutex);
    ((SWIFT void (*)(SELF void *))next(UNLOCK))(mutex);
}
