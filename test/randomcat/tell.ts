/** Tells the story on stdout, as a program that the tests can start, stop and put under a filter: `tell.ts [KEEP]`. */
import { playStory } from "../../src/cli/randomcat/story.ts";

const [keep] = process.argv.slice(2);
const write = (text: string) => void process.stdout.write(text);
const well = await playStory({ write, colour: false, ...(keep === undefined ? {} : { keep }) });
process.exitCode = well ? 0 : 1;
