/* Preloaded into a process, it makes fsync wait while the file named by STALLED_DISK exists. Linux only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int wait_and_call(const char *name, int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  const char *flag = getenv("STALLED_DISK");
  while (flag && access(flag, F_OK) == 0) usleep(10000);
  return real(fd);
}

int fsync(int fd) { return wait_and_call("fsync", fd); }

int fdatasync(int fd) { return wait_and_call("fdatasync", fd); }
