/** The program of a Node that becomes a command, with the number of its channel as an argument. */
import { writeSync } from "node:fs";
import { messageOf } from "../fact.ts";
import { becomeCommand } from "./calls.ts";
import { LAUNCHER_FAILED } from "./layout.ts";

process.exitCode = LAUNCHER_FAILED;
try {
  becomeCommand(Number(process.argv[2]));
} catch (error) {
  writeSync(2, `seccat: the command could not be started: ${messageOf(error)}\n`);
}
