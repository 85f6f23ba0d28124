/*
 * libseccomp behind a line protocol, so that a test can ask the real library.
 *
 * One command a line on stdin, words separated by single spaces, numbers in C notation; one answer a line on
 * stdout. There is one current context; a command without one calls the library with NULL.
 *
 *   version                                        -> major.minor.micro
 *   init ACTION | reset ACTION                     -> 0, or -1 when there is no context
 *   arch_add T | arch_remove T | arch_exist T      -> the return code
 *   arch_name NAME                                 -> the token
 *   rule ACTION NR COUNT (ARG OP A B)*             -> the return code of seccomp_rule_add_array
 *   exact ACTION NR COUNT (ARG OP A B)*            -> the same, of seccomp_rule_add_exact_array
 *   priority NR P                                  -> the return code
 *   attr_set ATTR VALUE | attr_get ATTR            -> the return code; with attr_get the value behind it
 *   resolve T NAME | rewrite T NAME                -> the number
 *   name T NR                                      -> the name, or "-"
 *   bpf                                            -> the return code, and the program in hexadecimal
 *   pfc                                            -> the return code, and the text in hexadecimal
 *
 * A command that keeps the processor busy for a second is answered with "hang", and its context is given up.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE 4096

static scmp_filter_ctx ctx;
static char *rest;
static sigjmp_buf hung;

static void on_hang(int signal)
{
	(void)signal;
	siglongjmp(hung, 1);
}

static void watch(int seconds)
{
	struct itimerval timer = { .it_value = { .tv_sec = seconds } };
	setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static const char *word(void)
{
	char *w = strsep(&rest, " \n");
	return w ? w : "";
}

static unsigned long long number(void)
{
	const char *w = word();
	return w[0] == '-' ? (unsigned long long)strtoll(w, NULL, 0) : strtoull(w, NULL, 0);
}

static int rule(int exact)
{
	struct scmp_arg_cmp args[8];
	unsigned int action = number();
	int nr = (int)number();
	unsigned int count = number();

	memset(args, 0, sizeof(args));
	for (unsigned int i = 0; i < count && i < 8; i++) {
		args[i].arg = number();
		args[i].op = (enum scmp_compare)number();
		args[i].datum_a = number();
		args[i].datum_b = number();
	}
	return exact ? seccomp_rule_add_exact_array(ctx, action, nr, count, args)
		     : seccomp_rule_add_array(ctx, action, nr, count, args);
}

static void export(int (*write_to)(const scmp_filter_ctx, int))
{
	FILE *file = tmpfile();
	int c, rc;

	if (!file) {
		perror("tmpfile");
		exit(1);
	}
	rc = write_to(ctx, fileno(file));
	printf("%d ", rc);
	rewind(file);
	while ((c = getc(file)) != EOF)
		printf("%02x", c);
	putchar('\n');
	fclose(file);
}

static void attr_get(void)
{
	unsigned int value = 0;
	int rc = seccomp_attr_get(ctx, (enum scmp_filter_attr)number(), &value);
	printf("%d %u\n", rc, value);
}

static void init(void)
{
	if (ctx)
		seccomp_release(ctx);
	ctx = seccomp_init(number());
	printf("%d\n", ctx ? 0 : -1);
}

int main(void)
{
	static char line[LINE];
	unsigned int token;

	signal(SIGVTALRM, on_hang);
	while (fgets(line, sizeof(line), stdin)) {
		const char *c;
		if (sigsetjmp(hung, 1)) {
			puts("hang");
			ctx = NULL;
			continue;
		}
		watch(1);
		rest = line;
		c = word();
		if (!strcmp(c, "version")) {
			const struct scmp_version *v = seccomp_version();
			printf("%u.%u.%u\n", v->major, v->minor, v->micro);
		} else if (!strcmp(c, "init"))
			init();
		else if (!strcmp(c, "reset"))
			printf("%d\n", seccomp_reset(ctx, number()));
		else if (!strcmp(c, "arch_add"))
			printf("%d\n", seccomp_arch_add(ctx, number()));
		else if (!strcmp(c, "arch_remove"))
			printf("%d\n", seccomp_arch_remove(ctx, number()));
		else if (!strcmp(c, "arch_exist"))
			printf("%d\n", seccomp_arch_exist(ctx, number()));
		else if (!strcmp(c, "arch_name"))
			printf("%u\n", seccomp_arch_resolve_name(word()));
		else if (!strcmp(c, "rule"))
			printf("%d\n", rule(0));
		else if (!strcmp(c, "exact"))
			printf("%d\n", rule(1));
		else if (!strcmp(c, "priority")) {
			int nr = (int)number();
			printf("%d\n", seccomp_syscall_priority(ctx, nr, number()));
		} else if (!strcmp(c, "attr_set")) {
			enum scmp_filter_attr attr = number();
			printf("%d\n", seccomp_attr_set(ctx, attr, number()));
		} else if (!strcmp(c, "attr_get"))
			attr_get();
		else if (!strcmp(c, "resolve")) {
			token = number();
			printf("%d\n", seccomp_syscall_resolve_name_arch(token, word()));
		} else if (!strcmp(c, "rewrite")) {
			token = number();
			printf("%d\n", seccomp_syscall_resolve_name_rewrite(token, word()));
		} else if (!strcmp(c, "name")) {
			char *name;
			token = number();
			name = seccomp_syscall_resolve_num_arch(token, (int)number());
			printf("%s\n", name ? name : "-");
			free(name);
		} else if (!strcmp(c, "bpf"))
			export(seccomp_export_bpf);
		else if (!strcmp(c, "pfc"))
			export(seccomp_export_pfc);
		else {
			fprintf(stderr, "unknown command: %s\n", c);
			return 2;
		}
		watch(0);
		fflush(stdout);
	}
	return 0;
}
