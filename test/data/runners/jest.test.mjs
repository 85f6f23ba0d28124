// jest, for modules: NODE_OPTIONS=--experimental-vm-modules npx jest --testMatch '**/jest.test.mjs'
import { expect as filter } from "seccat/testing";
import { cat } from "./cat.mjs";

describe.each(cat.arches)("on %s", (arch) => {
  test("the cat keeps to this machine", () => {
    filter(cat, arch)
      .allows("socket", ["AF_UNIX"])
      .denies("socket", { args: ["AF_INET"] });
  });

  test("nobody traces it", () => {
    filter(cat, arch).denies("ptrace", { errno: "EPERM" });
    expect(() => filter(cat, arch).allows("ptrace")).toThrow("got errno EPERM");
  });
});
