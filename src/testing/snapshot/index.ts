/** Snapshots of verdicts: taken, as text, and compared. */
export { type SnapshotChange, snapshotChanges } from "./diff.ts";
export type { SnapshotExample } from "./meaning.ts";
export { takeSnapshot } from "./take.ts";
export { formatSnapshot, parseSnapshot, type Snapshot, type SnapshotSection } from "./text.ts";
