import { suite } from "uvu";
import * as assert from "uvu/assert";
import { killIn } from "../../src/enforce/kernellog.ts";

const test = suite("enforce/kernellog");

const line = (time: string, pid: number, sig: number, rest = "") =>
  `5,708,3469940691,-;audit: type=1326 audit(${time}:13797): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=${pid} comm="a pid=7 b" exe="/usr/bin/cat" sig=${sig} arch=c000003e syscall=74 compat=0 ip=0x7f92c731cc4a code=0x80000000${rest}\n`;

const found = { nr: 74, arch: 0xc000003e, instructionPointer: 0x7f92c731cc4an };

test("finds the kill of a process among other lines", () => {
  const log = `6,1,2,-;usb 1-1: new device\n${line("100.500", 7, 31)}${line("100.700", 8, 31)}`;
  assert.equal(killIn(log, 7, 100_000), found);
  assert.equal(killIn(log, 9, 100_000), undefined);
});

test("auditd's own file has another name for the record", () => {
  const log = line("100.500", 7, 31).replace(/^.*type=1326 /, "type=SECCOMP msg=");
  assert.equal(killIn(log, 7, 100_000), found);
});

test("what an earlier process of that number did is not meant, nor what was only logged", () => {
  assert.equal(killIn(line("100.500", 7, 31), 7, 100_600), undefined);
  assert.equal(killIn(line("100.500", 7, 0), 7, 100_000), undefined);
});

test("a process cannot claim another's number by its name", () => {
  assert.equal(killIn(line("100.500", 8, 31), 7, 100_000), undefined);
});

test.run();
