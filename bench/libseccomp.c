/*
 * libseccomp as a compiler: builds a filter from rules on stdin, ROUNDS times, and tells how long each took.
 *
 *     libseccomp OPTIMIZE ROUNDS OUT < RULES
 *
 * RULES, one per line, numbers in decimal:
 *     arch TOKEN                        besides the native one
 *     default ACTION | badarch ACTION
 *     rule ACTION NAME ARGS (INDEX OP A B)...      left out when libseccomp does not know the name
 * stdout: nanoseconds of each round, from seccomp_init to the end of the export. OUT gets the program.
 */
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#define MOST 8192

struct rule {
	uint32_t action;
	int nr;
	unsigned args;
	struct scmp_arg_cmp arg[6];
};

static struct rule rules[MOST];
static uint32_t arches[32];

static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void fail(const char *what, int rc)
{
	fprintf(stderr, "libseccomp: %s: %s\n", what, strerror(-rc));
	exit(2);
}

int main(int argc, char **argv)
{
	char word[16];
	uint32_t base = 0, bad = SCMP_ACT_KILL;
	unsigned count = 0, extra = 0;
	if (argc != 4)
		return 2;
	while (scanf("%15s", word) == 1) {
		if (!strcmp(word, "arch") && extra < 32)
			scanf("%u", &arches[extra++]);
		else if (!strcmp(word, "default"))
			scanf("%u", &base);
		else if (!strcmp(word, "badarch"))
			scanf("%u", &bad);
		else if (!strcmp(word, "rule") && count < MOST) {
			struct rule *r = &rules[count++];
			char name[64];
			scanf("%u %63s %u", &r->action, name, &r->args);
			r->nr = seccomp_syscall_resolve_name(name);
			for (unsigned i = 0; i < r->args && i < 6; i++) {
				unsigned index, op;
				uint64_t a, b;
				scanf("%u %u %lu %lu", &index, &op, &a, &b);
				r->arg[i] = (struct scmp_arg_cmp){ index, op, a, b };
			}
			if (r->nr == __NR_SCMP_ERROR)
				count--;
		}
	}
	int out = open(argv[3], O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (int round = atoi(argv[2]); round > 0; round--) {
		long start = now();
		scmp_filter_ctx ctx = seccomp_init(base);
		seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, bad);
		if (atoi(argv[1]))
			seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, atoi(argv[1]));
		for (unsigned i = 0; i < extra; i++)
			seccomp_arch_add(ctx, arches[i]);
		for (unsigned i = 0; i < count; i++) {
			struct rule *r = &rules[i];
			int rc = seccomp_rule_add_array(ctx, r->action, r->nr, r->args, r->arg);
			if (rc)
				fail("seccomp_rule_add_array", rc);
		}
		lseek(out, 0, SEEK_SET);
		int rc = seccomp_export_bpf(ctx, out);
		if (rc)
			fail("seccomp_export_bpf", rc);
		seccomp_release(ctx);
		printf("%ld\n", now() - start);
	}
	return 0;
}
