/*
 * Makes calls of one process fail that concern files whose paths contain a text; put before the C library by LD_PRELOAD, so no
 * privilege is needed and the errors reach Node as a disk would make them:
 *
 *   gcc -shared -fPIC -o failing-calls.so failing-calls.c
 *   FAILING_CALL=write FAILING_ERRNO=122 FAILING_PATH=/v1/ FAILING_FIRST=1 FAILING_TIMES=-1 LD_PRELOAD=./failing-calls.so node ...
 *
 * FAILING_CALL is open, link, rename, unlink, fsync, read or write. FAILING_FIRST says which of the calls is the first to fail, from 1,
 * FAILING_TIMES how many do, -1 for all after it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

/* Whether this call is to fail; sets errno then. */
static int fails(const char *call, const char *path) {
  const char *which = getenv("FAILING_CALL"), *part = getenv("FAILING_PATH");
  if (!which || !part || strcmp(which, call) || !strstr(path, part)) return 0;
  long first = number("FAILING_FIRST", 1), times = number("FAILING_TIMES", 1);
  long call_number = atomic_fetch_add(&calls, 1) + 1;
  if (call_number < first || (times >= 0 && call_number >= first + times)) return 0;
  errno = (int)number("FAILING_ERRNO", EIO);
  return 1;
}

static int fails_open(const char *call, int handle) {
  char name[64], path[4096];
  snprintf(name, sizeof name, "/proc/self/fd/%d", handle);
  ssize_t length = readlink(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return fails(call, path);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define OPENING(name)                                    \
  int name(const char *path, int flags, ...) {           \
    va_list more;                                        \
    va_start(more, flags);                               \
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0; \
    va_end(more);                                        \
    return fails("open", path) ? -1 : NEXT(name)(path, flags, mode); \
  }
OPENING(open)
OPENING(open64)
int link(const char *from, const char *to) { return fails("link", to) ? -1 : NEXT(link)(from, to); }
int rename(const char *from, const char *to) { return fails("rename", to) ? -1 : NEXT(rename)(from, to); }
int unlink(const char *path) { return fails("unlink", path) ? -1 : NEXT(unlink)(path); }
int fsync(int handle) { return fails_open("fsync", handle) ? -1 : NEXT(fsync)(handle); }

#define MOVING(name, call, data)                                                  \
  ssize_t name(int handle, data, size_t size) {                                   \
    return fails_open(call, handle) ? -1 : NEXT(name)(handle, bytes, size);       \
  }
#define MOVING_AT(name, call, data, place)                                        \
  ssize_t name(int handle, data, size_t size, place at) {                         \
    return fails_open(call, handle) ? -1 : NEXT(name)(handle, bytes, size, at);   \
  }
MOVING(write, "write", const void *bytes)
MOVING_AT(pwrite, "write", const void *bytes, off_t)
MOVING_AT(pwrite64, "write", const void *bytes, off64_t)
MOVING(read, "read", void *bytes)
MOVING_AT(pread, "read", void *bytes, off_t)
MOVING_AT(pread64, "read", void *bytes, off64_t)
