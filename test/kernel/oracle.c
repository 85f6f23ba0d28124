/*
 * Asks the running kernel: does it take this filter, and what does it answer to this call?
 *
 * Each job forks a child. A second thread of the child, watched with ptrace by its parent, installs the job's
 * filters and makes the job's calls; the parent notes what becomes of each. A thread of its own, because
 * kill_thread and kill_process differ only where another thread can outlive the first. After a death a new
 * child goes on with the next call.
 *
 * No call is ever carried out. Below the job's filters lies a guard that answers `trace` to everything: it
 * loses to every answer but log, allow and unknown actions between trace and allow, and the tracer skips what
 * reaches it. So any number and any arguments may be asked about, reboot included. (Linux 6.14 and 6.18 let no filter judge uretprobe and
 * uprobe, 335 and 336 on x86_64: those would run.)
 *
 * stdin, in the byte order of this machine, until it ends:
 *     u32 number of filters
 *         each, oldest first: u32 number of instructions, then so many struct sock_filter
 *     u32 number of calls
 *         each: u32 nr, u32 entry (0: syscall, 1: int $0x80), u64 args[6]
 *
 * stdout: first a line with the instruction_pointer that filters see for each entry,
 *     ready HEX HEX
 * then one line for each job: the errno of the first filter that was refused or 0 (-1: the loading thread
 * died, which an older filter can bring about), that filter's index, and a word for each call:
 *     allow | errno:N | trap:N | trace:N | kill_thread | kill_process | signal:N | value:N
 * allow stands for all that loses to the guard, log too, and user_notif is errno:38, as there is no listener. Of a trace, data 51966 reads
 * as allow: it is the guard's. A job without calls is installed without the guard below it.
 *
 * A filter that is loaded judges the loading of the next one: it has to admit seccomp(2) where args[5] is
 * ADMIT. Usage and failures of the oracle itself: a message on stderr, exit 2.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the stubs and the tracer below are x86_64's"
#endif

#define ADMIT_HIGH 0x5eccadd1u
#define ADMIT_LOW 0x70ad5eccu
#define GUARD_DATA 51966
#define STUB_PAGE 0x5ecca7000ul
#define SECONDS_PER_CHILD 20
#define MOST_FILTERS 4096
#define MOST_CALLS 65536

struct call {
	uint32_t nr, entry;
	uint64_t args[6];
};

enum kind { NONE, ALLOW, VALUE, TRAP, TRACED, KILL_THREAD, KILL_PROCESS, SIGNAL };

struct outcome {
	int kind;
	long value;
};

/* What parent and child tell each other without a system call. */
static volatile struct shared {
	int load; /* -1 while loading */
	int loading, loaded, current, done;
	struct outcome outcomes[MOST_CALLS];
} *shared;

static struct job {
	uint32_t filters, calls, first;
	struct sock_fprog programs[MOST_FILTERS];
	struct call *call;
} job;

/*
 * long stub(const struct call *), copied to STUB_PAGE so that filters see a known instruction_pointer whose
 * high half is not 0.
 */
__asm__(".pushsection .text\n"
	"stub64: mov %rdi, %r11\n"
	" mov (%r11), %eax\n"
	" mov 8(%r11), %rdi\n"
	" mov 16(%r11), %rsi\n"
	" mov 24(%r11), %rdx\n"
	" mov 32(%r11), %r10\n"
	" mov 40(%r11), %r8\n"
	" mov 48(%r11), %r9\n"
	" syscall\n"
	"stub64_ip: ret\n"
	"stub32: push %rbx\n"
	" push %rbp\n"
	" mov %rdi, %r11\n"
	" mov (%r11), %eax\n"
	" mov 8(%r11), %ebx\n"
	" mov 16(%r11), %ecx\n"
	" mov 24(%r11), %edx\n"
	" mov 32(%r11), %esi\n"
	" mov 40(%r11), %edi\n"
	" mov 48(%r11), %ebp\n"
	" int $0x80\n"
	"stub32_ip: pop %rbp\n"
	" pop %rbx\n"
	" cltq\n"
	" ret\n"
	"stub_end:\n"
	".popsection\n");
