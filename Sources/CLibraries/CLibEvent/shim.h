#pragma once

// libevent's configuration defines _GNU_SOURCE; these come first so that fd_set is the one the system module knows.
#include <sys/types.h>
#include <sys/select.h>
#include <sys/time.h>

#include <event2/event.h>
#include <event2/thread.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <event2/util.h>

#ifdef __linux__
#include <sys/prctl.h>
/// Names the calling thread; `prctl` is variadic, so Swift cannot call it.
static inline void martlet_set_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
#else
#include <pthread.h>
static inline void martlet_set_thread_name(const char *name) { pthread_setname_np(name); }
#endif
