import { suite } from "uvu";
import { skip, whyNotHere } from "./programs.ts";
import { faults } from "./scenes.ts";

const test = suite("faults around a supervisor");

for (const { name, play, missing } of faults)
  test(name, async () => {
    if (missing === undefined) await play(1);
    else skip(name, missing);
  });

const why = await whyNotHere();
if (why) skip("faults around a supervisor", why);
else test.run();
