// npm openapi-typescript: types from /openapi.json, and the pages' examples compiled with them.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, given, step } from "./report.mjs";

const PAGES = ["README.md", "README.zh-CN.md", "docs/http-api.md"];
const BLOCK = /^```(sh|json)\n([\s\S]*?)^```$/gm;

// Its module for `import`; `require` would find another one, without `astToString`.
const { default: openapi, astToString } = await import(join(given.packages, "node_modules/openapi-typescript/dist/index.mjs"));
const compiler = join(given.packages, "node_modules", "typescript", "bin", "tsc");
const document = await (await fetch(`${given.service}/openapi.json`)).json();

/** The compiler's complaints about a file beside the types. */
function complaints(name, source) {
  writeFileSync(name, `import type { paths } from "./schema";\n${source}`);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--target", "es2022", "--module", "preserve", "--lib", "es2022,dom"];
  try {
    execFileSync(process.execPath, [compiler, ...options, name], { encoding: "utf8" });
    return [];
  } catch (error) {
    return error.stdout.trim().split("\n");
  }
}

const HELPERS = `
type Body<O, C extends string> = O extends { requestBody?: { content: infer T } } ? (C extends keyof T ? T[C] : never) : never;
type Answer<O> = O extends { responses: { 200: { content: { "application/json": infer T } } } } ? T : never;
export type { Body, Answer };
`;

/** The path of the document that an address of an example is of. */
function pathOf(address) {
  const path = address.replace(/\?.*/, "").replace(/\/$/, "") || "/";
  return Object.keys(document.paths).find((one) => new RegExp(`^${one.replace(/\{[^}]+\}/g, "[^/]+")}$`).test(path));
}

function resolved(schema) {
  return schema?.$ref ? resolved(schema.$ref.split("/").slice(1).reduce((at, key) => at[key], document)) : schema;
}

function property(schema, name) {
  const whole = resolved(schema);
  return resolved(whole?.properties?.[name]) ?? whole?.allOf?.map((part) => property(part, name)).find(Boolean);
}

/** A form's values are text; numbers are written as such, and one part of a name that may come often is a list. */
function formValue(schema, name, value) {
  const type = property(schema, name)?.type;
  if (type === "array") return [value];
  return type === "integer" || type === "number" ? Number(value) : value;
}

/** What a `curl` of an example sends: path, method, the body and its type. */
function request(command) {
  const address = /\$API(\/[^\s"']*)/.exec(command)?.[1];
  const path = address && pathOf(address);
  check(path, `no such path in the document: ${command}`);
  const data = [...command.matchAll(/(?:-d|-F|--data-urlencode) (?:'([^']*)'|"([^"]*)"|(\S+))/g)].map((one) => one[1] ?? one[2] ?? one[3]);
  const asked = /-X ([A-Z]+)/.exec(command)?.[1];
  const method = (asked ?? (data.length && !/ -G /.test(command) ? "POST" : "GET")).toLowerCase();
  const operation = document.paths[path][method];
  check(operation, `no ${method} of ${path}`);
  if (!data.length || method === "get") return { path, method };
  if (data[0].startsWith("{")) return { path, method, type: "application/json", body: JSON.parse(data[0]) };
  const type = / -F /.test(command) ? "multipart/form-data" : "application/x-www-form-urlencoded";
  const schema = operation.requestBody?.content?.[type]?.schema;
  const body = Object.fromEntries(data.map((one) => {
    const [name, ...rest] = one.split("=");
    return [name, formValue(schema, name, rest.join("="))];
  }));
  return { path, method, type, body };
}

/** Each request of the pages with the answer that is printed below it, where there is one. */
function examples() {
  const found = [];
  for (const page of PAGES) {
    let before = [];
    for (const [, language, code] of readFileSync(join(given.project, page), "utf8").matchAll(BLOCK)) {
      if (language === "sh") {
        const commands = code.replace(/\\\n\s*/g, "").split("\n").filter((line) => line.startsWith("curl") && line.includes("$API/"));
        before = commands.map((command) => ({ page, ...request(command) }));
        found.push(...before);
        continue;
      }
      const answers = values(code);
      if (answers.length === before.length) before.forEach((one, index) => { one.answer = answers[index]; });
      before = [];
    }
  }
  return found;
}

/** The JSON values of a block: one of several lines, or one in each line; none where something was left out. */
function values(code) {
  for (const parts of [[code], code.trim().split("\n")]) {
    try {
      return parts.map((part) => JSON.parse(part));
    } catch {
      // the next way
    }
  }
  return [];
}

function typed({ path, method, type, body, answer }, number) {
  const operation = `paths[${JSON.stringify(path)}][${JSON.stringify(method)}]`;
  const lines = [];
  if (body) lines.push(`export const body${number}: Body<${operation}, ${JSON.stringify(type)}> = ${JSON.stringify(body)};`);
  if (answer) lines.push(`export const answer${number}: Answer<${operation}> = ${JSON.stringify(answer)};`);
  return lines.join("\n") || `export type Example${number} = ${operation};`;
}

await step("generate", async () => {
  const types = astToString(await openapi(document));
  writeFileSync("schema.d.ts", types);
  return types;
}, { seen: (types) => `${types.split("\n").length > 1000 ? "thousands of" : "few"} lines`, seconds: 30 });
await step("the types compile", async () => {
  const wrong = complaints("types.ts", "export type All = paths;");
  check(wrong.length === 0, wrong.join(" "));
}, { seconds: 30 });
await step("the pages' examples compile", async () => {
  const all = examples();
  const wrong = complaints("examples.ts", HELPERS + all.map(typed).join("\n"));
  check(wrong.length === 0, wrong.join(" "));
  check(all.filter((one) => one.body).length >= 10 && all.some((one) => one.answer), "too few examples were found");
  return all;
}, { seen: (all) => `${all.length} requests, ${all.filter((one) => one.answer).length} answers`, seconds: 30 });
await step("a prompt alone compiles", async () => {
  const wrong = complaints("alone.ts", `${HELPERS}
    export const imagine: Body<paths["/mj/submit/imagine"]["post"], "application/json"> = { prompt: "a red fox" };
    export const submit: Body<paths["/api/v1/trigger/submit"]["post"], "application/json"> = { action: "IMAGINE", prompt: "a red fox" };`);
  check(wrong.length === 0, wrong.join(" "));
}, { seconds: 30 });
await step("a wrong type does not", async () => {
  const wrong = complaints("wrong.ts", `${HELPERS}
    export const imagine: Body<paths["/mj/submit/imagine"]["post"], "application/json"> = { prompt: 7 };`);
  check(wrong.some((line) => line.includes("TS2322")), `the compiler says: ${wrong.join(" ") || "nothing"}`);
  return wrong[0];
}, { seen: () => "TS2322", seconds: 30 });
process.exit(0);
