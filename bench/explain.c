/*
 * Makes CALLS denied calls and prints how long each took, in nanoseconds, one number in a line.
 *
 *   explain same CALLS    the same mkdir each time
 *   explain new CALLS     an ioctl with a request of its own each time
 *   explain open CALLS    an openat of another path each time
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int calls = atoi(argv[2]);
  long long *took = calloc(calls, sizeof *took);
  char path[64];
  if (!took) return 2;
  for (int i = 0; i < calls; i++) {
    snprintf(path, sizeof path, "denied-%d", i);
    long long begin = now();
    if (!strcmp(argv[1], "new")) syscall(SYS_ioctl, 0, 0x12340000 + i, path);
    else if (!strcmp(argv[1], "open")) syscall(SYS_openat, AT_FDCWD, path, O_NOFOLLOW | O_CLOEXEC);
    else syscall(SYS_mkdirat, AT_FDCWD, "denied", 0777);
    took[i] = now() - begin;
  }
  for (int i = 0; i < calls; i++) printf("%lld\n", took[i]);
  return 0;
}
