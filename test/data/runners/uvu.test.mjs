// uvu: npx uvu . uvu.test.mjs
import { expect } from "seccat/testing";
import { test } from "uvu";
import { cat } from "./cat.mjs";

test("the cat keeps to this machine", () => {
  expect(cat, "x86_64")
    .allows("socket", ["AF_UNIX"])
    .denies("socket", { args: ["AF_INET"] });
});

test("nobody traces it", () => {
  for (const arch of cat.arches) expect(cat, arch).denies("ptrace", { errno: "EPERM" });
});

test.run();
