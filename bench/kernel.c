/*
 * What calls cost under filters, in nanoseconds: in each round, for each run, for each filter in turn, a child that
 * installs the filter, makes the calls many times and ends. So what is compared is a millisecond apart.
 *
 *     kernel ROUNDS < LINES
 *
 * LINES:  filter FILE | filter -            raw sock_filter bytes; - is none
 *         call NR A0 A1 A2 A3 A4 A5         numbers as strtoull reads them
 *         run COPIES INDEX ...              calls, counted from 0, to be made in an order without a pattern, under
 *                                           so many copies of the filter, each behind two instructions that let
 *                                           the next one be loaded if there are several
 * stdout: round NS:RESULT ...               for each run the figures under each filter, in their order
 *         refused WHY                       this kernel takes no filter here, and nothing more is said
 *
 * The child writes to memory that it shares, and reads the processor's clock: under a filter no other call than the
 * measured ones may be needed. One that hangs is ended by its alarm. Each figure is the least of
 * BATCHES means over BATCH calls, because whatever comes between adds to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define MOST 64
#define BATCHES 12
#define BATCH 500
#define SECONDS 20

struct call {
	long nr, arg[6];
};

static struct sock_fprog filters[MOST];
static struct call calls[MOST];
static unsigned filter_count, call_count, run_count;

static struct sock_fprog admitting[MOST]; /* the same filters behind those instructions */
static unsigned copies[MOST];

/* Which call comes when: every batch in an order of its own, or a processor would know it by heart. */
static unsigned char order[MOST][BATCHES][BATCH];

/* Written by the child. */
static volatile struct {
	int refused, done;
	uint64_t ticks;
	long result;
} *shared;

static void fail(const char *what)
{
	fprintf(stderr, "kernel: %s: %s\n", what, strerror(errno));
	exit(2);
}

static inline long make(const struct call *c)
{
	long result;
	register long r10 __asm__("r10") = c->arg[3];
	register long r8 __asm__("r8") = c->arg[4];
	register long r9 __asm__("r9") = c->arg[5];
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(c->nr), "D"(c->arg[0]), "S"(c->arg[1]), "d"(c->arg[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static inline uint64_t ticks(void)
{
	_mm_lfence();
	uint64_t now = __rdtsc();
	_mm_lfence();
	return now;
}

static double nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of one tick. */
static double calibrate(void)
{
	double start = nanoseconds(), now;
	uint64_t from = ticks();
	while ((now = nanoseconds()) - start < 5e7)
		;
	return (now - start) / (double)(ticks() - from);
}

/* Under the filter: nothing but the call. */
static void measure(const unsigned char (*next)[BATCH])
{
	uint64_t least = UINT64_MAX;
	shared->result = make(&calls[next[0][0]]);
	for (int b = 0; b < BATCHES; b++) {
		uint64_t start = ticks();
		for (int n = 0; n < BATCH; n++)
			make(&calls[next[b][n]]);
		uint64_t taken = ticks() - start;
		least = taken < least ? taken : least;
	}
	shared->ticks = least;
	shared->done = 1;
}

static void install(const struct sock_fprog *filter)
{
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter)) {
		shared->refused = errno;
		_exit(0);
	}
}

static void child(unsigned filter, unsigned run)
{
	struct rlimit none = { 0, 0 };
	setrlimit(RLIMIT_CORE, &none);
	alarm(SECONDS);
	if (filters[filter].len) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			fail("no_new_privs");
		if (copies[run] == 1)
			install(&filters[filter]);
		else
			for (unsigned i = 0; i < copies[run]; i++)
				install(&admitting[filter]);
	}
	measure(order[run]);
	make(&(struct call){ SYS_exit_group, { 0 } });
	__builtin_trap(); /* where the filter denies the end */
}

/* Ticks of BATCH calls; the result of the first is left in `shared`. */
static uint64_t measured(unsigned filter, unsigned run)
{
	memset((void *)shared, 0, sizeof(*shared));
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		child(filter, run);
	int status;
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (shared->refused) {
		printf("\nrefused %s\n", strerror(shared->refused));
		exit(0);
	}
	if (!shared->done) {
		fprintf(stderr, "kernel: the child that called %ld ended with status %#x\n", calls[order[run][0][0]].nr, status);
		exit(2);
	}
	return shared->ticks;
}

static void take_turns(unsigned round, double tick)
{
	printf("round");
	for (unsigned r = 0; r < run_count; r++) {
		double ns[MOST];
		long result[MOST];
		for (unsigned i = 0; i < filter_count; i++) {
			unsigned f = (i + round) % filter_count;
			fflush(stdout);
			ns[f] = (double)measured(f, r) * tick / BATCH;
			result[f] = shared->result;
		}
		for (unsigned f = 0; f < filter_count; f++)
			printf(" %.2f:%ld", ns[f], result[f]);
	}
	putchar('\n');
	fflush(stdout);
}

static void read_filter(const char *path)
{
	struct sock_fprog *filter = &filters[filter_count++];
	if (!strcmp(path, "-"))
		return;
	int fd = open(path, O_RDONLY);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	if (size <= 0 || size > 8 * 4096)
		fail(path);
	filter->len = (unsigned short)(size / 8);
	filter->filter = malloc((size_t)size);
	if (!filter->filter || pread(fd, filter->filter, (size_t)size, 0) != size)
		fail(path);
	close(fd);
	struct sock_filter admit[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, 0 },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_seccomp },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog *other = &admitting[filter_count - 1];
	other->len = filter->len + 3;
	other->filter = malloc(sizeof(admit) + (size_t)size);
	if (!other->filter)
		fail("memory");
	memcpy(other->filter, admit, sizeof(admit));
	memcpy(other->filter + 3, filter->filter, (size_t)size);
}

static void read_call(char *text)
{
	struct call *call = &calls[call_count++];
	call->nr = (long)strtoull(text, &text, 0);
	for (int i = 0; i < 6; i++)
		call->arg[i] = (long)strtoull(text, &text, 0);
}

static void read_run(char *text)
{
	unsigned char of[MOST];
	unsigned count = 0;
	uint32_t state = 1;
	copies[run_count] = (unsigned)strtoul(text, &text, 10);
	for (char *end = text; count < MOST; text = end) {
		of[count] = (unsigned char)strtoul(text, &end, 10);
		if (end == text || of[count] >= call_count)
			break;
		count++;
	}
	for (unsigned b = 0; count && b < BATCHES; b++)
		for (unsigned i = 0; i < BATCH; i++) {
			/* A shuffle of as many of each. */
			state = state * 1664525 + 1013904223;
			unsigned other = (state >> 8) % (i + 1);
			order[run_count][b][i] = order[run_count][b][other];
			order[run_count][b][other] = of[i % count];
		}
	run_count++;
}

int main(int argc, char **argv)
{
	char line[1024];
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "filter ", 7) && filter_count < MOST)
			read_filter(line + 7);
		else if (!strncmp(line, "call ", 5) && call_count < MOST)
			read_call(line + 5);
		else if (!strncmp(line, "run ", 4) && run_count < MOST)
			read_run(line + 4);
		else
			return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || argc != 2)
		return 2;
	double tick = calibrate();
	for (int round = 0; round < atoi(argv[1]); round++)
		take_turns((unsigned)round, tick);
	return 0;
}
