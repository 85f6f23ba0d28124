/** Policies as text: YAML, JSON and container profiles in, YAML and JSON out. */
export { convertPolicy } from "./convert.ts";
export { type CallCounts, readCounts } from "./counts.ts";
export { ociAllowLine } from "./ociline.ts";
export { type ReadOptions, type ReadResult, readPolicy, readTree } from "./policy.ts";
export { policySchema } from "./schema.ts";
export { decodeText } from "./text.ts";
export { isJsonText, type WidenedText, widenText } from "./widen.ts";
export { type Notation, writePolicy, yamlRuleLine } from "./write.ts";
