// Kernel interfaces that Swift's Glibc module does not carry, and the few macros Swift cannot import.
#pragma once
#define _GNU_SOURCE 1 /* first: every header below must see it */
// Swift's Glibc module is built without it, and a type that two modules declare must look the same in both: fd_set is
// the one whose member has another name under X/Open.
#include <features.h>
#undef __USE_XOPEN
#include <sys/select.h>
#define __USE_XOPEN 1
#include <unistd.h>
#include <signal.h>
#include <sched.h>
#include <link.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/signalfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/pidfd.h>
#include <net/if_arp.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/securebits.h>

static inline int cl_prctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(op, a, b, c, d);
}
static inline int cl_landlock_create_ruleset(const void *attr, size_t size, unsigned flags) {
  return (int)syscall(__NR_landlock_create_ruleset, attr, size, flags);
}
static inline int cl_landlock_add_rule(int ruleset, int type, const void *attr, unsigned flags) {
  return (int)syscall(__NR_landlock_add_rule, ruleset, type, attr, flags);
}
static inline int cl_landlock_restrict_self(int ruleset, unsigned flags) {
  return (int)syscall(__NR_landlock_restrict_self, ruleset, flags);
}
static inline int cl_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags) {
  return (int)syscall(__NR_execveat, fd, path, argv, envp, flags);
}
// fork() that also gives a pidfd of the child: nobody then needs pidfd_open, which gives one of any process.
static inline int cl_fork_pidfd(int *pidfd) {
  return (int)syscall(__NR_clone, CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL, NULL);
}

// _GNU_SOURCE makes the address argument a transparent union, which Swift cannot pass.
static inline int cl_accept4(int fd, int flags) { return accept4(fd, NULL, NULL, flags); }
