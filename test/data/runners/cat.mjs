// The policy that the examples beside this file test.
import { allow, deny, policy } from "seccat";

export const cat = policy({ default: "kill_process", arches: ["x86_64", "aarch64"] }, [
  allow("read", "write", "close", "exit_group"),
  allow("socket").if("domain == AF_UNIX"),
  deny("EPERM", "ptrace"),
]);
