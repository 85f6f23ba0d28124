/**
 * Who a command shall be, looked up in /etc/passwd and /etc/group alone: what they say does not change with the network,
 * and reading them runs nothing as root. Names that only a directory service (LDAP, NIS) knows are refused; their
 * numbers work.
 */
import { readFileSync } from "node:fs";
import { SeccatError } from "../abi/error.ts";
import { didYouMean } from "../abi/nearest.ts";

/** The numbers of a process's rights: real, effective and saved ids are one. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, the whole list. */
  readonly groups: readonly number[];
}

/** An identity with what is known of it. */
export interface User extends Identity {
  /** Undefined for a number that /etc/passwd does not have. */
  readonly name: string | undefined;
  /** The home directory; / when it is not known. */
  readonly home: string;
}

/** The texts of /etc/passwd and /etc/group. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/** The largest id; 4294967295 is the kernel's word for leaving an id as it is. */
const MAX_ID = 4294967294;

/** Whether `id` can be a user's or a group's. */
export function isId(id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= MAX_ID;
}

/**
 * The user that `text` means: NAME or UID with its own groups, or NAME:GROUP or UID:GROUP with that group and no other,
 * each a name or a number; names win over numbers. Throws SeccatError "name" for one that is not there and "usage" for
 * what is no user.
 */
export function findUser(text: string, files: UserFiles = systemFiles()): User {
  const [who = "", group, ...rest] = text.split(":");
  if (who === "" || group === "" || rest.length > 0)
    throw new SeccatError({
      code: "usage",
      message: `${JSON.stringify(text)} is no user`,
      expected: "NAME, UID, NAME:GROUP or UID:GROUP",
      received: text,
    });
  const entry = passwdEntry(who, rowsOf(files.passwd, 7));
  if (group !== undefined) return { ...entry, gid: findGroup(group, files.group), groups: [] };
  const { gid } = entry;
  if (gid === undefined)
    throw new SeccatError({
      code: "name",
      message: `user ${who} is not in /etc/passwd, so its group is not known`,
      fix: `--user ${who}:GID`,
    });
  return { ...entry, gid, groups: groupsOf(entry.name, gid, files.group) };
}

type Entry = Omit<User, "gid" | "groups"> & { readonly gid: number | undefined };

/** NAME:PASSWORD:UID:GID:GECOS:HOME:SHELL */
function passwdEntry(who: string, rows: readonly (readonly string[])[]): Entry {
  const uid = idOf(who);
  const row = rows.find(([name]) => name === who) ?? rows.find((fields) => idOf(fields[2]) === uid);
  const [own, group] = [idOf(row?.[2]), idOf(row?.[3])];
  if (row && own !== undefined && group !== undefined)
    return { uid: own, gid: group, name: row[0], home: row[5] || "/" };
  if (uid !== undefined) return { uid, gid: undefined, name: undefined, home: "/" };
  throw unknown("user", who, rows);
}

function findGroup(text: string, group: string): number {
  const rows = rowsOf(group, 4);
  const gid = idOf(rows.find(([name]) => name === text)?.[2]) ?? idOf(text);
  if (gid === undefined) throw unknown("group", text, rows);
  return gid;
}

/** NAME:PASSWORD:GID:MEMBER,... */
function groupsOf(name: string | undefined, own: number, group: string): number[] {
  const named = rowsOf(group, 4).flatMap(([, , gid, members]) => {
    const id = idOf(gid);
    return id !== undefined && name !== undefined && members?.split(",").includes(name) ? [id] : [];
  });
  return [...new Set([own, ...named])].sort((a, b) => a - b);
}

function rowsOf(text: string, fields: number): string[][] {
  return text.split("\n").flatMap((line) => {
    const row = line.split(":");
    return row.length === fields && row[0] !== "" && !line.startsWith("#") ? [row] : [];
  });
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const id = Number(text);
  return isId(id) ? id : undefined;
}

function unknown(what: "user" | "group", text: string, rows: readonly (readonly string[])[]): SeccatError {
  const near = didYouMean(
    text,
    rows.map(([name = ""]) => name),
  );
  return new SeccatError({
    code: "name",
    message: `there is no ${what} ${JSON.stringify(text)} in /etc/${what === "user" ? "passwd" : "group"}`,
    expected: `a ${what}'s name, or a number up to ${MAX_ID}`,
    received: text,
    fix: near ?? `the number of one that another service knows: id ${text}`,
  });
}

function systemFiles(): UserFiles {
  return { passwd: readSystem("/etc/passwd"), group: readSystem("/etc/group") };
}

function readSystem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // an image without users: numbers work
  }
}

/** Whether a command that this process starts would be root: its real, effective or saved user id is 0. */
export function isRoot(): boolean {
  if (process.getuid?.() === 0 || process.geteuid?.() === 0) return true;
  try {
    return /^Uid:.*\t0\b/m.test(readFileSync("/proc/self/status", "latin1"));
  } catch {
    return false;
  }
}
