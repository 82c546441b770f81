// Functions for starting programs that Swift's Glibc module hides or leaves out: posix_spawn(3)'s closefrom, which
// takes _GNU_SOURCE, and openpty(3). Header only, nothing to link: glibc has both since 2.34.

#ifndef CPROGRAMS_H
#define CPROGRAMS_H

#include <pty.h>
#include <spawn.h>

#ifndef __USE_GNU
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
#endif

#endif
