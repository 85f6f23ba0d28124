// A supervisor in C, as small as it can be, and a caller for any supervisor.
//
//     notify call CALLS          makes getppid CALLS times; prints nanoseconds a call
//     notify serve CALLS ANSWER  the same under a filter that hands getppid to a supervisor in C: poll, receive, send
//
// ANSWER is `value` (pretend that the call gave 5) or `continue` (let it happen).
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_USER_NOTIF_FLAG_CONTINUE
#define SECCOMP_USER_NOTIF_FLAG_CONTINUE 1UL
#endif
#define SET_FLAGS _IOW('!', 4, unsigned long long)
#define SYNC_WAKE_UP 1UL

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

static int call(long calls) {
  struct timespec begin, end;
  for (long i = 0; i < calls / 10; i++) syscall(SYS_getppid);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (long i = 0; i < calls; i++) syscall(SYS_getppid);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.1f\n", ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / calls);
  return 0;
}

static int install(void) {
  struct sock_filter insns[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {4, insns};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static int serve(int listener, int lets) {
  ioctl(listener, SET_FLAGS, SYNC_WAKE_UP);
  for (;;) {
    struct pollfd wait = {listener, POLLIN, 0};
    if (poll(&wait, 1, -1) < 0) return fail("poll");
    if (!(wait.revents & POLLIN)) return 0;
    struct seccomp_notif notif;
    memset(&notif, 0, sizeof notif);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif) < 0) continue;
    struct seccomp_notif_resp answer = {.id = notif.id};
    if (lets) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else answer.val = 5;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long calls = atol(argv[2]);
  if (!strcmp(argv[1], "call")) return call(calls);
  // The descriptor's number passes through shared memory; the supervisor takes a copy of it.
  volatile int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return fail("mmap");
  pid_t child = fork();
  if (child < 0) return fail("fork");
  if (child == 0) {
    int listener = install();
    if (listener < 0) _exit(fail("seccomp"));
    shared[0] = listener;
    while (!shared[1]) usleep(100);
    close(listener);
    int status = call(calls);
    fflush(stdout);
    _exit(status);
  }
  while (!shared[0]) {
    if (waitpid(child, 0, WNOHANG) == child) return 1;
    usleep(100);
  }
  int pidfd = syscall(SYS_pidfd_open, child, 0);
  int listener = syscall(SYS_pidfd_getfd, pidfd, shared[0], 0);
  if (listener < 0) return fail("pidfd_getfd");
  shared[1] = 1;
  int status = serve(listener, argc > 3 && !strcmp(argv[3], "continue"));
  waitpid(child, 0, 0);
  return status;
}
