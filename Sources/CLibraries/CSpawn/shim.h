#pragma once

#include <spawn.h>

// glibc declares these only to those who ask for all of GNU; see posix_spawn(3).
#ifdef __GLIBC__
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
#endif

static inline int martlet_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

/// Closes every descriptor from `first` on; on macOS POSIX_SPAWN_CLOEXEC_DEFAULT does that.
static inline int martlet_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
#ifdef __GLIBC__
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
#else
    return 0;
#endif
}
