/** What a forked Node and its parent say to each other before the module runs. */
import type { Issue } from "../abi/error.ts";
import type { Installed, InstallOptions } from "./install.ts";

/** What the child is to install. */
export interface Order {
  /** The program's bytes, in base64. */
  readonly program: string;
  readonly options: InstallOptions;
}

/** What came of it. */
export type Report = { readonly installed: Installed } | { readonly issue: Issue };

/** The parent's word that the module may run. */
export const GO = "go";

/** The status of a child whose filter could not be installed. */
export const UNGUARDED = 125;
