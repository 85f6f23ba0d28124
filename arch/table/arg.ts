// Generated from arch/data by arch/generate.ts (npm run arch): change those, not this file.

/** NAME[@TABLES] ARG...: an ARG is name|alias:kind:type, "+" at its end when split on 32-bit ABIs. */
export const args = `_llseek fd:fd:u32 offset_high:uint:u32 offset_low:uint:u32 result:ptr:ptr whence:cmd:u32
_newselect n:int:i32 readfds:ptr:ptr writefds:ptr:ptr exceptfds:ptr:ptr timeout:ptr:ptr
_sysctl args:ptr:ptr
accept fd:fd:i32 sockaddr:ptr:ptr addrlen_ptr:ptr:ptr
accept4 fd:fd:i32 sockaddr:ptr:ptr addrlen_ptr:ptr:ptr flags:flags:i32
access path:path:ptr mode:mode:i32
acct path:path:ptr
add_key type:str:ptr description:str:ptr payload:ptr:ptr plen:size:u64 keyring:int:i32
adjtimex timex:ptr:ptr
afs_syscall
alarm seconds:uint:u32
arch_prctl option:cmd:i32 arg2:uint:u64
arm_fadvise64_64 fd:fd:i32 advice:cmd:i32 offset:off:i64+ len:off:i64+
arm_sync_file_range fd:fd:i32 flags:flags:u32 offset:off:i64+ nbytes:size:i64+
atomic_barrier
atomic_cmpxchg_32 newval:uint:u32 oldval:uint:u32 d3:uint:u32 d4:uint:u32 d5:uint:u32 mem:ptr:ptr
bdflush func:cmd:i32 data:int:i32
bind fd:fd:i32 sockaddr:ptr:ptr addrlen:size:i32
bpf cmd:cmd:i32 attr:ptr:ptr size:size:u32 attr_common:ptr:ptr size_common:uint:u32
break
breakpoint
brk brk:addr:u64
cachectl addr:ptr:ptr nbytes:size:i32 op:cmd:i32
cacheflush start:addr:u32 end:addr:u32 flags:flags:u32
cachestat fd:fd:u32 cstat_range:ptr:ptr cstat:ptr:ptr flags:flags:u32
capget hdr:ptr:ptr data:ptr:ptr
capset hdr:ptr:ptr data:ptr:ptr
chdir path:path:ptr
chmod path:path:ptr mode:mode:u16
chown path:path:ptr user:uid:u32 group:gid:u32
chown32 path:path:ptr user:uid:u32 group:gid:u32
chroot path:path:ptr
clock_adjtime clockid:clockid:i32 timex:ptr:ptr
clock_adjtime64 clockid:clockid:i32 timex:ptr:ptr
clock_getres clockid:clockid:i32 timespec:ptr:ptr
clock_getres_time64 clockid:clockid:i32 timespec:ptr:ptr
clock_gettime clockid:clockid:i32 timespec:ptr:ptr
clock_gettime64 clockid:clockid:i32 timespec:ptr:ptr
clock_nanosleep clockid:clockid:i32 flags:flags:i32 request:ptr:ptr remain:ptr:ptr
clock_nanosleep_time64 clockid:clockid:i32 flags:flags:i32 request:ptr:ptr remain:ptr:ptr
clock_settime clockid:clockid:i32 timespec:ptr:ptr
clock_settime64 clockid:clockid:i32 timespec:ptr:ptr
clone flags:flags:u64 stack:addr:u64 parent_tid:ptr:ptr child_tid:ptr:ptr tls:addr:u64
clone3 args:ptr:ptr size:size:u64
close fd:fd:u32
close_range fd:fd:u32 max_fd:fd:u32 flags:flags:u32
connect fd:fd:i32 sockaddr:ptr:ptr addrlen:size:i32
copy_file_range fd_in:fd:i32 off_in:ptr:ptr fd_out:fd:i32 off_out:ptr:ptr len:size:u64 flags:flags:u32
creat path:path:ptr mode:mode:u16
create_module name:str:ptr size:size:u64
delete_module name:str:ptr flags:flags:u32
dup fd:fd:u32
dup2 oldfd:fd:u32 newfd:fd:u32
dup3 oldfd:fd:u32 newfd:fd:u32 flags:flags:i32
epoll_create size:size:i32
epoll_create1 flags:flags:i32
epoll_ctl epfd:fd:i32 op:cmd:i32 fd:fd:i32 event:ptr:ptr
epoll_ctl_old epfd:fd:i32 op:cmd:i32 fd:fd:i32 event:ptr:ptr
epoll_pwait epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32 sigmask:ptr:ptr sigsetsize:size:u64
epoll_pwait2 epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u64
epoll_wait epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32
epoll_wait_old epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32
eventfd count:size:u32
eventfd2 count:size:u32 flags:flags:i32
execve path:path:ptr argv:ptr:ptr envp:ptr:ptr
execveat fd:fd:i32 path:path:ptr argv:ptr:ptr envp:ptr:ptr flags:flags:i32
exit error_code:int:i32
exit_group error_code:int:i32
faccessat dirfd:fd:i32 path:path:ptr mode:mode:i32
faccessat2 dirfd:fd:i32 path:path:ptr mode:mode:i32 flags:flags:i32
fadvise64 fd:fd:i32 offset:off:i64+ len:size:u64 advice:cmd:i32
fadvise64_64 fd:fd:i32 offset_low:uint:u32 offset_high:uint:u32 len_low:uint:u32 len_high:uint:u32 advice:cmd:i32
fallocate fd:fd:i32 mode:flags:i32 offset:off:i64+ len:size:i64+
fanotify_init flags:flags:u32 event_f_flags:flags:u32
fanotify_mark fanotify_fd:fd:i32 flags:flags:u32 mask:flags:u64+ dirfd:fd:i32 path:path:ptr
fchdir fd:fd:u32
fchmod fd:fd:u32 mode:mode:u16
fchmodat dirfd:fd:i32 path:path:ptr mode:mode:u16
fchmodat2 dirfd:fd:i32 path:path:ptr mode:mode:u16 flags:flags:u32
fchown fd:fd:u32 user:uid:u32 group:gid:u32
fchown32 fd:fd:u32 user:uid:u32 group:gid:u32
fchownat dirfd:fd:i32 path:path:ptr user:uid:u32 group:gid:u32 flag:flags:i32
fcntl fd:fd:u32 cmd:cmd:u32 arg:uint:u64
fcntl64 fd:fd:u32 cmd:cmd:u32 arg:uint:u32
fdatasync fd:fd:u32
fgetxattr fd:fd:i32 name:str:ptr value:ptr:ptr size:size:u64
file_getattr dirfd:fd:i32 path:path:ptr fattr:ptr:ptr usize:size:u64 at_flags:flags:u32
file_setattr dirfd:fd:i32 path:path:ptr fattr:ptr:ptr usize:size:u64 at_flags:flags:u32
finit_module fd:fd:i32 args:str:ptr flags:flags:i32
flistxattr fd:fd:i32 list:ptr:ptr size:size:u64
flock fd:fd:u32 cmd:cmd:u32
fork
fremovexattr fd:fd:i32 name:str:ptr
fsconfig fd:fd:i32 cmd:cmd:u32 key:str:ptr value:ptr:ptr aux:int:i32
fsetxattr fd:fd:i32 name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
fsmount fs_fd:fd:i32 flags:flags:u32 attr_flags:flags:u32
fsopen fs_name:str:ptr flags:flags:u32
fspick dirfd:fd:i32 path:path:ptr flags:flags:u32
fstat fd:fd:u32 statbuf:ptr:ptr
fstat64 fd:fd:u32 statbuf:ptr:ptr
fstatat64 dirfd:fd:i32 path:path:ptr statbuf:ptr:ptr flag:flags:i32
fstatfs fd:fd:u32 buf:ptr:ptr
fstatfs64 fd:fd:u32 sz:size:u32 buf:ptr:ptr
fsync fd:fd:u32
ftime tp:ptr:ptr
ftruncate fd:fd:u32 length:size:i64
ftruncate64 fd:fd:u32 offset_low:uint:u32 offset_high:uint:u32
futex addr:ptr:ptr op:cmd:i32 val:uint:u32 timeout:ptr:ptr uaddr2:ptr:ptr val3:uint:u32
futex_requeue waiters:ptr:ptr flags:flags:u32 nr_wake:int:i32 nr_requeue:int:i32
futex_time64 addr:ptr:ptr op:cmd:i32 val:uint:u32 timeout:ptr:ptr uaddr2:ptr:ptr val3:uint:u32
futex_wait addr:ptr:ptr val:uint:u64 mask:flags:u64 flags:flags:u32 timeout:ptr:ptr clockid:clockid:i32
futex_waitv waiters:ptr:ptr nr_futexes:uint:u32 flags:flags:u32 timeout:ptr:ptr clockid:clockid:i32
futex_wake addr:ptr:ptr mask:flags:u64 nr:int:i32 flags:flags:u32
futimesat dirfd:fd:i32 path:path:ptr utimes:ptr:ptr
get_kernel_syms table:ptr:ptr
get_mempolicy policy:ptr:ptr nmask:ptr:ptr maxnode:uint:u64 addr:addr:u64 flags:flags:u64
get_robust_list pid:pid:i32 head_ptr:ptr:ptr len_ptr:ptr:ptr
get_thread_area u_info:ptr:ptr
get_tls
getcpu cpu:ptr:ptr node:ptr:ptr unused:ptr:ptr
getcwd buf:ptr:ptr size:size:u64
getdents fd:fd:u32 dirent:ptr:ptr count:size:u32
getdents64 fd:fd:u32 dirent:ptr:ptr count:size:u32
getegid
getegid32
geteuid
geteuid32
getgid
getgid32
getgroups gidsetsize:int:i32 grouplist:ptr:ptr
getgroups32 gidsetsize:int:i32 grouplist:ptr:ptr
getitimer which:cmd:i32 value:ptr:ptr
getpagesize
getpeername fd:fd:i32 sockaddr:ptr:ptr addrlen_ptr:ptr:ptr
getpgid pid:pid:i32
getpgrp
getpid
getpmsg
getppid
getpriority which:cmd:i32 who:int:i32
getrandom buf:ptr:ptr len:size:u64 flags:flags:u32
getresgid rgidp:ptr:ptr egidp:ptr:ptr sgidp:ptr:ptr
getresgid32 rgidp:ptr:ptr egidp:ptr:ptr sgidp:ptr:ptr
getresuid ruidp:ptr:ptr euidp:ptr:ptr suidp:ptr:ptr
getresuid32 ruidp:ptr:ptr euidp:ptr:ptr suidp:ptr:ptr
getrlimit resource:cmd:u32 rlimit:ptr:ptr
getrusage who:int:i32 rusage:ptr:ptr
getsid pid:pid:i32
getsockname fd:fd:i32 sockaddr:ptr:ptr addrlen_ptr:ptr:ptr
getsockopt fd:fd:i32 level:cmd:i32 optname:cmd:i32 optval:ptr:ptr optlen:ptr:ptr
gettid
gettimeofday timeval:ptr:ptr timezone:ptr:ptr
getuid
getuid32
getxattr path:path:ptr name:str:ptr value:ptr:ptr size:size:u64
getxattrat dirfd:fd:i32 path:path:ptr at_flags:flags:u32 name:str:ptr args:ptr:ptr usize:size:u64
gtty
idle
init_module image:ptr:ptr len:size:u64 args:str:ptr
inotify_add_watch fd:fd:i32 path:path:ptr mask:flags:u32
inotify_init
inotify_init1 flags:flags:i32
inotify_rm_watch fd:fd:i32 wd:int:i32
io_cancel ctx_id:uint:u64 iocb:ptr:ptr result:ptr:ptr
io_destroy ctx:uint:u64
io_getevents ctx_id:uint:u64 min_nr:int:i64 nr:int:i64 events:ptr:ptr timeout:ptr:ptr
io_pgetevents ctx_id:uint:u64 min_nr:int:i64 nr:int:i64 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_pgetevents_time64 ctx_id:uint:u32 min_nr:int:i32 nr:int:i32 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_setup nr_events:uint:u32 ctx:ptr:ptr
io_submit ctx_id:uint:u64 nr:int:i64 iocbs:ptr:ptr
io_uring_enter fd:fd:u32 to_submit:uint:u32 min_complete:uint:u32 flags:flags:u32 argp:ptr:ptr argsz:size:u64
io_uring_register fd:fd:u32 opcode:cmd:u32 arg:ptr:ptr nr_args:uint:u32
io_uring_setup entries:uint:u32 params:ptr:ptr
ioctl fd:fd:u32 cmd:cmd:u32 arg:uint:u64
ioperm from:uint:u64 num:uint:u64 turn_on:int:i32
iopl level:cmd:u32
ioprio_get which:cmd:i32 who:int:i32
ioprio_set which:cmd:i32 who:int:i32 ioprio:int:i32
ipc call:cmd:u32 first:int:i32 second:uint:u32 third:uint:u32 ptr:ptr:ptr fifth:int:i32
kcmp pid1:pid:i32 pid2:pid:i32 type:cmd:i32 idx1:uint:u64 idx2:uint:u64
kexec_file_load kernel_fd:fd:i32 initrd_fd:fd:i32 cmdline_len:uint:u64 cmdline:str:ptr flags:flags:u64
kexec_load entry:uint:u64 nr_segments:uint:u64 segments:ptr:ptr flags:flags:u64
keyctl option:cmd:i32 arg2:uint:u64 arg3:uint:u64 arg4:uint:u64 arg5:uint:u64
kill pid:pid:i32 sig:signal:i32
landlock_add_rule ruleset_fd:fd:i32 rule_type:cmd:u32 rule_attr:ptr:ptr flags:flags:u32
landlock_create_ruleset attr:ptr:ptr size:size:u64 flags:flags:u32
landlock_restrict_self ruleset_fd:fd:i32 flags:flags:u32
lchown path:path:ptr user:uid:u32 group:gid:u32
lchown32 path:path:ptr user:uid:u32 group:gid:u32
lgetxattr path:path:ptr name:str:ptr value:ptr:ptr size:size:u64
link oldpath:path:ptr newpath:path:ptr
linkat olddfd:fd:i32 oldpath:path:ptr newdfd:fd:i32 newpath:path:ptr flags:flags:i32
listen fd:fd:i32 backlog:int:i32
listmount req:ptr:ptr mnt_ids:ptr:ptr nr_mnt_ids:size:u64 flags:flags:u32
listns req:ptr:ptr ns_ids:ptr:ptr nr_ns_ids:size:u64 flags:flags:u32
listxattr path:path:ptr list:ptr:ptr size:size:u64
listxattrat dirfd:fd:i32 path:path:ptr at_flags:flags:u32 list:ptr:ptr size:size:u64
llistxattr path:path:ptr list:ptr:ptr size:size:u64
llseek fd:fd:u32 offset_high:uint:u32 offset_low:uint:u32 result:ptr:ptr whence:cmd:u32
lock
lookup_dcookie cookie:uint:u64 buf:ptr:ptr len:size:u64
lremovexattr path:path:ptr name:str:ptr
lseek fd:fd:u32 offset:off:i64 whence:cmd:u32
lsetxattr path:path:ptr name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
lsm_get_self_attr attr:uint:u32 ctx:ptr:ptr size:ptr:ptr flags:flags:u32
lsm_list_modules ids:ptr:ptr size:ptr:ptr flags:flags:u32
lsm_set_self_attr attr:uint:u32 ctx:ptr:ptr size:size:u32 flags:flags:u32
lstat path:path:ptr statbuf:ptr:ptr
lstat64 path:path:ptr statbuf:ptr:ptr
madvise start:addr:u64 len_in:size:u64 behavior:cmd:i32
map_shadow_stack addr:addr:u64 size:size:u64 flags:flags:u32
mbind start:addr:u64 len:size:u64 mode:uint:u64 nmask:ptr:ptr maxnode:uint:u64 flags:flags:u32
membarrier cmd:cmd:i32 flags:flags:u32 cpu_id:int:i32
memfd_create name:str:ptr flags:flags:u32
memfd_secret flags:flags:u32
migrate_pages pid:pid:i32 maxnode:uint:u64 old_nodes:ptr:ptr new_nodes:ptr:ptr
mincore start:addr:u64 len:size:u64 vec:ptr:ptr
mkdir path:path:ptr mode:mode:u16
mkdirat dirfd:fd:i32 path:path:ptr mode:mode:u16
mknod path:path:ptr mode:mode:u16 dev:dev:u32
mknodat dirfd:fd:i32 path:path:ptr mode:mode:u16 dev:dev:u32
mlock start:addr:u64 len:size:u64
mlock2 start:addr:u64 len:size:u64 flags:flags:i32
mlockall flags:flags:i32
mmap addr:addr:u64 len:size:u64 prot:flags:u64 flags:flags:u64 fd:fd:u64 off:off:u64
mmap2 addr:addr:u32 len:size:u32 prot:flags:u32 flags:flags:u32 fd:fd:u32 pgoff:off:u32
modify_ldt func:cmd:i32 ptr:ptr:ptr bytecount:size:u64
mount dev_name:path:ptr dir_name:path:ptr type:str:ptr flags:flags:u64 data:ptr:ptr
mount_setattr dirfd:fd:i32 path:path:ptr flags:flags:u32 attr:ptr:ptr usize:size:u64
move_mount from_dfd:fd:i32 from_pathname:path:ptr to_dfd:fd:i32 to_pathname:path:ptr flags:flags:u32
move_pages pid:pid:i32 nr_pages:uint:u64 pages:ptr:ptr nodes:ptr:ptr status:ptr:ptr flags:flags:i32
mprotect start:addr:u64 len:size:u64 prot:flags:u64
mpx
mq_getsetattr mqdes:fd:i32 new_attr:ptr:ptr old_attr:ptr:ptr
mq_notify mqdes:fd:i32 notification:ptr:ptr
mq_open name:str:ptr oflag:flags:i32 mode:mode:u16 attr:ptr:ptr
mq_timedreceive mqdes:fd:i32 msg:ptr:ptr msg_len:size:u64 msg_prio:ptr:ptr abs_timeout:ptr:ptr
mq_timedreceive_time64 mqdes:fd:i32 msg:ptr:ptr msg_len:size:u32 msg_prio:ptr:ptr abs_timeout:ptr:ptr
mq_timedsend mqdes:fd:i32 msg:ptr:ptr msg_len:size:u64 msg_prio:uint:u32 abs_timeout:ptr:ptr
mq_timedsend_time64 mqdes:fd:i32 msg:ptr:ptr msg_len:size:u32 msg_prio:uint:u32 abs_timeout:ptr:ptr
mq_unlink name:str:ptr
mremap addr:addr:u64 old_len:size:u64 new_len:size:u64 flags:flags:u64 new_addr:addr:u64
mseal start:addr:u64 len:size:u64 flags:flags:u64
msgctl msqid:int:i32 cmd:cmd:i32 buf:ptr:ptr
msgget key:int:i32 msgflg:flags:i32
msgrcv msqid:int:i32 msgp:ptr:ptr msgsz:size:u64 msgtyp:int:i64 msgflg:flags:i32
msgsnd msqid:int:i32 msgp:ptr:ptr msgsz:size:u64 msgflg:flags:i32
msync start:addr:u64 len:size:u64 flags:flags:i32
multiplexer
munlock start:addr:u64 len:size:u64
munlockall
munmap addr:addr:u64 len:size:u64
name_to_handle_at dirfd:fd:i32 name:path:ptr handle:ptr:ptr mnt_id:ptr:ptr flag:flags:i32
nanosleep request:ptr:ptr remain:ptr:ptr
newfstatat dirfd:fd:i32 path:path:ptr statbuf:ptr:ptr flag:flags:i32
nfsservctl cmd:cmd:i32 argp:ptr:ptr resp:ptr:ptr
nice increment:int:i32
oldfstat fd:fd:u32 statbuf:ptr:ptr
oldlstat path:path:ptr statbuf:ptr:ptr
oldolduname name:ptr:ptr
oldstat path:path:ptr statbuf:ptr:ptr
olduname name:ptr:ptr
open path:path:ptr flags:flags:i32 mode:mode:u16
open_by_handle_at mountdirfd:fd:i32 handle:ptr:ptr flags:flags:i32
open_tree dirfd:fd:i32 path:path:ptr flags:flags:u32
open_tree_attr dirfd:fd:i32 path:path:ptr flags:flags:u32 attr:ptr:ptr usize:size:u64
openat dirfd:fd:i32 path:path:ptr flags:flags:i32 mode:mode:u16
openat2 dirfd:fd:i32 path:path:ptr how:ptr:ptr usize:size:u64
pause
pciconfig_iobase which:cmd:i32 bus:uint:u32 dfn:uint:u32
pciconfig_read bus:uint:u32 dfn:uint:u32 off:off:u32 len:size:u32 buf:ptr:ptr
pciconfig_write bus:uint:u32 dfn:uint:u32 off:off:u32 len:size:u32 buf:ptr:ptr
perf_event_open attr_uptr:ptr:ptr pid:pid:i32 cpu:int:i32 group_fd:fd:i32 flags:flags:u64
personality personality:cmd:u32
pidfd_getfd pidfd:fd:i32 fd:fd:i32 flags:flags:u32
pidfd_open pid:pid:i32 flags:flags:u32
pidfd_send_signal pidfd:fd:i32 sig:signal:i32 info:ptr:ptr flags:flags:u32
pipe fds:ptr:ptr
pipe2 fds:ptr:ptr flags:flags:i32
pivot_root new_root:path:ptr put_old:path:ptr
pkey_alloc flags:flags:u64 init_val:uint:u64
pkey_free pkey:int:i32
pkey_mprotect start:addr:u64 len:size:u64 prot:flags:u64 pkey:int:i32
poll fds:ptr:ptr nfds:uint:u32 timeout_msecs:int:i32
ppoll fds:ptr:ptr nfds:uint:u32 timeout:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u64
ppoll_time64 fds:ptr:ptr nfds:uint:u32 timeout:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u32
prctl option:cmd:i32 arg2:uint:u64 arg3:uint:u64 arg4:uint:u64 arg5:uint:u64
pread64 fd:fd:u32 buf:ptr:ptr count:size:u64 pos:off:i64+
preadv fd:fd:u64 vec:ptr:ptr vlen:size:u64 pos_l:off:u64 pos_h:off:u64
preadv2 fd:fd:u64 vec:ptr:ptr vlen:size:u64 pos_l:off:u64 pos_h:off:u64 flags:flags:i32
prlimit64 pid:pid:i32 resource:cmd:u32 new_rlim:ptr:ptr old_rlim:ptr:ptr
process_madvise pidfd:fd:i32 vec:ptr:ptr vlen:size:u64 behavior:cmd:i32 flags:flags:u32
process_mrelease pidfd:fd:i32 flags:flags:u32
process_vm_readv pid:pid:i32 lvec:ptr:ptr liovcnt:size:u64 rvec:ptr:ptr riovcnt:size:u64 flags:flags:u64
process_vm_writev pid:pid:i32 lvec:ptr:ptr liovcnt:size:u64 rvec:ptr:ptr riovcnt:size:u64 flags:flags:u64
prof
profil
pselect6 n:int:i32 readfds:ptr:ptr writefds:ptr:ptr exceptfds:ptr:ptr timeout:ptr:ptr sig:ptr:ptr
pselect6_time64 n:int:i32 readfds:ptr:ptr writefds:ptr:ptr exceptfds:ptr:ptr timeout:ptr:ptr sig:ptr:ptr
ptrace request:cmd:i64 pid:pid:i64 addr:addr:u64 data:uint:u64
putpmsg
pwrite64 fd:fd:u32 buf:ptr:ptr count:size:u64 pos:off:i64+
pwritev fd:fd:u64 vec:ptr:ptr vlen:size:u64 pos_l:off:u64 pos_h:off:u64
pwritev2 fd:fd:u64 vec:ptr:ptr vlen:size:u64 pos_l:off:u64 pos_h:off:u64 flags:flags:i32
query_module name:str:ptr which:cmd:i32 buf:ptr:ptr bufsize:size:u64 ret:ptr:ptr
quotactl cmd:cmd:u32 special:path:ptr id:int:u32 addr:ptr:ptr
quotactl_fd fd:fd:u32 cmd:cmd:u32 id:int:u32 addr:ptr:ptr
read fd:fd:u32 buf:ptr:ptr count:size:u64
readahead fd:fd:i32 offset:off:i64+ count:size:u64
readdir fd:fd:u32 dirent:ptr:ptr count:size:u32
readlink path:path:ptr buf:ptr:ptr bufsiz:size:i32
readlinkat dirfd:fd:i32 path:path:ptr buf:ptr:ptr bufsiz:size:i32
readv fd:fd:u64 vec:ptr:ptr vlen:size:u64
reboot magic1:cmd:i32 magic2:cmd:i32 cmd:cmd:u32 arg:ptr:ptr
recv fd:fd:i32 buf:ptr:ptr size:size:u32 flags:flags:u32
recvfrom fd:fd:i32 buf:ptr:ptr size:size:u64 flags:flags:u32 addr:ptr:ptr addr_len:ptr:ptr
recvmmsg fd:fd:i32 mmsg:ptr:ptr vlen:size:u32 flags:flags:u32 timeout:ptr:ptr
recvmmsg_time64 fd:fd:i32 mmsg:ptr:ptr vlen:size:u32 flags:flags:u32 timeout:ptr:ptr
recvmsg fd:fd:i32 msg:ptr:ptr flags:flags:u32
remap_file_pages start:addr:u64 size:size:u64 prot:flags:u64 pgoff:off:u64 flags:flags:u64
removexattr path:path:ptr name:str:ptr
removexattrat dirfd:fd:i32 path:path:ptr at_flags:flags:u32 name:str:ptr
rename oldpath:path:ptr newpath:path:ptr
renameat olddfd:fd:i32 oldpath:path:ptr newdfd:fd:i32 newpath:path:ptr
renameat2 olddfd:fd:i32 oldpath:path:ptr newdfd:fd:i32 newpath:path:ptr flags:flags:u32
request_key type:str:ptr description:str:ptr callout_info:str:ptr destringid:int:i32
restart_syscall
riscv_flush_icache start:addr:u64 end:uint:u64 flags:flags:u64
riscv_hwprobe pairs:ptr:ptr pair_count:size:u64 cpusetsize:size:u64 cpus:ptr:ptr flags:flags:u32
rmdir path:path:ptr
rseq rseq:ptr:ptr rseq_len:uint:u32 flags:flags:i32 sig:uint:u32
rseq_slice_yield
rt_sigaction sig:signal:i32 act:ptr:ptr oact:ptr:ptr sigsetsize:size:u64
rt_sigpending set:ptr:ptr sigsetsize:size:u64
rt_sigprocmask how:cmd:i32 nset:ptr:ptr oset:ptr:ptr sigsetsize:size:u64
rt_sigqueueinfo pid:pid:i32 sig:signal:i32 info:ptr:ptr
rt_sigreturn
rt_sigsuspend newset:ptr:ptr sigsetsize:size:u64
rt_sigtimedwait set:ptr:ptr info:ptr:ptr timeout:ptr:ptr sigsetsize:size:u64
rt_sigtimedwait_time64 set:ptr:ptr info:ptr:ptr timeout:ptr:ptr sigsetsize:size:u32
rt_tgsigqueueinfo tgid:pid:i32 pid:pid:i32 sig:signal:i32 info:ptr:ptr
rtas args:ptr:ptr
s390_guarded_storage command:int:i32 gs_cb:ptr:ptr
s390_pci_mmio_read mmio_addr:uint:u64 user_buffer:ptr:ptr length:size:u64
s390_pci_mmio_write mmio_addr:uint:u64 user_buffer:ptr:ptr length:size:u64
s390_runtime_instr command:int:i32 signum:signal:i32
s390_sthyi function_code:uint:u64 buffer:ptr:ptr return_code:ptr:ptr flags:flags:u64
sched_get_priority_max policy:cmd:i32
sched_get_priority_min policy:cmd:i32
sched_getaffinity pid:pid:i32 len:size:u32 mask:ptr:ptr
sched_getattr pid:pid:i32 attr:ptr:ptr usize:size:u32 flags:flags:u32
sched_getparam pid:pid:i32 param:ptr:ptr
sched_getscheduler pid:pid:i32
sched_rr_get_interval pid:pid:i32 interval:ptr:ptr
sched_rr_get_interval_time64 pid:pid:i32 interval:ptr:ptr
sched_setaffinity pid:pid:i32 len:size:u32 mask:ptr:ptr
sched_setattr pid:pid:i32 attr:ptr:ptr flags:flags:u32
sched_setparam pid:pid:i32 param:ptr:ptr
sched_setscheduler pid:pid:i32 policy:cmd:i32 param:ptr:ptr
sched_yield
seccomp op:cmd:u32 flags:flags:u32 args:ptr:ptr
security
select n:int:i32 readfds:ptr:ptr writefds:ptr:ptr exceptfds:ptr:ptr timeout:ptr:ptr
semctl semid:int:i32 semnum:int:i32 cmd:cmd:i32 arg:uint:u64
semget key:int:i32 nsems:int:i32 semflg:flags:i32
semop semid:int:i32 tsops:ptr:ptr nsops:size:u32
semtimedop semid:int:i32 tsops:ptr:ptr nsops:size:u32 timeout:ptr:ptr
semtimedop_time64 semid:int:i32 tsops:ptr:ptr nsops:size:u32 timeout:ptr:ptr
send fd:fd:i32 buff:ptr:ptr len:size:u32 flags:flags:u32
sendfile out_fd:fd:i32 in_fd:fd:i32 offset:ptr:ptr count:size:u64
sendfile64 out_fd:fd:i32 in_fd:fd:i32 offset:ptr:ptr count:size:u32
sendmmsg fd:fd:i32 mmsg:ptr:ptr vlen:size:u32 flags:flags:u32
sendmsg fd:fd:i32 msg:ptr:ptr flags:flags:u32
sendto fd:fd:i32 buff:ptr:ptr len:size:u64 flags:flags:u32 addr:ptr:ptr addr_len:int:i32
set_mempolicy mode:cmd:i32 nmask:ptr:ptr maxnode:uint:u64
set_mempolicy_home_node start:addr:u64 len:size:u64 home_node:uint:u64 flags:flags:u64
set_robust_list head:ptr:ptr len:size:u64
set_thread_area u_info:ptr:ptr
set_tid_address tidptr:ptr:ptr
set_tls tls:addr:u32
setdomainname name:ptr:ptr len:size:i32
setfsgid gid:gid:u32
setfsgid32 gid:gid:u32
setfsuid uid:uid:u32
setfsuid32 uid:uid:u32
setgid gid:gid:u32
setgid32 gid:gid:u32
setgroups gidsetsize:int:i32 grouplist:ptr:ptr
setgroups32 gidsetsize:int:i32 grouplist:ptr:ptr
sethostname name:ptr:ptr len:size:i32
setitimer which:cmd:i32 value:ptr:ptr ovalue:ptr:ptr
setns fd:fd:i32 flags:flags:i32
setpgid pid:pid:i32 pgid:pid:i32
setpriority which:cmd:i32 who:int:i32 niceval:int:i32
setregid rgid:gid:u32 egid:gid:u32
setregid32 rgid:gid:u32 egid:gid:u32
setresgid rgid:gid:u32 egid:gid:u32 sgid:gid:u32
setresgid32 rgid:gid:u32 egid:gid:u32 sgid:gid:u32
setresuid ruid:uid:u32 euid:uid:u32 suid:uid:u32
setresuid32 ruid:uid:u32 euid:uid:u32 suid:uid:u32
setreuid ruid:uid:u32 euid:uid:u32
setreuid32 ruid:uid:u32 euid:uid:u32
setrlimit resource:cmd:u32 rlimit:ptr:ptr
setsid
setsockopt fd:fd:i32 level:cmd:i32 optname:cmd:i32 optval:ptr:ptr optlen:size:i32
settimeofday timeval:ptr:ptr timezone:ptr:ptr
setuid uid:uid:u32
setuid32 uid:uid:u32
setxattr path:path:ptr name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
setxattrat dirfd:fd:i32 path:path:ptr at_flags:flags:u32 name:str:ptr args:ptr:ptr usize:size:u64
sgetmask
shmat shmid:int:i32 shmaddr:ptr:ptr shmflg:flags:i32
shmctl shmid:int:i32 cmd:cmd:i32 buf:ptr:ptr
shmdt shmaddr:ptr:ptr
shmget key:int:i32 size:size:u64 shmflg:flags:i32
shutdown fd:fd:i32 how:cmd:i32
sigaction sig:signal:i32 act:ptr:ptr oact:ptr:ptr
sigaltstack stack_new:ptr:ptr stack_old:ptr:ptr
signal sig:signal:i32 handler:ptr:ptr
signalfd fd:fd:i32 user_mask:ptr:ptr sizemask:size:u64
signalfd4 fd:fd:i32 user_mask:ptr:ptr sizemask:size:u64 flags:flags:i32
sigpending set:ptr:ptr
sigprocmask how:cmd:i32 nset:ptr:ptr oset:ptr:ptr
sigreturn
sigsuspend mask:flags:u32
socket family:cmd:i32 type:cmd:i32 protocol:cmd:i32
socketcall call:cmd:i32 args:ptr:ptr
socketpair family:cmd:i32 type:cmd:i32 protocol:cmd:i32 sockvec:ptr:ptr
splice fd_in:fd:i32 off_in:ptr:ptr fd_out:fd:i32 off_out:ptr:ptr len:size:u64 flags:flags:u32
spu_create name:str:ptr flags:flags:u32 mode:mode:u16 neighbor_fd:int:i32
spu_run fd:fd:i32 unpc:ptr:ptr ustatus:ptr:ptr
ssetmask newmask:int:i32
stat path:path:ptr statbuf:ptr:ptr
stat64 path:path:ptr statbuf:ptr:ptr
statfs path:path:ptr buf:ptr:ptr
statfs64 path:path:ptr sz:size:u32 buf:ptr:ptr
statmount req:ptr:ptr buf:ptr:ptr bufsize:size:u64 flags:flags:u32
statx dirfd:fd:i32 path:path:ptr flags:flags:u32 mask:flags:u32 buffer:ptr:ptr
stime tptr:ptr:ptr
stty
subpage_prot addr:addr:u32 len:size:u32 map:ptr:ptr
swapcontext old_ctx:ptr:ptr new_ctx:ptr:ptr ctx_size:int:i32
swapoff path:path:ptr
swapon path:path:ptr flags:flags:i32
switch_endian
symlink target:str:ptr newpath:path:ptr
symlinkat target:str:ptr newdfd:fd:i32 newpath:path:ptr
sync
sync_file_range fd:fd:i32 offset:off:i64+ nbytes:size:i64+ flags:flags:u32
sync_file_range2 fd:fd:i32 flags:flags:u32 offset1:uint:u32 offset2:uint:u32 nbytes1:uint:u32 nbytes2:uint:u32
syncfs fd:fd:i32
sys_debug_setcontext ctx:ptr:ptr ndbg:int:i32 dbg:ptr:ptr
syscall nr:cmd:u32 a0:uint:u32 a1:uint:u32 a2:uint:u32 a3:uint:u32 a4:uint:u32
sysfs option:cmd:i32 arg1:uint:u64 arg2:uint:u64
sysinfo info:ptr:ptr
syslog type:cmd:i32 buf:ptr:ptr len:size:i32
sysmips cmd:cmd:i32 arg1:int:i32 arg2:int:i32
tee fdin:fd:i32 fdout:fd:i32 len:size:u64 flags:flags:u32
tgkill tgid:pid:i32 pid:pid:i32 sig:signal:i32
time tloc:ptr:ptr
timer_create clockid:clockid:i32 timer_event_spec:ptr:ptr created_timer_id:ptr:ptr
timer_delete timer_id:int:i32
timer_getoverrun timer_id:int:i32
timer_gettime timer_id:int:i32 setting:ptr:ptr
timer_gettime64 timer_id:int:i32 setting:ptr:ptr
timer_settime timer_id:int:i32 flags:flags:i32 new_setting:ptr:ptr old_setting:ptr:ptr
timer_settime64 timer_id:int:i32 flags:flags:i32 new_setting:ptr:ptr old_setting:ptr:ptr
timerfd ufd:fd:i32 clockid:clockid:i32 flags:flags:i32 utmr:ptr:ptr
timerfd_create clockid:clockid:i32 flags:flags:i32
timerfd_gettime fd:fd:i32 otmr:ptr:ptr
timerfd_gettime64 fd:fd:i32 otmr:ptr:ptr
timerfd_settime fd:fd:i32 flags:flags:i32 utmr:ptr:ptr otmr:ptr:ptr
timerfd_settime64 fd:fd:i32 flags:flags:i32 utmr:ptr:ptr otmr:ptr:ptr
times tbuf:ptr:ptr
tkill pid:pid:i32 sig:signal:i32
truncate path:path:ptr length:size:i64
truncate64 path:path:ptr offset_low:uint:u32 offset_high:uint:u32
tuxcall
ugetrlimit resource:cmd:u32 rlimit:ptr:ptr
ulimit
umask mask:mode:i32
umount path:path:ptr
umount2 path:path:ptr flags:flags:i32
uname name:ptr:ptr
unlink path:path:ptr
unlinkat dirfd:fd:i32 path:path:ptr flag:flags:i32
unshare flags:flags:u64
uprobe
uretprobe
uselib path:path:ptr
userfaultfd flags:flags:i32
usr26
usr32
ustat dev:dev:u32 buf:ptr:ptr
utime path:path:ptr times:ptr:ptr
utimensat dirfd:fd:i32 path:path:ptr utimes:ptr:ptr flags:flags:i32
utimensat_time64 dirfd:fd:i32 path:path:ptr utimes:ptr:ptr flags:flags:i32
utimes path:path:ptr utimes:ptr:ptr
vfork
vhangup
vm86 cmd:cmd:u32 arg:uint:u32
vm86old user_vm86:ptr:ptr
vmsplice fd:fd:i32 iov:ptr:ptr nr_segs:size:u64 flags:flags:u32
vserver
wait4 pid:pid:i32 wstatus:ptr:ptr options:flags:i32 rusage:ptr:ptr
waitid which:cmd:i32 pid:pid:i32 siginfo:ptr:ptr options:flags:i32 rusage:ptr:ptr
waitpid pid:pid:i32 wstatus:ptr:ptr options:int:i32
write fd:fd:u32 buf:ptr:ptr count:size:u64
writev fd:fd:u64 vec:ptr:ptr vlen:size:u64`;
