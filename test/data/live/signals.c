/*
 * Counts calls that fail with EINTR though nothing can interrupt them: `signals timer N` makes N small calls while a timer
 * fires every millisecond, `signals fork N` forks N children that end at once, with a handler of SIGCHLD. Neither handler has
 * SA_RESTART. Prints how many failed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t signals;
static long failed;

static void count(int number)
{
	(void)number;
	signals++;
}

static void call(void)
{
	if (syscall(SYS_getppid) < 0)
		failed++;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 1;
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = count;
	if (argc > 1 && strcmp(argv[1], "timer") == 0) {
		struct itimerval every = { { 0, 1000 }, { 0, 1000 } };

		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &every, NULL);
		for (long i = 0; i < n; i++)
			call();
	} else {
		sigaction(SIGCHLD, &action, NULL);
		for (long i = 0; i < n; i++) {
			pid_t pid = fork();

			if (pid == 0)
				_exit(0);
			if (pid < 0)
				failed++;
			for (int j = 0; j < 20; j++)
				call();
		}
		while (wait(NULL) > 0 || errno == EINTR)
			;
	}
	printf("%ld of %ld failed, %ld signals\n", failed, n, (long)signals);
	return failed > 0;
}
