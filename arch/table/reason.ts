// Generated from arch/data by arch/generate.ts (npm run arch): change those, not this file.

/** GROUP, MEMBERS, NODES, FOUND, REASON, with tabs between. */
export const reasons = `@node-runtime/engine	brk mmap munmap mprotect madvise	20-26	trace	memory of V8 and libc
@node-runtime/engine	mmap2	20-26	reading	mmap on 32-bit architectures
@node-runtime/engine	mremap	20-26	reading	libc's realloc moves large blocks
@node-runtime/engine	pkey_mprotect pkey_alloc pkey_free	20-26	reading	V8 protects its code by keys where the processor has them
@node-runtime/engine	cacheflush riscv_flush_icache	20-26	reading	V8 makes new code visible to an ARM, MIPS or RISC-V processor
@node-runtime/engine	futex	20-26	trace	locks, Atomics.wait, and waiting between threads
@node-runtime/engine	futex_time64	20-26	reading	futex on 32-bit architectures
@node-runtime/engine	sched_yield	20-26	load	V8 and libuv let other threads go first at a contended lock: one process in four at its end, no trace has it
@node-runtime/engine	sched_getparam sched_getscheduler	24-26	load	Abseil's locks, in V8, order those who wait by priority
@node-runtime/engine	sched_getaffinity	20-26	trace	libc looks for a thread's stack; os.availableParallelism
@node-runtime/engine	clock_nanosleep	24-26	load	Abseil measures the processor's clock rate at the first contended lock
@node-runtime/engine	nanosleep clock_nanosleep_time64	20-26	reading	clock_nanosleep in older libcs and on 32-bit architectures
@node-runtime/engine	clock_gettime clock_getres gettimeofday time clock_gettime64 clock_getres_time64	20-26	reading	the time, where the vDSO cannot tell it: some virtual machines, some clocks, 32-bit architectures
@node-runtime/engine	epoll_pwait epoll_ctl	20-26	trace	the event loop
@node-runtime/engine	epoll_wait	20-26	reading	epoll_pwait in c-ares and older libcs
@node-runtime/engine	io_uring_enter	22-26	trace	libuv changes its epoll set through a ring that it has from before the filter, and aborts when that is denied; without a ring it is never called
@node-runtime/engine	read write close	20-26	trace	the event loop's own descriptors, and those that are open
@node-runtime/engine	rt_sigaction rt_sigprocmask	20-26	trace	signal handlers, set by process.on and put back at the end; threads begin and end with signals blocked
@node-runtime/engine	rt_sigreturn	20-26	trace	the return from a signal handler, such as that of SIGTERM or SIGCHLD
@node-runtime/engine	sigreturn	20-26	reading	rt_sigreturn on 32-bit architectures
@node-runtime/engine	restart_syscall	20-26	reading	the kernel goes on with a wait after SIGSTOP and SIGCONT
@node-runtime/engine	sigaltstack	20-26	reading	threads set and clear a stack for signals (V8's WebAssembly traps, Rust's library in Node 26)
@node-runtime/engine	set_robust_list rseq	20-26	trace	libc registers a thread, or the child of a fork, with the kernel
@node-runtime/engine	getpid gettid	20-26	trace	OpenSSL and libuv see whether they are in the child of a fork; V8 and Abseil name threads
@node-runtime/engine	getrandom	20-26	trace	seeds: of V8's hash tables and Math.random, of malloc, of crypto
@node-runtime/engine	getrusage	20-26	trace	process.cpuUsage, and V8's own measurements
@node-runtime/engine	exit exit_group	20-26	trace	a thread and the process end
@node-runtime/engine	fsync	20-26	trace	koffi, through which filters are installed, flushes standard output and error at the end
@node-runtime	@node-runtime/engine	20-26	trace	memory, threads, clocks, the event loop
@node-runtime	writev	20-26	trace	several buffers at once, on streams that are open
@node-runtime	readv	20-26	reading	several buffers at once, on descriptors that are open
@node-runtime	recvmsg sendmsg	20-26	trace	the channel of child_process.fork, with the handles that it passes
@node-runtime	shutdown	20-26	trace	the end of a stream
@node-runtime	getsockname getsockopt	20-26	trace	what kind of socket a standard stream is, at its first use
@node-runtime	getpeername	20-26	reading	who is at the other end of a socket: socket.remoteAddress
@node-runtime	fstat newfstatat	20-26	trace	what kind of file a standard stream is, at its first use and at the end
@node-runtime	fstat64 fstatat64 statx	20-26	reading	fstat and newfstatat on 32-bit architectures and on loongarch64
@node-runtime	fcntl	20-26	trace	the standard streams are put back at the end as they were
@node-runtime	fcntl64	20-26	reading	fcntl on 32-bit architectures
@node-runtime	ioctl	20-26	trace	whether a stream is a terminal, how large it is, and that it shall not block
@node-runtime	dup3	20-26	trace	a terminal is opened anew at the first use of a standard stream
@node-runtime	openat	20-26	load	Abseil (Node 24-26) looks for the processor's clock rate at the first contended lock, on a thread of V8; ICU for the time zone at the first local time; a terminal as a standard stream; process.memoryUsage. Denied by an errno, the first two do without
@node-runtime	open	20-26	reading	openat in musl, the libc of Alpine
@node-runtime	readlink lseek	20-26	trace	ICU and libc read the time zone at the first local time
@node-runtime	readlinkat _llseek llseek	20-26	reading	readlink and lseek on other architectures: the time zone
@node-runtime	getdents64	20-26	reading	ICU compares /etc/localtime with every time zone when it is no symbolic link, as in many containers
@node-runtime	getuid geteuid getgid getegid capget	20-26	trace	Node trusts some environment variables only when it has no privileges: os.tmpdir, certificates
@node-runtime	getuid32 geteuid32 getgid32 getegid32	20-26	reading	getuid and its kin on 32-bit architectures
@node-runtime	getcwd	20-26	trace	process.cwd, path.resolve, a worker's start
@node-runtime	getppid	20-26	reading	process.ppid
@node-runtime	uname sysinfo	20-26	trace	os, and V8's idea of how much memory there is
@node-runtime/threads	@node-runtime	20-26	trace	what Node needs in any case
@node-runtime/threads	clone3	20-26	trace	a thread starts: libuv's pool does when files, names, zlib or cryptography first need it
@node-runtime/threads	clone	20-26	reading	clone3 in musl and in libcs before 2.34
@node-runtime/threads	prctl	22-26	trace	a thread's name
@node-runtime/threads	prlimit64	20-26	trace	how large a thread's stack shall be
@node-runtime/threads	getrlimit ugetrlimit	20-26	reading	prlimit64 in older libcs
@node-runtime/http	@node-runtime	20-26	trace	what Node needs in any case
@node-runtime/http	socket setsockopt	20-26	trace	a socket for listening or connecting: http, https, http2, net, tls
@node-runtime/http	bind listen accept4	20-26	trace	a server
@node-runtime/http	accept	20-26	reading	accept4 on old kernels
@node-runtime/http	connect	20-26	trace	a client, fetch included; names are looked up by @node-runtime/dns
@node-runtime/http	socketcall	20-26	reading	socket, bind, connect and their kin on s390x and x86, in older libcs
@node-runtime/http	unlink	20-26	trace	a server on a Unix socket removes the socket's file when it closes
@node-runtime/http	unlinkat	20-26	reading	unlink on aarch64 and other newer architectures
@node-runtime/dgram	@node-runtime	20-26	trace	what Node needs in any case
@node-runtime/dgram	socket bind setsockopt	20-26	trace	a socket for datagrams
@node-runtime/dgram	connect	20-26	reading	a socket with one peer
@node-runtime/dgram	sendmmsg recvmmsg recvmmsg_time64	20-26	reading	libuv sends and receives several datagrams at once
@node-runtime/dgram	sendto recvfrom socketcall	20-26	reading	sending and receiving on other architectures and kernels
@node-runtime/worker_threads	@node-runtime/threads	20-26	trace	a worker is a thread, with an engine of its own
@node-runtime/worker_threads	epoll_create1 eventfd2 pipe2	20-26	trace	a worker's event loop; from Node 22 on it asks for a ring as well, so answer io_uring_setup with ENOSYS
@node-runtime/crypto	@node-runtime/threads	20-26	trace	key derivation, key generation, signatures and WebCrypto run on libuv's pool
@node-runtime/zlib	@node-runtime/threads	20-26	trace	zlib, brotli and zstd run on libuv's pool
@node-runtime/modules	@node-runtime	20-26	trace	what Node needs in any case
@node-runtime/modules	stat lstat	22-26	trace	import and require look for files
@node-runtime/modules	stat64 lstat64	20-26	reading	stat and lstat on 32-bit architectures
@node-runtime/modules	access faccessat faccessat2	20-26	reading	whether a file is there
@node-runtime/modules	pread64	20-26	trace	addons: the dynamic linker reads a library's headers
@node-runtime/fs	@node-runtime/threads	20-26	trace	fs.promises and callbacks run on libuv's pool
@node-runtime/fs	@node-runtime/modules	20-26	trace	reading and looking
@node-runtime/fs	preadv pwrite64 pwritev	20-26	trace	reading and writing at a position
@node-runtime/fs	getdents	20-26	reading	getdents64 in older libcs
@node-runtime/fs	fdatasync ftruncate copy_file_range	20-26	trace	writing
@node-runtime/fs	truncate ftruncate64 truncate64 fallocate	20-26	reading	ftruncate in other libcs and on other architectures
@node-runtime/fs	sendfile sendfile64 poll ppoll ppoll_time64	20-26	reading	fs.copyFile where copy_file_range cannot copy
@node-runtime/fs	mkdir rmdir unlink rename link symlink	20-26	trace	names in directories
@node-runtime/fs	mkdirat unlinkat renameat renameat2 linkat symlinkat	20-26	reading	mkdir, unlink, rename and their kin on aarch64 and other newer architectures
@node-runtime/fs	chmod fchmod chown fchown lchown utimensat	20-26	trace	modes, owners and times
@node-runtime/fs	fchmodat fchmodat2 fchownat chown32 fchown32 lchown32 utimensat_time64 utime utimes futimesat	20-26	reading	modes, owners and times on other architectures, kernels and libcs
@node-runtime/fs	statfs	20-26	trace	fs.statfs
@node-runtime/fs	fstatfs statfs64 fstatfs64	20-26	reading	statfs on 32-bit architectures; before a copy, libuv asks whether it is to a network
@node-runtime/fs	inotify_init1 inotify_add_watch inotify_rm_watch	20-26	trace	fs.watch
@node-runtime/fs	chdir umask	20-26	trace	process.chdir, process.umask
@node-runtime/dns	@node-runtime/threads	20-26	trace	dns.lookup runs on libuv's pool
@node-runtime/dns	@node-runtime/modules	20-26	trace	libc reads its configuration and loads its ways of looking up names
@node-runtime/dns	socket connect setsockopt	20-26	trace	sockets to name servers
@node-runtime/dns	bind	20-26	reading	libc asks the kernel for the machine's addresses
@node-runtime/dns	sendto sendmmsg recvfrom poll	20-26	trace	questions and answers
@node-runtime/dns	ppoll ppoll_time64 send recv recvmmsg socketcall	20-26	reading	questions and answers on other architectures and libcs
@node-runtime/child_process	@node-runtime	20-26	trace	what Node needs in any case; what the child itself calls is not in here, see @node-runtime/start
@node-runtime/child_process	clone	20-26	trace	the fork
@node-runtime/child_process	clone3 fork vfork	20-26	reading	the fork in other libcs and architectures
@node-runtime/child_process	execve	20-26	trace	the child becomes the program
@node-runtime/child_process	pipe2 socketpair	20-26	trace	the child's streams and its channel
@node-runtime/child_process	setsockopt	22-26	trace	how much the child's streams may hold
@node-runtime/child_process	epoll_create1 eventfd2	20-26	trace	the event loop of spawnSync
@node-runtime/child_process	wait4	20-26	trace	the child's status
@node-runtime/child_process	waitid waitpid	20-26	reading	wait4 in other libcs
@node-runtime/child_process	kill	20-26	trace	child.kill, and the time limit of spawnSync
@node-runtime/child_process	dup2 setsid chdir setuid setgid setgroups	20-26	trace	the options of spawn, between fork and execve
@node-runtime/child_process	dup setuid32 setgid32 setgroups32 close_range prlimit64	20-26	reading	the options of spawn on other architectures and versions of libuv
@node-runtime/start	@node-runtime/threads	20-26	trace	V8's threads start with Node
@node-runtime/start	@node-runtime/modules	20-26	trace	Node loads the program
@node-runtime/start	execve	20-26	trace	the launcher of seccat run becomes Node
@node-runtime/start	arch_prctl set_tid_address	20-26	trace	the dynamic linker and libc begin
@node-runtime/start	set_tls set_thread_area riscv_hwprobe	20-26	reading	the dynamic linker and libc begin on ARM, MIPS and RISC-V
@node-runtime/start	epoll_create1 eventfd2 pipe2	20-26	trace	the event loop
@node-runtime/start	poll ppoll ppoll_time64	20-26	reading	whether the standard streams are open
@node-runtime/start	dup2	20-26	reading	a standard stream that is closed becomes /dev/null`;
