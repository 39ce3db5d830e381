/* Preloaded into a process, it makes fsync take SLOW_FSYNC_MS longer while the file named by SLOW_FSYNC exists. Linux only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void wait_if_slow(void) {
  const char *flag = getenv("SLOW_FSYNC"), *ms = getenv("SLOW_FSYNC_MS");
  if (flag && ms && access(flag, F_OK) == 0) usleep(1000 * (useconds_t)atoi(ms));
}

int fsync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  wait_if_slow();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  wait_if_slow();
  return real(fd);
}
