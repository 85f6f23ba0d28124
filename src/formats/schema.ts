/**
 * The JSON Schema of policy files, from the same facts as the reader, for editors to complete and check.
 *
 * It cannot say everything: that a name is no call of any listed arch, what a condition's words mean, that
 * files include each other. Where it speaks, it agrees with the reader.
 */
import { abiNames, errnoNames, groupNames, syscallAliases, syscallNames } from "../../arch/index.ts";
import { MAX_ERRNO, plainActions } from "../abi/action.ts";
import { MAX_DATA } from "./action.ts";
import { MAX_NR, type policyKeys, type ruleKeys } from "./file.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string", pattern: "\\S" };

function described(description: string, schema: Schema): Schema {
  return { description, ...schema };
}

function dataAction(name: string, data: Schema, description: string): Schema {
  return described(description, {
    type: "object",
    properties: { [name]: data },
    required: [name],
    additionalProperties: false,
  });
}

const action: Schema = {
  description: "What the kernel does with a call.",
  anyOf: [
    { enum: plainActions },
    dataAction(
      "errno",
      { anyOf: [{ enum: errnoNames }, { type: "integer", minimum: 1, maximum: MAX_ERRNO }] },
      "The call is not made and fails with this error.",
    ),
    dataAction("trap", data(), "The call is not made; the thread gets SIGSYS with this number in si_errno."),
    dataAction(
      "trace",
      data(),
      "A tracer is told, with this number; without one the call fails with ENOSYS.",
    ),
  ],
};

function data(): Schema {
  return { type: "integer", minimum: 0, maximum: MAX_DATA };
}

const syscall: Schema = {
  anyOf: [
    described("A syscall by the kernel's name.", { enum: syscallNames }),
    described("A group of syscalls.", { enum: groupNames }),
    described("Another spelling of a syscall's name.", { enum: syscallAliases }),
    described("A syscall by its exact number on every listed arch.", {
      type: "integer",
      minimum: 0,
      maximum: MAX_NR,
    }),
  ],
};

const rule: Schema = {
  type: "object",
  properties: {
    action: { $ref: "#/$defs/action" },
    syscalls: described("The calls that the rule is about.", {
      type: "array",
      items: { $ref: "#/$defs/syscall" },
      minItems: 1,
    }),
    when: described(
      "A condition on the arguments, such as: domain == AF_UNIX && type & SOCK_TYPE_MASK == SOCK_STREAM",
      text,
    ),
    why: described("Why the rule is there.", text),
  } satisfies Record<(typeof ruleKeys)[number], Schema>,
  required: ["action", "syscalls"],
  additionalProperties: false,
};

const include: Schema = {
  type: "object",
  properties: { include: described("A file whose rules stand here, relative to this one.", text) },
  required: ["include"],
  additionalProperties: false,
};

/** The JSON Schema (draft 2020-12) of a policy file. */
export function policySchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Seccat policy",
    description: "Which system calls a program may make. For a call, the first rule that matches decides.",
    type: "object",
    properties: {
      $schema: text,
      name: described("A name for messages.", text),
      default: described("For calls that no rule matches.", { $ref: "#/$defs/action" }),
      arches: described("The architectures that the policy speaks about; native is this machine's.", {
        type: "array",
        items: { enum: ["native", ...abiNames] },
        minItems: 1,
      }),
      badArch: described("For calls of any other architecture; kill_process when absent.", {
        $ref: "#/$defs/action",
      }),
      kernel: described("The newest Linux whose calls the author knew.", {
        type: "string",
        pattern: "^[0-9]+\\.[0-9]+$",
      }),
      newer: described("For calls newer than that kernel; the default when absent.", {
        $ref: "#/$defs/action",
      }),
      rules: described("In order: the first that matches a call decides.", {
        type: "array",
        items: { anyOf: [{ $ref: "#/$defs/rule" }, { $ref: "#/$defs/include" }] },
      }),
    } satisfies Record<(typeof policyKeys)[number], Schema>,
    required: ["default", "rules"],
    additionalProperties: false,
    $defs: { action, syscall, rule, include },
  };
}
