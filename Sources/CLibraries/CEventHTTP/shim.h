#pragma once

// libevent's configuration defines _GNU_SOURCE; these come first so that fd_set is the one the system module knows.
#include <sys/types.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
