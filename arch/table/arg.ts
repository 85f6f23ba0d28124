// Generated from arch/data by arch/generate.ts (npm run arch): change those, not this file.

/** NAME[@TABLES] ARG...: an ARG is name|alias:kind:type, "+" at its end when split on 32-bit ABIs. */
export const args = `_llseek fd:fd:u32 offset_high:uint:u64 offset_low:uint:u64 result:ptr:ptr whence:cmd:u32
_newselect nfds|n:int:i32 readfds|inp:ptr:ptr writefds|outp:ptr:ptr exceptfds|exp:ptr:ptr timeout|tvp:ptr:ptr
_sysctl args:ptr:ptr
accept sockfd|fd:fd:i32 addr|sockaddr|upeer_sockaddr:ptr:ptr addrlen|addrlen_ptr|upeer_addrlen:ptr:ptr
accept4 sockfd|fd:fd:i32 addr|sockaddr|upeer_sockaddr:ptr:ptr addrlen|addrlen_ptr|upeer_addrlen:ptr:ptr flags:flags:i32
access pathname|path|filename:path:ptr mode:mode:i32
acct filename|path|name:path:ptr
add_key type|_type:str:ptr description|_description:str:ptr payload|_payload:ptr:ptr plen:size:u64 keyring|ringid:int:i32
adjtimex buf|timex|txc_p:ptr:ptr
afs_syscall
alarm seconds:uint:u32
arch_prctl code|op|option:cmd:i32 addr:uint:u64
arm_fadvise64_64 fd:fd:i32 advice:cmd:i32 offset:off:i64+ len:off:i64+
arm_sync_file_range fd:fd:i32 flags:flags:u32 offset:off:i64+ nbytes:size:i64+
atomic_barrier
atomic_cmpxchg_32 newval:uint:u64 oldval:uint:i32 d3:uint:i32 d4:uint:i32 d5:uint:i32 mem:ptr:ptr
bdflush func:cmd:i32 address|data:int:i32
bind sockfd|fd:fd:i32 addr|sockaddr|umyaddr:ptr:ptr addrlen:size:i32
bpf cmd:cmd:i32 attr|uattr:ptr:ptr size:size:u32 attr_common|uattr_common:ptr:ptr size_common:uint:u32
break
breakpoint
brk addr|brk:addr:u64
cachectl addr:ptr:ptr nbytes:size:i32 op:cmd:i32
cacheflush start|addr:addr:u64 end|bytes:addr:u64 flags|cache:flags:u32
cacheflush@FGHIJ addr:addr:u64 nbytes|bytes:size:u64 cache:flags:u32
cacheflush@R addr:addr:u64 scope:cmd:i32 cache:flags:i32 len:size:u64
cacheflush@S addr:addr:u64 len:size:u64 op:cmd:i32
cachestat fd:fd:u32 cstat_range:ptr:ptr cstat:ptr:ptr flags:flags:u32
capget hdrp|hdr|header:ptr:ptr datap|data|dataptr:ptr:ptr
capset hdrp|hdr|header:ptr:ptr datap|data:ptr:ptr
chdir path|filename:path:ptr
chmod pathname|path|filename:path:ptr mode:mode:u16
chown pathname|path|filename:path:ptr owner|user:uid:u32 group:gid:u32
chown@BDMRS pathname|path|filename:path:ptr owner|user:uid:u16 group:gid:u16
chown32 pathname|path|filename:path:ptr owner|user:uid:u32 group:gid:u32
chroot path|filename:path:ptr
clock_adjtime clk_id|clockid|which_clock:clockid:i32 buf|timex|utx:ptr:ptr
clock_adjtime64 clk_id|clockid|which_clock:clockid:i32 buf|timex|utx:ptr:ptr
clock_getres clockid|which_clock:clockid:i32 res|timespec|tp:ptr:ptr
clock_getres_time64 clockid|which_clock:clockid:i32 res|timespec|tp:ptr:ptr
clock_gettime clockid|which_clock:clockid:i32 tp|timespec:ptr:ptr
clock_gettime64 clockid|which_clock:clockid:i32 tp|timespec:ptr:ptr
clock_nanosleep clockid|which_clock:clockid:i32 flags:flags:i32 request|t|rqtp:ptr:ptr remain|rmtp:ptr:ptr
clock_nanosleep_time64 clockid|which_clock:clockid:i32 flags:flags:i32 request|rqtp:ptr:ptr remain|rmtp:ptr:ptr
clock_settime clockid|which_clock:clockid:i32 tp|timespec:ptr:ptr
clock_settime64 clockid|which_clock:clockid:i32 tp|timespec:ptr:ptr
clone flags:flags:u32 stack:addr:u64 parent_tid:ptr:ptr child_tid:ptr:ptr tls:addr:u64
clone@BDEFGHIJKLOP flags:flags:u32 stack:addr:u64 parent_tid:ptr:ptr tls:addr:u64 child_tid:ptr:ptr
clone@MN stack:addr:u64 flags:flags:u32 parent_tid:ptr:ptr child_tid:ptr:ptr tls:addr:u64
clone3 cl_args|args|uargs:ptr:ptr size:size:u64
close fd:fd:u32
close_range first|fd:fd:u32 last|max_fd:fd:u32 flags:flags:u32
connect sockfd|fd:fd:i32 addr|sockaddr|uservaddr:ptr:ptr addrlen:size:i32
copy_file_range fd_in:fd:i32 off_in:ptr:ptr fd_out:fd:i32 off_out:ptr:ptr len|size:size:u64 flags:flags:u32
creat pathname|path:path:ptr mode:mode:u16
create_module name:str:ptr size:size:u64
delete_module name|name_user:str:ptr flags:flags:u32
dup oldfd|fd|fildes:fd:u32
dup2 oldfd:fd:u32 newfd:fd:u32
dup3 oldfd:fd:u32 newfd:fd:u32 flags:flags:i32
epoll_create size:size:i32
epoll_create1 flags:flags:i32
epoll_ctl epfd:fd:i32 op:cmd:i32 fd:fd:i32 event:ptr:ptr
epoll_ctl_old epfd:fd:i32 op:cmd:i32 fd:fd:i32 event:ptr:ptr
epoll_pwait epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32 sigmask:ptr:ptr sigsetsize:size:u64
epoll_pwait@H epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32 sigmask:ptr:ptr sigsetsize:size:u32
epoll_pwait2 epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u64
epoll_pwait2@H epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u32
epoll_wait epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32
epoll_wait_old epfd:fd:i32 events:ptr:ptr maxevents:int:i32 timeout:int:i32
eventfd initval|count:size:u32
eventfd2 initval|count:size:u32 flags:flags:i32
execve pathname|path|filename:path:ptr argv:ptr:ptr envp:ptr:ptr
execveat dirfd|fd:fd:i32 pathname|path|filename:path:ptr argv:ptr:ptr envp:ptr:ptr flags:flags:i32
exit status|error_code:int:i32
exit_group status|error_code:int:i32
faccessat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr mode:mode:i32
faccessat2 dirfd|dfd:fd:i32 pathname|path|filename:path:ptr mode:mode:i32 flags:flags:i32
fadvise64 fd:fd:i32 offset:off:i64+ len:size:u64 advice:cmd:i32
fadvise64@F fd:fd:i32 offset:off:i64+ len:off:i64+ advice:cmd:i32
fadvise64_64 fd:fd:i32 offset:off:i64+ len:off:i64+ advice:cmd:i32
fadvise64_64@K fd:fd:i32 advice:cmd:i32 offset:off:i64+ len:off:i64+
fadvise64_64@M args:ptr:ptr
fallocate fd:fd:i32 mode:flags:i32 offset:off:i64+ len:size:i64+
fanotify_init flags:flags:u32 event_f_flags:flags:u32
fanotify_mark fanotify_fd:fd:i32 flags:flags:u32 mask:flags:u64+ dirfd|dfd:fd:i32 pathname|path:path:ptr
fchdir fd:fd:u32
fchmod fd:fd:u32 mode:mode:u16
fchmodat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr mode:mode:u16
fchmodat2 dirfd|dfd:fd:i32 pathname|path|filename:path:ptr mode:mode:u16 flags:flags:u32
fchown fd:fd:u32 owner|user:uid:u32 group:gid:u32
fchown@BDMRS fd:fd:u32 owner|user:uid:u16 group:gid:u16
fchown32 fd:fd:u32 owner|user:uid:u32 group:gid:u32
fchownat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr owner|user:uid:u32 group:gid:u32 flags|flag:flags:i32
fcntl fd:fd:u32 cmd:cmd:u32 arg:uint:u64
fcntl@H fd:fd:u32 cmd:cmd:u32 arg:uint:u32
fcntl64 fd:fd:u32 cmd:cmd:u32 arg:uint:u64
fcntl64@H fd:fd:u32 cmd:cmd:u32 arg:uint:u32
fdatasync fd:fd:u32
fgetxattr fd:fd:i32 name:str:ptr value:ptr:ptr size:size:u64
file_getattr dirfd|dfd:fd:i32 path|filename:path:ptr fattr|ufattr:ptr:ptr usize:size:u64 at_flags:flags:u32
file_setattr dirfd|dfd:fd:i32 path|filename:path:ptr fattr|ufattr:ptr:ptr usize:size:u64 at_flags:flags:u32
finit_module fd:fd:i32 param_values|args|uargs:str:ptr flags:flags:i32
flistxattr fd:fd:i32 list:ptr:ptr size:size:u64
flock fd:fd:u32 operation|op|cmd:cmd:u32
fork
fremovexattr fd:fd:i32 name:str:ptr
fsconfig fd:fd:i32 cmd:cmd:u32 key|_key:str:ptr value|_value:ptr:ptr aux:int:i32
fsetxattr fd:fd:i32 name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
fsmount fs_fd:fd:i32 flags:flags:u32 attr_flags:flags:u32
fsopen fsname|fs_name|_fs_name:str:ptr flags:flags:u32
fspick dirfd|dfd:fd:i32 pathname|path:path:ptr flags:flags:u32
fstat fd:fd:u32 statbuf:ptr:ptr
fstat64 fd:fd:u32 statbuf:ptr:ptr
fstatat64 dirfd|dfd:fd:i32 pathname|path|filename:path:ptr statbuf:ptr:ptr flags|flag:flags:i32
fstatfs fd:fd:u32 buf:ptr:ptr
fstatfs64 fd:fd:u32 sz:size:u64 buf:ptr:ptr
fstatfs64@H fd:fd:u32 sz:size:u32 buf:ptr:ptr
fsync fd:fd:u32
ftime tp:ptr:ptr
ftruncate fd:fd:u32 length:size:i64
ftruncate64 fd:fd:u32 length:size:i64+
futex uaddr|addr:ptr:ptr futex_op|op:cmd:i32 val:uint:u32 timeout|utime|val2:ptr:ptr uaddr2:ptr:ptr val3:uint:u32
futex_requeue waiters:ptr:ptr flags:flags:u32 nr_wake:int:i32 nr_requeue:int:i32
futex_time64 uaddr|addr:ptr:ptr futex_op|op:cmd:i32 val:uint:u32 timeout|utime|val2:ptr:ptr uaddr2:ptr:ptr val3:uint:u32
futex_wait addr|uaddr:ptr:ptr val:uint:u64 mask:flags:u64 flags:flags:u32 timeout:ptr:ptr clockid:clockid:i32
futex_waitv waiters:ptr:ptr nr_futexes:uint:u32 flags:flags:u32 timeout:ptr:ptr clockid:clockid:i32
futex_wake addr|uaddr:ptr:ptr mask:flags:u64 nr:int:i32 flags:flags:u32
futimesat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr times|utimes:ptr:ptr
get_kernel_syms table:ptr:ptr
get_mempolicy mode|policy:ptr:ptr nodemask|nmask:ptr:ptr maxnode:uint:u64 addr:addr:u64 flags:flags:u64
get_robust_list pid:pid:i32 head_ptr:ptr:ptr len_ptr|sizep:ptr:ptr
get_thread_area u_info:ptr:ptr
get_thread_area@R
get_tls
getcpu cpu|cpup:ptr:ptr node|nodep:ptr:ptr tcache|unused:ptr:ptr
getcwd buf:ptr:ptr size:size:u64
getdents fd:fd:u32 dirp|dirent:ptr:ptr count:size:u32
getdents64 fd:fd:u32 dirp|dirent:ptr:ptr count:size:u32
getegid
getegid32
geteuid
geteuid32
getgid
getgid32
getgroups size|gidsetsize:int:i32 list|grouplist:ptr:ptr
getgroups32 size|gidsetsize:int:i32 list|grouplist:ptr:ptr
getitimer which:cmd:i32 curr_value|value:ptr:ptr
getpagesize
getpeername sockfd|fd:fd:i32 addr|sockaddr|usockaddr:ptr:ptr addrlen|addrlen_ptr|usockaddr_len:ptr:ptr
getpgid pid:pid:i32
getpgrp
getpid
getpmsg
getppid
getpriority which:cmd:i32 who:int:i32
getrandom buf|ubuf:ptr:ptr buflen|len:size:u64 flags:flags:u32
getresgid rgid|rgidp:ptr:ptr egid|egidp:ptr:ptr sgid|sgidp:ptr:ptr
getresgid32 rgid|rgidp:ptr:ptr egid|egidp:ptr:ptr sgid|sgidp:ptr:ptr
getresuid ruid|ruidp:ptr:ptr euid|euidp:ptr:ptr suid|suidp:ptr:ptr
getresuid32 ruid|ruidp:ptr:ptr euid|euidp:ptr:ptr suid|suidp:ptr:ptr
getrlimit resource:cmd:u32 rlim|rlimit:ptr:ptr
getrusage who:int:i32 usage|rusage|ru:ptr:ptr
getsid pid:pid:i32
getsockname sockfd|fd:fd:i32 addr|sockaddr|usockaddr:ptr:ptr addrlen|addrlen_ptr|usockaddr_len:ptr:ptr
getsockopt sockfd|fd:fd:i32 level:cmd:i32 optname:cmd:i32 optval:ptr:ptr optlen:ptr:ptr
gettid
gettimeofday tv|timeval:ptr:ptr tz|timezone:ptr:ptr
getuid
getuid32
getxattr path|pathname:path:ptr name:str:ptr value:ptr:ptr size:size:u64
getxattrat dirfd|dfd:fd:i32 path|pathname:path:ptr at_flags:flags:u32 name:str:ptr args|uargs:ptr:ptr usize:size:u64
gtty
idle
init_module module_image|image|umod:ptr:ptr len:size:u64 param_values|args|uargs:str:ptr
inotify_add_watch fd:fd:i32 pathname|path:path:ptr mask:flags:u32
inotify_init
inotify_init1 flags:flags:i32
inotify_rm_watch fd:fd:i32 wd:int:i32
io_cancel ctx_id:uint:u64 iocb:ptr:ptr result:ptr:ptr
io_destroy ctx_id|ctx:uint:u64
io_getevents ctx_id:uint:u64 min_nr:int:i64 nr:int:i64 events:ptr:ptr timeout:ptr:ptr
io_getevents@H ctx_id:uint:u32 min_nr:int:i32 nr:int:i32 events:ptr:ptr timeout:ptr:ptr
io_pgetevents ctx_id:uint:u64 min_nr:int:i64 nr:int:i64 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_pgetevents@H ctx_id:uint:u32 min_nr:int:i32 nr:int:i32 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_pgetevents_time64 ctx_id:uint:u64 min_nr:int:i64 nr:int:i64 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_pgetevents_time64@H ctx_id:uint:u32 min_nr:int:i32 nr:int:i32 events:ptr:ptr timeout:ptr:ptr usig:ptr:ptr
io_setup nr_events|n:uint:u32 ctx_idp|ctx|ctxp:ptr:ptr
io_submit ctx_id:uint:u64 n|nr:int:i64 iocbpp|iocbs:ptr:ptr
io_submit@CH ctx_id:uint:u32 n|nr:int:i32 iocbpp|iocbs:ptr:ptr
io_uring_enter fd:fd:u32 to_submit:uint:u32 min_complete:uint:u32 flags:flags:u32 argp:ptr:ptr argsz:size:u64
io_uring_register fd:fd:u32 opcode:cmd:u32 arg:ptr:ptr nr_args:uint:u32
io_uring_setup entries:uint:u32 params:ptr:ptr
ioctl fd:fd:u32 request|cmd:cmd:u32 arg:uint:u64
ioctl@CH fd:fd:u32 request|cmd:cmd:u32 arg:uint:u32
ioperm from:uint:u64 num:uint:u64 turn_on:int:i32
iopl level:cmd:u32
ioprio_get which:cmd:i32 who:int:i32
ioprio_set which:cmd:i32 who:int:i32 ioprio:int:i32
ipc call:cmd:u32 first:int:i32 second:uint:u64 third:uint:u64 ptr:ptr:ptr fifth:int:i64
ipc@MN call:cmd:u32 first:int:i32 second:uint:u64 third:uint:u64 ptr:ptr:ptr
kcmp pid1:pid:i32 pid2:pid:i32 type:cmd:i32 idx1:uint:u64 idx2:uint:u64
kexec_file_load kernel_fd:fd:i32 initrd_fd:fd:i32 cmdline_len:uint:u64 cmdline|cmdline_ptr:str:ptr flags:flags:u64
kexec_load entry:uint:u64 nr_segments:uint:u64 segments:ptr:ptr flags:flags:u64
kexec_load@CH entry:uint:u32 nr_segments:uint:u32 segments:ptr:ptr flags:flags:u32
keyctl operation|option:cmd:i32 second:uint:u64 third:uint:u64 fourth:uint:u64 fifth:uint:u64
keyctl@H operation|option:cmd:u32 second:uint:u32 third:uint:u32 fourth:uint:u32 fifth:uint:u32
kill pid:pid:i32 sig:signal:i32
landlock_add_rule ruleset_fd:fd:i32 rule_type:cmd:u32 rule_attr:ptr:ptr flags:flags:u32
landlock_create_ruleset attr:ptr:ptr size:size:u64 flags:flags:u32
landlock_restrict_self ruleset_fd:fd:i32 flags:flags:u32
lchown pathname|path|filename:path:ptr owner|user:uid:u32 group:gid:u32
lchown@BDMRS pathname|path|filename:path:ptr owner|user:uid:u16 group:gid:u16
lchown32 pathname|path|filename:path:ptr owner|user:uid:u32 group:gid:u32
lgetxattr path|pathname:path:ptr name:str:ptr value:ptr:ptr size:size:u64
link oldpath|oldname:path:ptr newpath|newname:path:ptr
linkat olddirfd|olddfd:fd:i32 oldpath|oldname:path:ptr newdirfd|newdfd:fd:i32 newpath|newname:path:ptr flags:flags:i32
listen sockfd|fd:fd:i32 backlog:int:i32
listmount req:ptr:ptr mnt_ids:ptr:ptr nr_mnt_ids:size:u64 flags:flags:u32
listns req:ptr:ptr ns_ids:ptr:ptr nr_ns_ids:size:u64 flags:flags:u32
listxattr path|pathname:path:ptr list:ptr:ptr size:size:u64
listxattrat dirfd|dfd:fd:i32 path|pathname:path:ptr at_flags:flags:u32 list:ptr:ptr size:size:u64
llistxattr path|pathname:path:ptr list:ptr:ptr size:size:u64
llseek fd:fd:u32 offset_high:uint:u64 offset_low:uint:u64 result:ptr:ptr whence:cmd:u32
lock
lookup_dcookie cookie:uint:u64+ buffer|buf:ptr:ptr len:size:u64
lremovexattr path|pathname:path:ptr name:str:ptr
lseek fd:fd:u32 offset:off:i64 whence:cmd:u32
lsetxattr path|pathname:path:ptr name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
lsm_get_self_attr attr:uint:u32 ctx:ptr:ptr size:ptr:ptr flags:flags:u32
lsm_list_modules ids:ptr:ptr size:ptr:ptr flags:flags:u32
lsm_set_self_attr attr:uint:u32 ctx:ptr:ptr size:size:u32 flags:flags:u32
lstat pathname|path|filename:path:ptr statbuf:ptr:ptr
lstat64 pathname|path|filename:path:ptr statbuf:ptr:ptr
madvise addr|start:addr:u64 length|len_in:size:u64 advice|behavior:cmd:i32
map_shadow_stack addr:addr:u64 size:size:u64 flags:flags:u32
mbind addr|start:addr:u64 len:size:u64 mode:uint:i32 nodemask|nmask:ptr:ptr maxnode:uint:u64 flags:flags:u32
membarrier cmd:cmd:i32 flags:flags:u32 cpu_id:int:i32
memfd_create name|uname:str:ptr flags:flags:u32
memfd_secret flags:flags:u32
migrate_pages pid:pid:i32 maxnode:uint:u64 old_nodes:ptr:ptr new_nodes:ptr:ptr
mincore addr|start:addr:u64 length|len:size:u64 vec:ptr:ptr
mkdir pathname|path:path:ptr mode:mode:u16
mkdirat dirfd|dfd:fd:i32 pathname|path:path:ptr mode:mode:u16
mknod pathname|path|filename:path:ptr mode:mode:u16 dev:dev:u32
mknodat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr mode:mode:u16 dev:dev:u32
mlock addr|start:addr:u64 len:size:u64
mlock2 addr|start:addr:u64 len:size:u64 flags:flags:i32
mlockall flags:flags:i32
mmap addr:addr:u64 length|len:size:u64 prot:flags:u64 flags:flags:u64 fd:fd:i32 offset|off:off:u64
mmap@BMNR arg:ptr:ptr
mmap2 addr:addr:u64 length|len:size:u64 prot:flags:u64 flags:flags:u64 fd:fd:i32 pgoffset|pgoff:off:u64
mmap2@M arg:ptr:ptr
modify_ldt func:cmd:i32 ptr:ptr:ptr bytecount:size:u64
mount source|dev_name:path:ptr target|dir_name:path:ptr filesystemtype|type:str:ptr mountflags|flags:flags:u64 data:ptr:ptr
mount_setattr dirfd|dfd:fd:i32 pathname|path:path:ptr flags:flags:u32 attr|uattr:ptr:ptr size|usize:size:u64
move_mount from_dirfd|from_dfd:fd:i32 from_path|from_pathname:path:ptr to_dirfd|to_dfd:fd:i32 to_path|to_pathname:path:ptr flags:flags:u32
move_pages pid:pid:i32 count|nr_pages:uint:u64 pages:ptr:ptr nodes:ptr:ptr status:ptr:ptr flags:flags:i32
mprotect addr|start:addr:u64 len:size:u64 prot:flags:u64
mpx
mq_getsetattr mqdes:fd:i32 newattr|new_attr|u_mqstat:ptr:ptr oldattr|old_attr|u_omqstat:ptr:ptr
mq_notify mqdes:fd:i32 sevp|notification|u_notification:ptr:ptr
mq_open name|u_name:str:ptr oflag:flags:i32 mode:mode:u16 attr|u_attr:ptr:ptr
mq_timedreceive mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u64 msg_prio|u_msg_prio:ptr:ptr abs_timeout|u_abs_timeout:ptr:ptr
mq_timedreceive@H mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u32 msg_prio|u_msg_prio:ptr:ptr abs_timeout|u_abs_timeout:ptr:ptr
mq_timedreceive_time64 mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u64 msg_prio|u_msg_prio:ptr:ptr abs_timeout|u_abs_timeout:ptr:ptr
mq_timedsend mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u64 msg_prio:uint:u32 abs_timeout|u_abs_timeout:ptr:ptr
mq_timedsend@H mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u32 msg_prio:uint:u32 abs_timeout|u_abs_timeout:ptr:ptr
mq_timedsend_time64 mqdes:fd:i32 msg_ptr|msg|u_msg_ptr:ptr:ptr msg_len:size:u64 msg_prio:uint:u32 abs_timeout|u_abs_timeout:ptr:ptr
mq_unlink name|u_name:str:ptr
mremap old_address|addr:addr:u64 old_size|old_len:size:u64 new_size|new_len:size:u64 flags:flags:u64 new_address|new_addr:addr:u64
mseal start:addr:u64 len:size:u64 flags:flags:u64
msgctl msqid:int:i32 cmd|op:cmd:i32 buf:ptr:ptr
msgget key:int:i32 msgflg:flags:i32
msgrcv msqid:int:i32 msgp:ptr:ptr msgsz:size:u64 msgtyp:int:i64 msgflg:flags:i32
msgrcv@H msqid:int:i32 msgp:ptr:ptr msgsz:size:i32 msgtyp:int:i32 msgflg:flags:i32
msgsnd msqid:int:i32 msgp:ptr:ptr msgsz:size:u64 msgflg:flags:i32
msgsnd@H msqid:int:i32 msgp:ptr:ptr msgsz:size:i32 msgflg:flags:i32
msync addr|start:addr:u64 length|len:size:u64 flags:flags:i32
multiplexer
munlock addr|start:addr:u64 len:size:u64
munlockall
munmap addr:addr:u64 length|len:size:u64
name_to_handle_at dirfd|dfd:fd:i32 pathname|name:path:ptr handle:ptr:ptr mount_id|mnt_id:ptr:ptr flags|flag:flags:i32
nanosleep req|duration|request|rqtp:ptr:ptr rem|remain|rmtp:ptr:ptr
newfstatat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr statbuf:ptr:ptr flags|flag:flags:i32
nfsservctl cmd:cmd:i32 argp:ptr:ptr resp:ptr:ptr
nice inc|increment:int:i32
oldfstat fd:fd:u32 statbuf:ptr:ptr
oldlstat pathname|path|filename:path:ptr statbuf:ptr:ptr
oldolduname name:ptr:ptr
oldstat pathname|path|filename:path:ptr statbuf:ptr:ptr
olduname name:ptr:ptr
open pathname|path|filename:path:ptr flags:flags:i32 mode:mode:u16
open_by_handle_at mount_fd|mountdirfd:fd:i32 handle:ptr:ptr flags:flags:i32
open_tree dirfd|dfd:fd:i32 pathname|path|filename:path:ptr flags:flags:u32
open_tree_attr dirfd|dfd:fd:i32 pathname|path|filename:path:ptr flags:flags:u32 attr|uattr:ptr:ptr size|usize:size:u64
openat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr flags:flags:i32 mode:mode:u16
openat2 dirfd|dfd:fd:i32 pathname|path|filename:path:ptr how:ptr:ptr size|usize:size:u64
pause
pciconfig_iobase which:cmd:i64 bus|in_bus:uint:u64 devfn|dfn|in_devfn:uint:u64
pciconfig_read bus:uint:u32 dfn:uint:u32 off:off:u32 len|size:size:u32 buf:ptr:ptr
pciconfig_write bus:uint:u32 dfn:uint:u32 off:off:u32 len|size:size:u32 buf:ptr:ptr
perf_event_open attr_uptr:ptr:ptr pid:pid:i32 cpu:int:i32 group_fd:fd:i32 flags:flags:u64
personality persona|personality:cmd:u32
pidfd_getfd pidfd:fd:i32 targetfd|fd:fd:i32 flags:flags:u32
pidfd_open pid:pid:i32 flags:flags:u32
pidfd_send_signal pidfd:fd:i32 sig:signal:i32 info:ptr:ptr flags:flags:u32
pipe pipefd|fds|fildes:ptr:ptr
pipe@FGHS
pipe2 pipefd|fds|fildes:ptr:ptr flags:flags:i32
pivot_root new_root:path:ptr put_old:path:ptr
pkey_alloc flags:flags:u64 access_rights|init_val:uint:u64
pkey_free pkey:int:i32
pkey_mprotect addr|start:addr:u64 len:size:u64 prot:flags:u64 pkey:int:i32
poll fds|ufds:ptr:ptr nfds:uint:u32 timeout|timeout_msecs:int:i32
ppoll fds|ufds:ptr:ptr nfds:uint:u32 tmo_p|timeout|tsp:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u64
ppoll@H fds|ufds:ptr:ptr nfds:uint:u32 tmo_p|timeout|tsp:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u32
ppoll_time64 fds|ufds:ptr:ptr nfds:uint:u32 tmo_p|timeout|tsp:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u64
ppoll_time64@H fds|ufds:ptr:ptr nfds:uint:u32 tmo_p|timeout|tsp:ptr:ptr sigmask:ptr:ptr sigsetsize:size:u32
prctl option:cmd:i32 second:uint:u64 third:uint:u64 fourth:uint:u64 fifth:uint:u64
pread64 fd:fd:u32 buf:ptr:ptr count:size:u64 offset|pos:off:i64+
preadv fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos_l:off:u64 pos_h:off:u64
preadv@C fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos:off:i64
preadv@H fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u32 pos_l:off:u32 pos_h:off:u32
preadv2 fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos_l:off:u64 pos_h:off:u64 flags:flags:i32
preadv2@C fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos:off:i64 flags:flags:i32
preadv2@H fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u32 pos_l:off:u32 pos_h:off:u32 flags:flags:i32
prlimit64 pid:pid:i32 resource:cmd:u32 new_limit|new_rlim:ptr:ptr old_limit|old_rlim:ptr:ptr
process_madvise pidfd:fd:i32 iovec|vec:ptr:ptr vlen:size:u64 advice|behavior:cmd:i32 flags:flags:u32
process_mrelease pidfd:fd:i32 flags:flags:u32
process_vm_readv pid:pid:i32 local_iov|lvec:ptr:ptr liovcnt:size:u64 remote_iov|rvec:ptr:ptr riovcnt:size:u64 flags:flags:u64
process_vm_writev pid:pid:i32 local_iov|lvec:ptr:ptr liovcnt:size:u64 remote_iov|rvec:ptr:ptr riovcnt:size:u64 flags:flags:u64
prof
profil
pselect6 nfds|n:int:i32 readfds|inp:ptr:ptr writefds|outp:ptr:ptr exceptfds|exp:ptr:ptr timeout|tsp:ptr:ptr sigmask|sig:ptr:ptr
pselect6_time64 nfds|n:int:i32 readfds|inp:ptr:ptr writefds|outp:ptr:ptr exceptfds|exp:ptr:ptr timeout|tsp:ptr:ptr sigmask|sig:ptr:ptr
ptrace request|op:cmd:i64 pid:pid:i32 addr:addr:u64 data:uint:u64
ptrace@CH request|op:cmd:i32 pid:pid:i32 addr:addr:i32 data:uint:i32
putpmsg
pwrite64 fd:fd:u32 buf:ptr:ptr count:size:u64 offset|pos:off:i64+
pwritev fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos_l:off:u64 pos_h:off:u64
pwritev@C fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos:off:i64
pwritev@H fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u32 pos_l:off:u32 pos_h:off:u32
pwritev2 fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos_l:off:u64 pos_h:off:u64 flags:flags:i32
pwritev2@C fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64 pos:off:i64 flags:flags:i32
pwritev2@H fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u32 pos_l:off:u32 pos_h:off:u32 flags:flags:i32
query_module name:str:ptr which:cmd:i32 buf:ptr:ptr bufsize:size:u64 ret:ptr:ptr
quotactl cmd|op:cmd:u32 special:path:ptr id:int:u32 addr:ptr:ptr
quotactl_fd fd:fd:u32 cmd:cmd:u32 id:int:u32 addr:ptr:ptr
read fd:fd:u32 buf:ptr:ptr count:size:u64
readahead fd:fd:i32 offset:off:i64+ count:size:u64
readdir fd:fd:u32 dirp|dirent:ptr:ptr count:size:u32
readlink pathname|path:path:ptr buf:ptr:ptr bufsiz:size:i32
readlinkat dirfd|dfd:fd:i32 pathname|path:path:ptr buf:ptr:ptr bufsiz:size:i32
readv fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64
reboot magic|magic1:cmd:i32 magic2:cmd:i32 cmd|op:cmd:u32 arg:ptr:ptr
recv sockfd|fd:fd:i32 buf|ubuf:ptr:ptr len|size:size:u64 flags:flags:u32
recvfrom sockfd|fd:fd:i32 buf|ubuf:ptr:ptr len|size:size:u64 flags:flags:u32 src_addr|addr:ptr:ptr addrlen|addr_len:ptr:ptr
recvfrom@CH sockfd|fd:fd:i32 buf|ubuf:ptr:ptr len|size:size:u32 flags:flags:u32 src_addr|addr:ptr:ptr addrlen|addr_len:ptr:ptr
recvmmsg sockfd|fd:fd:i32 msgvec|mmsg:ptr:ptr vlen:size:u32 flags:flags:u32 timeout:ptr:ptr
recvmmsg_time64 sockfd|fd:fd:i32 msgvec|mmsg:ptr:ptr vlen:size:u32 flags:flags:u32 timeout:ptr:ptr
recvmsg sockfd|fd:fd:i32 msg:ptr:ptr flags:flags:u32
remap_file_pages addr|start:addr:u64 size:size:u64 prot:flags:u64 pgoff:off:u64 flags:flags:u64
removexattr path|pathname:path:ptr name:str:ptr
removexattrat dirfd|dfd:fd:i32 path|pathname:path:ptr at_flags:flags:u32 name:str:ptr
rename oldpath|oldname:path:ptr newpath|newname:path:ptr
renameat olddirfd|olddfd:fd:i32 oldpath|oldname:path:ptr newdirfd|newdfd:fd:i32 newpath|newname:path:ptr
renameat2 olddirfd|olddfd:fd:i32 oldpath|oldname:path:ptr newdirfd|newdfd:fd:i32 newpath|newname:path:ptr flags:flags:u32
request_key type|_type:str:ptr description|_description:str:ptr callout_info|_callout_info:str:ptr dest_keyring|destringid:int:i32
restart_syscall
riscv_flush_icache start:addr:u64 end:uint:u64 flags:flags:u64
riscv_hwprobe pairs:ptr:ptr pair_count:size:u64 cpusetsize:size:u64 cpus:ptr:ptr flags:flags:u32
rmdir pathname|path:path:ptr
rseq rseq:ptr:ptr rseq_len:uint:u32 flags:flags:i32 sig:uint:u32
rseq_slice_yield
rt_sigaction signum|sig:signal:i32 act:ptr:ptr oldact|oact:ptr:ptr sigsetsize:size:u64
rt_sigaction@CH signum|sig:signal:i32 act:ptr:ptr oldact|oact:ptr:ptr sigsetsize:size:u32
rt_sigpending set|uset:ptr:ptr sigsetsize:size:u64
rt_sigpending@CH set|uset:ptr:ptr sigsetsize:size:u32
rt_sigprocmask how:cmd:i32 set|nset:ptr:ptr oldset|oset:ptr:ptr sigsetsize:size:u64
rt_sigprocmask@H how:cmd:i32 set|nset:ptr:ptr oldset|oset:ptr:ptr sigsetsize:size:u32
rt_sigqueueinfo tgid|pid:pid:i32 sig:signal:i32 info|uinfo:ptr:ptr
rt_sigreturn
rt_sigsuspend mask|newset|unewset:ptr:ptr sigsetsize:size:u64
rt_sigsuspend@H mask|newset|unewset:ptr:ptr sigsetsize:size:u32
rt_sigtimedwait set|uthese:ptr:ptr info|uinfo:ptr:ptr timeout|uts:ptr:ptr sigsetsize:size:u64
rt_sigtimedwait@CH set|uthese:ptr:ptr info|uinfo:ptr:ptr timeout|uts:ptr:ptr sigsetsize:size:u32
rt_sigtimedwait_time64 set|uthese:ptr:ptr info|uinfo:ptr:ptr timeout|uts:ptr:ptr sigsetsize:size:u64
rt_sigtimedwait_time64@H set|uthese:ptr:ptr info|uinfo:ptr:ptr timeout|uts:ptr:ptr sigsetsize:size:u32
rt_tgsigqueueinfo tgid:pid:i32 tid|pid:pid:i32 sig:signal:i32 info|uinfo:ptr:ptr
rtas args|uargs:ptr:ptr
s390_guarded_storage command:int:i32 gs_cb:ptr:ptr
s390_pci_mmio_read mmio_addr:uint:u64 user_buffer:ptr:ptr length:size:u64
s390_pci_mmio_write mmio_addr:uint:u64 user_buffer:ptr:ptr length:size:u64
s390_runtime_instr command:int:i32 signum:signal:i32
s390_sthyi function_code:uint:u64 resp_buffer|buffer:ptr:ptr return_code:ptr:ptr flags:flags:u64
sched_get_priority_max policy:cmd:i32
sched_get_priority_min policy:cmd:i32
sched_getaffinity pid:pid:i32 cpusetsize|len:size:u32 mask|user_mask_ptr:ptr:ptr
sched_getattr pid:pid:i32 attr|uattr:ptr:ptr size|usize:size:u32 flags:flags:u32
sched_getparam pid:pid:i32 param:ptr:ptr
sched_getscheduler pid:pid:i32
sched_rr_get_interval pid:pid:i32 tp|interval:ptr:ptr
sched_rr_get_interval_time64 pid:pid:i32 tp|interval:ptr:ptr
sched_setaffinity pid:pid:i32 cpusetsize|len:size:u32 mask|user_mask_ptr:ptr:ptr
sched_setattr pid:pid:i32 attr|uattr:ptr:ptr flags:flags:u32
sched_setparam pid:pid:i32 param:ptr:ptr
sched_setscheduler pid:pid:i32 policy:cmd:i32 param:ptr:ptr
sched_yield
seccomp operation|op:cmd:u32 flags:flags:u32 args|uargs:ptr:ptr
security
select nfds|n:int:i32 readfds|inp:ptr:ptr writefds|outp:ptr:ptr exceptfds|exp:ptr:ptr timeout|tvp:ptr:ptr
select@BKR arg:ptr:ptr
semctl semid:int:i32 semnum:int:i32 cmd:cmd:i32 arg:uint:u64
semctl@H semid:int:i32 semnum:int:i32 cmd:cmd:i32 arg:uint:i32
semget key:int:i32 nsems:int:i32 semflg:flags:i32
semop semid:int:i32 sops|tsops:ptr:ptr nsops:size:u32
semtimedop semid:int:i32 sops|tsops:ptr:ptr nsops:size:u32 timeout:ptr:ptr
semtimedop_time64 semid:int:i32 sops|tsops:ptr:ptr nsops:size:u32 timeout:ptr:ptr
send sockfd|fd:fd:i32 buf|buff:ptr:ptr len:size:u64 flags:flags:u32
sendfile out_fd:fd:i32 in_fd:fd:i32 offset:ptr:ptr count:size:u64
sendfile@H out_fd:fd:i32 in_fd:fd:i32 offset:ptr:ptr count:size:u32
sendfile64 out_fd:fd:i32 in_fd:fd:i32 offset:ptr:ptr count:size:u64
sendmmsg sockfd|fd:fd:i32 msgvec|mmsg:ptr:ptr vlen:size:u32 flags:flags:u32
sendmsg sockfd|fd:fd:i32 msg:ptr:ptr flags:flags:u32
sendto sockfd|fd:fd:i32 buf|buff:ptr:ptr len:size:u64 flags:flags:u32 dest_addr|addr:ptr:ptr addrlen|addr_len:int:i32
set_mempolicy mode:cmd:i32 nodemask|nmask:ptr:ptr maxnode:uint:u64
set_mempolicy_home_node start:addr:u64 len:size:u64 home_node:uint:u64 flags:flags:u64
set_robust_list head:ptr:ptr len|size:size:u64
set_robust_list@CH head:ptr:ptr len|size:size:u32
set_thread_area u_info:ptr:ptr
set_thread_area@FGHR addr:addr:u64
set_tid_address tidptr:ptr:ptr
set_tls tls:addr:u32
setdomainname name:ptr:ptr len:size:i32
setfsgid fsgid|gid:gid:u32
setfsgid@BDMRS fsgid|gid:gid:u16
setfsgid32 fsgid|gid:gid:u32
setfsuid fsuid|uid:uid:u32
setfsuid@BDMRS fsuid|uid:uid:u16
setfsuid32 fsuid|uid:uid:u32
setgid gid:gid:u32
setgid@BDMRS gid:gid:u16
setgid32 gid:gid:u32
setgroups size|gidsetsize:int:i32 list|grouplist:ptr:ptr
setgroups32 size|gidsetsize:int:i32 list|grouplist:ptr:ptr
sethostname name:ptr:ptr len|size:size:i32
setitimer which:cmd:i32 new_value|value:ptr:ptr old_value|ovalue:ptr:ptr
setns fd:fd:i32 nstype|flags:flags:i32
setpgid pid:pid:i32 pgid:pid:i32
setpriority which:cmd:i32 who:int:i32 prio|niceval:int:i32
setregid rgid:gid:u32 egid:gid:u32
setregid@BDMRS rgid:gid:u16 egid:gid:u16
setregid32 rgid:gid:u32 egid:gid:u32
setresgid rgid:gid:u32 egid:gid:u32 sgid:gid:u32
setresgid@BDMRS rgid:gid:u16 egid:gid:u16 sgid:gid:u16
setresgid32 rgid:gid:u32 egid:gid:u32 sgid:gid:u32
setresuid ruid:uid:u32 euid:uid:u32 suid:uid:u32
setresuid@BDMRS ruid:uid:u16 euid:uid:u16 suid:uid:u16
setresuid32 ruid:uid:u32 euid:uid:u32 suid:uid:u32
setreuid ruid:uid:u32 euid:uid:u32
setreuid@BDMRS ruid:uid:u16 euid:uid:u16
setreuid32 ruid:uid:u32 euid:uid:u32
setrlimit resource:cmd:u32 rlim|rlimit:ptr:ptr
setsid
setsockopt sockfd|fd:fd:i32 level:cmd:i32 optname:cmd:i32 optval:ptr:ptr optlen:size:i32
settimeofday tv|timeval:ptr:ptr tz|timezone:ptr:ptr
setuid uid:uid:u32
setuid@BDMRS uid:uid:u16
setuid32 uid:uid:u32
setxattr path|pathname:path:ptr name:str:ptr value:ptr:ptr size:size:u64 flags:flags:i32
setxattrat dirfd|dfd:fd:i32 path|pathname:path:ptr at_flags:flags:u32 name:str:ptr args|uargs:ptr:ptr usize:size:u64
sgetmask
shmat shmid:int:i32 shmaddr:ptr:ptr shmflg:flags:i32
shmctl shmid:int:i32 cmd|op:cmd:i32 buf:ptr:ptr
shmdt shmaddr:ptr:ptr
shmget key:int:i32 size:size:u64 shmflg:flags:i32
shutdown sockfd|fd:fd:i32 how:cmd:i32
sigaction signum|sig:signal:i32 act:ptr:ptr oldact|oact:ptr:ptr
sigaltstack ss|stack_new|uss:ptr:ptr old_ss|stack_old|uoss:ptr:ptr
signal signum|sig:signal:i32 handler:ptr:ptr
signalfd fd|ufd:fd:i32 mask|user_mask:ptr:ptr sizemask:size:u64
signalfd@H fd|ufd:fd:i32 mask|user_mask:ptr:ptr sizemask:size:u32
signalfd4 fd|ufd:fd:i32 mask|user_mask:ptr:ptr sizemask:size:u64 flags:flags:i32
signalfd4@H fd|ufd:fd:i32 mask|user_mask:ptr:ptr sizemask:size:u32 flags:flags:i32
sigpending set|uset:ptr:ptr
sigprocmask how:cmd:i32 set|nset:ptr:ptr oldset|oset:ptr:ptr
sigreturn
sigsuspend mask:flags:u64
sigsuspend@BDRMN unused1:int:i32 unused2:int:i32 mask:flags:u64
sigsuspend@F mask|uset:ptr:ptr
socket domain|family:cmd:i32 type:cmd:i32 protocol:cmd:i32
socketcall call:cmd:i32 args:ptr:ptr
socketpair domain|family:cmd:i32 type:cmd:i32 protocol:cmd:i32 sv|sockvec|usockvec:ptr:ptr
splice fd_in:fd:i32 off_in:ptr:ptr fd_out:fd:i32 off_out:ptr:ptr len:size:u64 flags:flags:u32
spu_create path|name:str:ptr flags:flags:u32 mode:mode:u16 neighbor_fd:int:i32
spu_run fd:fd:i32 unpc:ptr:ptr ustatus:ptr:ptr
ssetmask newmask:int:i32
stat pathname|path|filename:path:ptr statbuf:ptr:ptr
stat64 pathname|path|filename:path:ptr statbuf:ptr:ptr
statfs path|pathname:path:ptr buf:ptr:ptr
statfs64 path|pathname:path:ptr sz:size:u64 buf:ptr:ptr
statfs64@H path|pathname:path:ptr sz:size:u32 buf:ptr:ptr
statmount req:ptr:ptr smbuf|buf:ptr:ptr bufsize:size:u64 flags:flags:u32
statx dirfd|dfd:fd:i32 pathname|path|filename:path:ptr flags:flags:u32 mask:flags:u32 statxbuf|buffer:ptr:ptr
stime t|tptr:ptr:ptr
stty
subpage_prot addr:addr:u64 len|size:size:u64 map:ptr:ptr
swapcontext old_ctx:ptr:ptr new_ctx:ptr:ptr ctx_size:int:i64
swapoff path|specialfile:path:ptr
swapon path|specialfile:path:ptr swapflags|flags|swap_flags:flags:i32
switch_endian
symlink target|oldname:str:ptr linkpath|newpath|newname:path:ptr
symlinkat target|oldname:str:ptr newdirfd|newdfd:fd:i32 linkpath|newpath|newname:path:ptr
sync
sync_file_range fd:fd:i32 offset:off:i64+ nbytes:size:i64+ flags:flags:u32
sync_file_range2 fd:fd:i32 flags:flags:u32 offset:off:i64+ nbytes:size:i64+
syncfs fd:fd:i32
sys_debug_setcontext ctx:ptr:ptr ndbg:int:i32 dbg:ptr:ptr
syscall nr:cmd:u32 a0:uint:u32 a1:uint:u32 a2:uint:u32 a3:uint:u32 a4:uint:u32
sysfs option:cmd:i32 second:uint:u64 third:uint:u64
sysinfo info:ptr:ptr
syslog type:cmd:i32 bufp|buf:ptr:ptr len|size:size:i32
sysmips cmd:cmd:i64 second:int:i64 third:int:i64
tee fd_in|fdin:fd:i32 fd_out|fdout:fd:i32 len:size:u64 flags:flags:u32
tgkill tgid:pid:i32 tid|pid:pid:i32 sig:signal:i32
time tloc:ptr:ptr
timer_create clockid|which_clock:clockid:i32 sevp|timer_event_spec:ptr:ptr timerid|created_timer_id:ptr:ptr
timer_delete timerid|timer_id:int:i32
timer_getoverrun timerid|timer_id:int:i32
timer_gettime timerid|timer_id:int:i32 curr_value|setting:ptr:ptr
timer_gettime64 timerid|timer_id:int:i32 curr_value|setting:ptr:ptr
timer_settime timerid|timer_id:int:i32 flags:flags:i32 new_value|new_setting:ptr:ptr old_value|old_setting:ptr:ptr
timer_settime64 timerid|timer_id:int:i32 flags:flags:i32 new_value|new_setting:ptr:ptr old_value|old_setting:ptr:ptr
timerfd ufd:fd:i32 clockid:clockid:i32 flags:flags:i32 utmr:ptr:ptr
timerfd_create clockid:clockid:i32 flags:flags:i32
timerfd_gettime fd|ufd:fd:i32 curr_value|otmr:ptr:ptr
timerfd_gettime64 fd|ufd:fd:i32 curr_value|otmr:ptr:ptr
timerfd_settime fd|ufd:fd:i32 flags:flags:i32 new_value|utmr:ptr:ptr old_value|otmr:ptr:ptr
timerfd_settime64 fd|ufd:fd:i32 flags:flags:i32 new_value|utmr:ptr:ptr old_value|otmr:ptr:ptr
times buf|tbuf:ptr:ptr
tkill tid|pid:pid:i32 sig:signal:i32
truncate path:path:ptr length:size:i64
truncate64 path:path:ptr length:size:i64+
tuxcall
ugetrlimit resource:cmd:u32 rlim|rlimit:ptr:ptr
ulimit
umask mask:mode:i32
umount target|path|name:path:ptr
umount2 target|path|name:path:ptr flags:flags:i32
uname buf|name:ptr:ptr
unlink pathname|path:path:ptr
unlinkat dirfd|dfd:fd:i32 pathname|path:path:ptr flags|flag:flags:i32
unshare flags|unshare_flags:flags:u64
uprobe
uretprobe
uselib library|path:path:ptr
userfaultfd flags:flags:i32
usr26
usr32
ustat dev:dev:u32 ubuf|buf:ptr:ptr
utime filename|path:path:ptr times:ptr:ptr
utimensat dirfd|dfd:fd:i32 pathname|path|filename:path:ptr times|utimes:ptr:ptr flags:flags:i32
utimensat_time64 dirfd|dfd:fd:i32 pathname|path|filename:path:ptr times|utimes:ptr:ptr flags:flags:i32
utimes filename|path:path:ptr times|utimes:ptr:ptr
vfork
vhangup
vm86 fn|cmd:cmd:u64 v86|arg:uint:u64
vm86old info|user_vm86:ptr:ptr
vmsplice fd:fd:i32 iov|uiov:ptr:ptr nr_segs:size:u64 flags:flags:u32
vserver
wait4 pid|upid:pid:i32 wstatus|stat_addr:ptr:ptr options:flags:i32 rusage|ru:ptr:ptr
waitid idtype|which:cmd:i32 id|pid|upid:pid:i32 infop|siginfo:ptr:ptr options:flags:i32 rusage|ru:ptr:ptr
waitpid pid:pid:i32 wstatus|stat_addr:ptr:ptr options:int:i32
write fd:fd:u32 buf:ptr:ptr count:size:u64
writev fd:fd:i32 iov|vec:ptr:ptr iovcnt|vlen:size:u64`;
