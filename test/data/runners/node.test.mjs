// node:test: node --test node.test.mjs
import { test } from "node:test";
import { expect } from "seccat/testing";
import { cat } from "./cat.mjs";

test("the cat keeps to this machine", () => {
  expect(cat, "x86_64")
    .allows("socket", ["AF_UNIX"])
    .denies("socket", { args: ["AF_INET"] });
});

for (const arch of cat.arches)
  test(`nobody traces it on ${arch}`, () => {
    expect(cat, arch).denies("ptrace", { errno: "EPERM" });
  });
