/** What limits this process: filters that it is under already, its container, its control groups. */
import { existsSync } from "node:fs";
import { type HostFact, textOf } from "./fact.ts";
import { statusField } from "./threads.ts";

/** The facts about this process. */
export function processFacts(): HostFact[] {
  return [...statusFacts(), namespaceFact(), containerFact(), groupFact()];
}

function statusFacts(): HostFact[] {
  const text = textOf("/proc/self/status");
  if (text === undefined) {
    const cost = "what this process is under cannot be verified after install()";
    return [{ name: "/proc", value: "not readable", state: "no", reason: "mount it", cost }];
  }
  const mode = statusField(text, "Seccomp");
  const filters = mode === "2" ? (statusField(text, "Seccomp_filters") ?? "some") : "none";
  const noNewPrivs = statusField(text, "NoNewPrivs") === "1";
  return [
    {
      name: "own filters",
      value: filters,
      state: "note",
      ...(mode === "2"
        ? { reason: "a container or service manager installed them; they stay, and pid:N cannot be read" }
        : {}),
    },
    {
      name: "no_new_privs",
      value: noNewPrivs ? "set" : "not set",
      state: "note",
      reason: noNewPrivs
        ? "sudo and other set-user-ID programs have no effect here"
        : "Seccat sets it before it installs a filter",
    },
  ];
}

function namespaceFact(): HostFact {
  const name = "user namespaces";
  const most = textOf("/proc/sys/user/max_user_namespaces");
  const whole = /^\s*0\s+0\s+4294967295$/.test(textOf("/proc/self/uid_map") ?? "0 0 4294967295");
  const own = whole ? "" : "this process is in one of its own; ";
  const forbidden =
    most === "0"
      ? "user.max_user_namespaces = 0"
      : textOf("/proc/sys/kernel/unprivileged_userns_clone") === "0"
        ? "kernel.unprivileged_userns_clone = 0"
        : textOf("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") === "1"
          ? "kernel.apparmor_restrict_unprivileged_userns = 1"
          : undefined;
  if (most === undefined) return { name, value: "none", state: "note", reason: "the kernel has none" };
  if (forbidden === undefined)
    return { name, value: "can be made", state: "note", reason: `${own}at most ${most}` };
  return {
    name,
    value: "restricted",
    state: "note",
    reason: `${own}${forbidden}: bwrap and rootless containers may not start; Seccat needs none`,
  };
}

/** Signs of a container: files that its manager leaves, and names in the cgroup of process 1. */
function containerFact(): HostFact {
  const signs = [
    existsSync("/.dockerenv") ? "/.dockerenv" : "",
    existsSync("/run/.containerenv") ? "/run/.containerenv" : "",
    process.env.container ? `container=${process.env.container}` : "",
    /docker|kubepods|lxc|libpod/.exec(textOf("/proc/1/cgroup") ?? "")?.[0] ?? "",
    /gvisor/i.test(textOf("/proc/version") ?? "") ? "gVisor" : "",
  ].filter((sign) => sign !== "");
  return {
    name: "container",
    value: signs.length > 0 ? `yes (${signs.join(", ")})` : "no sign of one",
    state: "note",
  };
}

/** A limit of a control group: where version 2 and where version 1 keep it. */
const limits: readonly {
  readonly file: string;
  readonly old: string;
  readonly text: (value: string) => string;
}[] = [
  {
    file: "memory.max",
    old: "memory/memory.limit_in_bytes",
    text: (value) => `memory ${mebibytes(value)} MiB`,
  },
  { file: "pids.max", old: "pids/pids.max", text: (value) => `${value} tasks` },
  { file: "cpu.max", old: "", text: cpus },
];

function groupFact(): HostFact {
  const groups = textOf("/proc/self/cgroup") ?? "";
  const found = limits.flatMap(({ file, old, text }) => {
    const value = limitOf(groups, file, old);
    return value === undefined ? [] : [text(value)];
  });
  return {
    name: "cgroup limits",
    value: found.join(", ") || "none to be seen",
    state: "note",
    ...(found.length > 0 ? { reason: "a command under a filter is under them too" } : {}),
  };
}

/** The limit of the innermost group of this process that has one, as far as it is mounted; `max` is none. */
function limitOf(groups: string, file: string, old: string): string | undefined {
  const [controller = "", name = ""] = old.split("/");
  const path = /^0::(.*)$/m.exec(groups)?.[1] ?? "/";
  const own = new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m").exec(groups)?.[1] ?? "/";
  const places = [
    ...upward(path).map((folder) => `/sys/fs/cgroup${folder}${file}`),
    ...(old === "" ? [] : upward(own).map((folder) => `/sys/fs/cgroup/${controller}${folder}${name}`)),
  ];
  return places.map(textOf).find((value) => value !== undefined && isLimit(value));
}

/** `/a/b/`, `/a/`, `/` for `/a/b`. */
function upward(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, i) => {
    return `/${parts
      .slice(0, parts.length - i)
      .map((part) => `${part}/`)
      .join("")}`;
  });
}

/** Version 1 writes a number near 2^63 for no limit. */
function isLimit(value: string): boolean {
  return !value.startsWith("max") && !(Number(value) > 2 ** 60);
}

function mebibytes(value: string): string {
  return (Number(value) / 2 ** 20).toFixed(0);
}

/** cpu.max is `QUOTA PERIOD` in microseconds. */
function cpus(value: string): string {
  const [quota = 0, period = 1] = value.split(" ").map(Number);
  return `${(quota / period).toFixed(1)} processors`;
}
