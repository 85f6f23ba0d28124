/** A policy that the tests of several commands use: one of each kind of rule. */
export const policyText = `default: kill_process
arches: [x86_64]
rules:
  - action: allow
    syscalls: [close, read, write, brk, exit_group]
  - action: allow
    syscalls: [fcntl]
    when: cmd in {F_GETFL, F_SETFD}
    why: opening the image folder
  - action: { errno: EPERM }
    syscalls: [ptrace]
`;
