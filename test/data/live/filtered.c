/* Installs a filter of its own that lets everything pass, and works on under it; with an argument, asks for a listener too. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sock_filter allow = { 0x06, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };
	long result;

	(void)argv;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, argc > 1 ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, &program);
	printf("%s\n", result < 0 ? strerrorname_np(errno) : "installed");
	fflush(stdout);
	for (int i = 0; i < 10; i++)
		getppid();
	return 0;
}
