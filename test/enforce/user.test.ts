import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SeccatError } from "../../src/abi/error.ts";
import { findUser, type UserFiles } from "../../src/enforce/user.ts";

const test = suite("user");

const files: UserFiles = {
  passwd: `root:x:0:0:root:/root:/bin/bash
cat:x:1000:100:A Cat,,,:/home/cat:/bin/sh
1234:x:77:78::/home/number:
homeless:x:1001:1001:::
`,
  group: `root:x:0:
users:x:100:
fish:x:300:dog,cat
milk:x:200:cat
dogs:x:400:dog
`,
};

const cat = { name: "cat", uid: 1000, home: "/home/cat" };
const users: readonly (readonly [text: string, what: string, user: unknown])[] = [
  ["cat", "a name has all its groups", { ...cat, gid: 100, groups: [100, 200, 300] }],
  ["1000", "a known number is its user", { ...cat, gid: 100, groups: [100, 200, 300] }],
  ["cat:fish", "a group given is the only one", { ...cat, gid: 300, groups: [] }],
  ["cat:42", "a group can be a number that nobody has", { ...cat, gid: 42, groups: [] }],
  ["0", "root can be named too", { name: "root", uid: 0, gid: 0, home: "/root", groups: [0] }],
  [
    "1234",
    "a name of digits wins over the number",
    { name: "1234", uid: 77, gid: 78, home: "/home/number", groups: [78] },
  ],
  [
    "homeless",
    "without a home it is /",
    { name: "homeless", uid: 1001, gid: 1001, home: "/", groups: [1001] },
  ],
  [
    "5000:6000",
    "an unknown number has a group of its own choice",
    { name: undefined, uid: 5000, gid: 6000, home: "/", groups: [] },
  ],
  [
    "4294967294:0",
    "the largest id is one less than the kernel's word for none",
    { name: undefined, uid: 4294967294, gid: 0, home: "/", groups: [] },
  ],
];

for (const [text, what, user] of users)
  test(`${text}: ${what}`, () => assert.equal(findUser(text, files), user));

const wrong: readonly (readonly [text: string, code: string, words: RegExp])[] = [
  ["", "usage", /is no user/],
  [":100", "usage", /is no user/],
  ["cat:", "usage", /is no user/],
  ["cat:fish:milk", "usage", /is no user/],
  ["cot", "name", /no user "cot"/],
  ["-1", "name", /no user "-1"/],
  ["4294967295:0", "name", /no user/],
  ["cat:fsh", "name", /no group "fsh"/],
  ["cat:4294967295", "name", /no group/],
  ["5000", "name", /its group is not known/],
];

for (const [text, code, words] of wrong)
  test(`${JSON.stringify(text)} is refused`, () => {
    try {
      findUser(text, files);
    } catch (error) {
      assert.ok(error instanceof SeccatError);
      if (!(error instanceof SeccatError)) return;
      assert.is(error.code, code);
      assert.match(error.message, words);
      return;
    }
    assert.unreachable("it was found");
  });

test("the nearest name is offered", () => {
  try {
    findUser("cta", files);
    assert.unreachable("it was found");
  } catch (error) {
    assert.match(error instanceof SeccatError ? (error.fix ?? "") : String(error), /\bcat\b/);
  }
});

test("the system's own files are read", () => assert.is(findUser("0").uid, 0));

test.run();
