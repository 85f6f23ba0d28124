/* Makes N small calls and prints how long that took, in seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 1000;
	double begin = now();

	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	printf("%.6f\n", now() - begin);
	return 0;
}