extern const char stub64[], stub64_ip[], stub32[], stub32_ip[], stub_end[];

static void fail(const char *what)
{
	fprintf(stderr, "oracle: %s: %s\n", what, strerror(errno));
	_exit(2);
}

static unsigned long moved(const char *label)
{
	return STUB_PAGE + (unsigned long)(label - stub64);
}

static void place_stubs(void)
{
	void *page = mmap((void *)STUB_PAGE, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (page != (void *)STUB_PAGE)
		fail("mmap of the stubs");
	memcpy(page, stub64, (size_t)(stub_end - stub64));
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		fail("mprotect of the stubs");
}

static long load(const struct sock_fprog *program)
{
	uint64_t admit = (uint64_t)ADMIT_HIGH << 32 | ADMIT_LOW;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0ul, program, 0ul, 0ul, admit);
}

static long load_guard(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ADMIT_LOW, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ADMIT_HIGH, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | GUARD_DATA),
	};
	struct sock_fprog guard = { sizeof(insns) / sizeof(*insns), insns };
	return load(&guard);
}

/* The thread that is judged: between its first filter and the trap at the end it makes no call of its own. */
static void *worker(void *unused)
{
	(void)unused;
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		fail("ptrace");
	syscall(SYS_tgkill, getpid(), gettid(), SIGSTOP);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no_new_privs");
	if (job.calls && load_guard())
		fail("the guard");
	for (uint32_t i = 0; i < job.filters; i++) {
		shared->loading = (int)i;
		shared->load = -1;
		if (load(&job.programs[i])) {
			shared->load = errno;
			__asm__ volatile("int3");
		}
	}
	shared->load = 0;
	shared->loaded = 1;
	for (uint32_t i = job.first; i < job.calls; i++) {
		long (*stub)(const struct call *) =
			(long (*)(const struct call *))moved(job.call[i].entry ? stub32 : stub64);
		shared->current = (int)i;
		long value = stub(&job.call[i]);
		if (shared->outcomes[i].kind == NONE) {
			shared->outcomes[i].value = value;
			shared->outcomes[i].kind = VALUE;
		}
	}
	shared->done = 1;
	__asm__ volatile("int3");
	return NULL;
}

static void child(void)
{
	struct rlimit none = { 0, 0 };
	pthread_t thread;
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	alarm(SECONDS_PER_CHILD);
	errno = pthread_create(&thread, NULL, worker, NULL);
	if (errno)
		fail("pthread_create");
	for (;;)
		pause();
}

static void note(enum kind kind, long value)
{
	if (!shared->loaded)
		return;
	shared->outcomes[shared->current].kind = kind;
	shared->outcomes[shared->current].value = value;
}

/* The worker is about to make a call that some filter answered with `trace`: note it, and skip the call. */
static void skip_call(pid_t tid)
{
	unsigned long data = 0;
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &data) || ptrace(PTRACE_GETREGS, tid, 0, &regs))
		fail("reading a trace event");
	note(data == GUARD_DATA ? ALLOW : TRACED, (long)data);
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = 0;
	if (ptrace(PTRACE_SETREGS, tid, 0, &regs))
		fail("skipping a call");
}

/* Handles one stop of the worker; the signal to go on with, or -1 when the child has served. */
static int stopped(pid_t tid, int status, int *seized)
{
	int sig = WSTOPSIG(status);
	siginfo_t info;
	if (!*seized && sig == SIGSTOP) {
		*seized = 1;
		if (ptrace(PTRACE_SETOPTIONS, tid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL))
			fail("ptrace options");
		return 0;
	}
	if (status >> 16 == PTRACE_EVENT_SECCOMP) {
		skip_call(tid);
		return 0;
	}
	if (sig == SIGTRAP && (shared->done || !shared->loaded))
		return -1;
	if (sig == SIGALRM)
		return sig;
	if (ptrace(PTRACE_GETSIGINFO, tid, 0, &info))
		fail("reading a signal");
	note(sig == SIGSYS ? TRAP : SIGNAL, sig == SIGSYS ? info.si_errno : sig);
	return 0;
}

