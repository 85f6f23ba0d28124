/** Programs as text, both ways: the one place to import listing, assembler and comments from. */
export { annotate } from "./annotate.ts";
export { type AssembleOptions, assemble, assembleProgram } from "./assemble.ts";
export { type ListLine, type ListOptions, list, listLines } from "./list.ts";
