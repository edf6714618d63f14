// A way to any system call: C's own has a variable number of arguments, which Swift cannot pass.
#pragma once
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

// The result, or -errno.
static inline long evil_syscall(long number, long a, long b, long c, long d, long e, long f) {
  long result = syscall(number, a, b, c, d, e, f);
  return result < 0 ? -errno : result;
}