/* Runs one child from call job.first on, until it has made all calls or died of one. */
static void run_child(void)
{
	int status, seized = 0, worker_status = 0;
	pid_t tid, pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		child();
	while ((tid = waitpid(-1, &status, __WALL)) != pid) {
		if (tid < 0)
			fail("waitpid");
		if (WIFSTOPPED(status)) {
			int sig = stopped(tid, status, &seized);
			if (sig < 0)
				kill(pid, SIGKILL);
			else
				ptrace(PTRACE_CONT, tid, 0, sig);
		} else {
			worker_status = status;
			kill(pid, SIGKILL); /* too late to matter when the whole process was killed already */
		}
	}
	if (WIFEXITED(status))
		_exit(2); /* the child has told why */
	if (shared->done || !shared->loaded)
		return;
	if (!WIFSIGNALED(worker_status) || WTERMSIG(worker_status) != SIGSYS)
		note(SIGNAL, WTERMSIG(status));
	else
		note(WTERMSIG(status) == SIGSYS ? KILL_PROCESS : KILL_THREAD, 0);
}

static void print_outcome(const volatile struct outcome *outcome)
{
	switch (outcome->kind) {
	case ALLOW: printf(" allow"); break;
	case TRAP: printf(" trap:%ld", outcome->value); break;
	case TRACED: printf(" trace:%ld", outcome->value); break;
	case KILL_THREAD: printf(" kill_thread"); break;
	case KILL_PROCESS: printf(" kill_process"); break;
	case SIGNAL: printf(" signal:%ld", outcome->value); break;
	default:
		if (outcome->value <= 0 && outcome->value >= -4095)
			printf(" errno:%ld", -outcome->value);
		else
			printf(" value:%ld", outcome->value);
	}
}

static void answer(void)
{
	memset((void *)shared->outcomes, 0, job.calls * sizeof(struct outcome));
	job.first = 0;
	do {
		shared->load = shared->loading = shared->loaded = shared->done = 0;
		run_child();
		job.first = (uint32_t)shared->current + 1;
	} while (shared->loaded && !shared->done);
	printf("%d %d", shared->load, shared->load ? shared->loading : 0);
	for (uint32_t i = 0; shared->loaded && i < job.calls; i++)
		print_outcome(&shared->outcomes[i]);
	putchar('\n');
}

/* Reads exactly so many bytes; 0 when the input ended before the first. */
static int take(void *to, size_t size)
{
	size_t got = fread(to, 1, size, stdin);
	if (got == size)
		return 1;
	if (got == 0 && feof(stdin))
		return 0;
	errno = EINVAL;
	fail("the input is cut off");
	return 0;
}

static void take_all(void *to, size_t size)
{
	if (size && !take(to, size)) {
		errno = EINVAL;
		fail("the input is cut off");
	}
}

static int take_job(void)
{
	if (!take(&job.filters, sizeof(job.filters)))
		return 0;
	errno = E2BIG;
	if (job.filters > MOST_FILTERS)
		fail("filters");
	for (uint32_t i = 0; i < job.filters; i++) {
		uint32_t length;
		take_all(&length, sizeof(length));
		errno = E2BIG;
		if (length > 0xffff)
			fail("instructions");
		job.programs[i].len = (unsigned short)length;
		job.programs[i].filter = calloc(length + 1, sizeof(struct sock_filter));
		if (!job.programs[i].filter)
			fail("memory");
		take_all(job.programs[i].filter, length * sizeof(struct sock_filter));
	}
	take_all(&job.calls, sizeof(job.calls));
	errno = E2BIG;
	if (job.calls > MOST_CALLS)
		fail("calls");
	job.call = calloc(job.calls + 1, sizeof(struct call));
	if (!job.call)
		fail("memory");
	take_all(job.call, job.calls * sizeof(struct call));
	return 1;
}

static void drop_job(void)
{
	for (uint32_t i = 0; i < job.filters; i++)
		free(job.programs[i].filter);
	free(job.call);
}

int main(void)
{
	void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fail("shared memory");
	shared = memory;
	place_stubs();
	printf("ready %lx %lx\n", moved(stub64_ip), moved(stub32_ip));
	while (take_job()) {
		answer();
		drop_job();
	}
	return 0;
}
