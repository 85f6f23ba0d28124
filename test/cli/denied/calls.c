/*
 * Makes calls that a policy denies, to be decoded by somebody else.
 *
 *   calls all                 one of each, in order
 *   calls flood TIMES         one call again and again
 *   calls kinds TIMES         one call with another request each time
 *   calls vanish              a call in a child that is killed while it waits
 *   calls threads COUNT       one call in each of many threads, and children that do the same
 *   calls raw                 a call while the terminal hands over keys, then some more text
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void *one(void *unused) {
  (void)unused;
  syscall(SYS_mkdirat, AT_FDCWD, "thread", 0700);
  return NULL;
}

static void all(void) {
  struct open_how how = {.flags = O_RDWR | O_CREAT, .mode = 0600, .resolve = RESOLVE_IN_ROOT};
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(8080)};
  struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/no.sock"};
  inet_pton(AF_INET, "127.0.0.9", &in.sin_addr);
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 4096, 4096);
  int folder = syscall(SYS_open, "/usr", O_PATH | O_DIRECTORY); /* open is allowed, openat is not */

  syscall(SYS_openat, folder, "lib/x", O_WRONLY | O_CREAT | O_TRUNC, 0640);
  syscall(SYS_openat, AT_FDCWD, "/etc/shadow", O_RDONLY | O_NOFOLLOW);
  syscall(SYS_openat2, AT_FDCWD, "y", &how, sizeof how);
  syscall(SYS_connect, 5, &in, sizeof in);
  syscall(SYS_connect, 5, &un, sizeof un);
  syscall(SYS_socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 17);
  syscall(SYS_ioctl, 0, TIOCSTI, "x");
  syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  syscall(SYS_mount, "none", "/nowhere/that/exists", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m");
  syscall(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  strcpy(pages + 4096 - 5, "/end"); /* its NUL is the last byte that there is */
  syscall(SYS_chdir, pages + 4096 - 5);
  memcpy(pages + 4096 - 4, "/cut", 4); /* no NUL before the end */
  syscall(SYS_chdir, pages + 4096 - 4);
  syscall(SYS_chdir, (char *)16);
  syscall(SYS_mkdir, "\033]0;title\a\xff", 0);
}

static int vanish(void) {
  pid_t child = fork();
  if (child == 0) {
    syscall(SYS_chdir, "/gone");
    _exit(9);
  }
  usleep(atoi(getenv("WAIT_US") ? getenv("WAIT_US") : "0"));
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 0;
  if (!strcmp(what, "all")) all();
  else if (!strcmp(what, "flood"))
    for (int i = 0; i < count; i++) syscall(SYS_mkdirat, AT_FDCWD, "flood", 0755);
  else if (!strcmp(what, "kinds"))
    for (int i = 0; i < count; i++) syscall(SYS_ioctl, 0, 0x7a000000 + i, 0);
  else if (!strcmp(what, "vanish"))
    for (int i = 0; i < count; i++) vanish();
  else if (!strcmp(what, "threads")) {
    pthread_t threads[64];
    for (int i = 0; i < count && i < 64; i++) pthread_create(&threads[i], NULL, one, NULL);
    for (int i = 0; i < count && i < 64; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++)
      if (fork() == 0) {
        one(NULL);
        _exit(0);
      }
    while (wait(NULL) > 0) {
    }
  } else if (!strcmp(what, "raw")) {
    struct termios old, raw;
    tcgetattr(0, &old);
    raw = old;
    cfmakeraw(&raw);
    tcsetattr(0, TCSANOW, &raw);
    syscall(SYS_chdir, "/raw");
    usleep(500000);
    printf("[picture]");
    fflush(stdout);
    tcsetattr(0, TCSANOW, &old);
    printf("[cooked]\n");
  } else return 2;
  return 0;
}
